import type { ByteReader, ByteWriter } from './bytes.ts';
import type { RowRange } from './dependency-edges.ts';
import { DependencyEdges, noEdge } from './dependency-edges.ts';
import { IdRanges } from './id-ranges.ts';
import { integerOf, spelledInteger } from './integer-ids.ts';
import { MissingIds } from './missing-ids.ts';
import { RowColumn } from './row-column.ts';
import type { TaskDependencies } from './specification.ts';
import { idKey } from './task-text.ts';

/** What the graph must ask about the tasks there are. */
export interface TaskLookup {
  /** Row of the task with this id, −1 if there is none. */
  find(id: string): number;
  /** Whether the task of this row satisfies its dependents as it is now. */
  satisfies(row: number): boolean;
}

/** What a task waits or has waited for. */
export interface TaskParents {
  tasks: ParentTask[];
  ranges: ParentRange[];
}

export interface ParentTask {
  /** In lower case where no task has it. */
  id: string;
  isSatisfied: boolean;
}

export interface ParentRange {
  start: number;
  end: number;
  isSatisfied: boolean;
  /** The lowest integer in it that is still to be satisfied. */
  lowestMissing?: number;
}

/**
 * One parent, ranges written out: the row of a task, an id that may have a task by now, or an integer for which
 * any task may stand whose id is it, leading zeros ignored.
 */
export type Parent = { isOpen: boolean } & ({ row: number } | { id: string } | { integer: number });

/*
 * The target of an edge in one integer. From 0 on it is the row of a task whose id is no small integer.
 * Inverted, what is below the first bit is an id that is an integer, whether or not there is such a task;
 * above it are the ranges and the names of ids that no task has.
 */
const firstRange = 1 << 30;
/** The character `0`. */
const zero = 48;
const firstName = firstRange | (1 << 29);

/**
 * Who waits for whom in one job (semantics §3.6). An id is waited for by edges from the row of its task, or
 * from the id itself while no task has it; a range of ids by edges from the range. Who waits counts its open
 * edges.
 */
export class Dependencies {
  readonly #edges = new DependencyEdges();
  readonly #ranges = new IdRanges(this.#edges);
  readonly #missing = new MissingIds();
  /** Head of the edges from a row. */
  readonly #headOfRow = new RowColumn();
  /** Derived from the ids of the tasks. */
  #someLeadingZeros = false;

  /**
   * Lets rows `row … row + count − 1` wait; false if everything is satisfied already. Rows come in ascending
   * order.
   */
  wait(row: number, count: number, on: TaskDependencies, tasks: TaskLookup): boolean {
    this.begin(row, count);
    for (const id of on.taskIds) {
      const parent = tasks.find(id);
      const isOpen = parent === -1 || !tasks.satisfies(parent);
      const integer = smallInteger(id);
      if (integer >= 0) this.waitForInteger(integer, parent, isOpen);
      else if (parent >= 0) this.#waitForRow(parent, parent, isOpen);
      else this.#waitForName(id);
    }
    for (const { start, end } of on.taskIdRanges) this.waitForRange(start, end);
    return this.end();
  }

  /** What the rows wait for comes now, up to {@link end}. */
  begin(row: number, count: number): void {
    this.#edges.begin(row, count);
  }

  /** For the task whose id is an integer below 2 ** 30 and which is in row `parent`; −1: there is none yet. */
  waitForInteger(integer: number, parent: number, isOpen: boolean): void {
    if (parent >= 0) {
      this.#waitForRow(~integer, parent, isOpen);
      return;
    }
    const edge = this.#edges.next;
    const head = this.#missing.exchangeIntegerHead(integer, edge);
    if (!this.#edges.add(~integer, head, true)) this.#missing.exchangeIntegerHead(integer, head);
  }

  waitForRange(start: number, end: number): void {
    const range = this.#ranges.of(start, end);
    const isOpen = !this.#ranges.isDone(range);
    const edge = this.#edges.next;
    const isNew = this.#edges.add(~(firstRange | range), this.#ranges.head(range), isOpen);
    if (isNew) this.#ranges.setHead(range, edge);
  }

  /** Whether the rows wait for anything. */
  end(): boolean {
    return this.#edges.end();
  }

  /** A task with this id has been added: what waited for the id waits for its row now. */
  added(id: string, row: number): void {
    const integer = smallInteger(id);
    if (integer >= 0) {
      this.addedInteger(integer, row);
      return;
    }
    this.noteSpelling(id);
    const head = this.#missing.takeName(idKey(id));
    if (head === noEdge) return;
    this.#edges.retarget(head, row);
    this.#headOfRow.set(row, head);
  }

  /** To be told of every id that is no small integer. */
  noteSpelling(id: string): void {
    if (id.charCodeAt(0) === zero && integerOf(id) >= 0) this.#someLeadingZeros = true;
  }

  /** False: no task has an id that spells its integer with leading zeros. */
  get someLeadingZeros(): boolean {
    return this.#someLeadingZeros;
  }

  /** The same for an id that is an integer below 2 ** 30. */
  addedInteger(integer: number, row: number): void {
    const head = this.#missing.takeInteger(integer);
    if (head !== noEdge) this.#headOfRow.set(row, head);
  }

  /** The same for tasks whose ids are the integers from `firstId` on. */
  addedIntegers(firstId: number, count: number, firstRow: number): void {
    const small = Math.max(0, Math.min(count, firstRange - firstId));
    this.#missing.takeIntegers(firstId, small, (integer, head) =>
      this.#headOfRow.set(firstRow + integer - firstId, head),
    );
    for (let index = small; index < count && this.#missing.hasNames; index++) {
      this.added(String(firstId + index), firstRow + index);
    }
  }

  /** The task has completed and satisfies; `integer` is that of its id, −1 if it has none. */
  satisfied(row: number, integer: number): void {
    this.#edges.satisfy(this.#headOfRow.get(row));
    if (integer >= 0) this.#ranges.satisfy(integer);
  }

  /** The task that satisfied is no more, or active again. What it has satisfied stays so (ruling 32). */
  withdrawn(integer: number): void {
    if (integer >= 0) this.#ranges.withdraw(integer);
  }

  /** The task is no more: what still waits for it waits for its id. */
  deleted(id: string, row: number): void {
    const head = this.#headOfRow.get(row);
    if (!this.#edges.isOpen(head)) return;
    const integer = smallInteger(id);
    if (integer >= 0) {
      this.#headOfRow.set(row, this.#edges.retarget(head, ~integer));
      this.#missing.exchangeIntegerHead(integer, head);
    } else {
      const name = this.#missing.name(idKey(id));
      this.#headOfRow.set(row, this.#edges.retarget(head, ~(firstName | name)));
      this.#missing.setNameHead(name, head);
    }
  }

  get hasReleased(): boolean {
    return this.#edges.hasReleased;
  }

  /** Calls with each range of rows released since the last time, by creation. */
  takeReleased(released: (row: number, count: number) => void): void {
    const groups = this.#edges.sortReleased();
    for (let place = 0; place < groups; place++) {
      released(this.#edges.releasedRow(place), this.#edges.releasedCount(place));
    }
    this.#edges.clearReleased();
  }

  /** What the row waits and has waited for, each once. */
  parentsOf(row: number, idOf: (row: number) => string): TaskParents {
    const parents: TaskParents = { tasks: [], ranges: [] };
    for (const edge of this.#edges.ofRow(row)) {
      const isSatisfied = !this.#edges.isOpen(edge);
      const target = this.#edges.target(edge);
      if (target >= 0) parents.tasks.push({ id: idOf(target), isSatisfied });
      else if (~target < firstRange) parents.tasks.push({ id: String(~target), isSatisfied });
      else if (~target >= firstName) {
        const id = this.#missing.text(~target ^ firstName);
        parents.tasks.push({ id, isSatisfied });
      } else {
        const range = ~target ^ firstRange;
        const bounds = { start: this.#ranges.start(range), end: this.#ranges.end(range) };
        const lowestMissing = this.#ranges.lowestMissing(range);
        parents.ranges.push(
          isSatisfied ? { ...bounds, isSatisfied } : { ...bounds, isSatisfied, lowestMissing },
        );
      }
    }
    return parents;
  }

  /**
   * What the row still waits for, range by range and integer by integer; with `all` also what it has waited for.
   * May be read while the graph changes: it is then as it was or as it is.
   */
  *parents(row: number, all: boolean): IterableIterator<Parent> {
    for (const edge of this.#edges.ofRow(row)) {
      const isOpen = this.#edges.isOpen(edge);
      if (!isOpen && !all) continue;
      const target = this.#edges.target(edge);
      if (target >= 0) yield { row: target, isOpen };
      else if (~target < firstRange) yield { id: String(~target), isOpen };
      else if (~target >= firstName) {
        yield { id: this.#missing.text(~target ^ firstName), isOpen };
      } else {
        const range = ~target ^ firstRange;
        for (const integer of this.#ranges.open(range)) yield { integer, isOpen: true };
        if (!all) continue;
        for (const integer of this.#ranges.satisfiedIn(range)) yield { integer, isOpen: false };
      }
    }
  }

  /** The first row of those that were added with it and wait for the same, −1: it waits and has waited for nothing. */
  groupOf(row: number): number {
    return this.#edges.firstRowOfGroup(row);
  }

  /**
   * The rows that wait or have waited for the task of a row by its id, the latest first; then those that did by
   * a range with the integer of its id in it (−1: it has none). All ranges are looked through for that.
   */
  *childrenOf(row: number, integer: number): IterableIterator<RowRange> {
    yield* this.#edges.rowsOf(this.#headOfRow.get(row));
    if (integer < 0) return;
    for (const range of this.#ranges.around(integer)) {
      yield* this.#edges.rowsOf(this.#ranges.head(range));
    }
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#parts().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  write(writer: ByteWriter): void {
    for (const part of this.#parts()) part.write(writer);
  }

  static read(reader: ByteReader): Dependencies {
    const graph = new Dependencies();
    for (const part of graph.#parts()) part.read(reader);
    return graph;
  }

  #parts(): (DependencyEdges | IdRanges | MissingIds | RowColumn)[] {
    return [this.#edges, this.#ranges, this.#missing, this.#headOfRow];
  }

  #waitForRow(target: number, row: number, isOpen: boolean): void {
    const head = this.#headOfRow.exchange(row, this.#edges.next);
    if (!this.#edges.add(target, head, isOpen)) this.#headOfRow.set(row, head);
  }

  #waitForName(id: string): void {
    const name = this.#missing.name(idKey(id));
    const edge = this.#edges.next;
    const isNew = this.#edges.add(~(firstName | name), this.#missing.nameHead(name), true);
    if (isNew) this.#missing.setNameHead(name, edge);
  }
}

/** The integer below 2 ** 30 that the id spells, −1 for every other id. */
function smallInteger(id: string): number {
  const integer = spelledInteger(id);
  return integer < firstRange ? integer : -1;
}
