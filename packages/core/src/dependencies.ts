import type { ByteReader, ByteWriter } from './bytes.ts';
import { IntegerIds } from './integer-ids.ts';
import { IntegerList } from './integer-list.ts';
import { RowColumn } from './row-column.ts';
import type { TaskDependencies } from './specification.ts';
import { idKey } from './task-text.ts';

const noEdge = 0;

/** What the graph must ask about the tasks there are. */
export interface TaskLookup {
  /** Row of the task with this id, −1 if there is none. */
  find(id: string): number;
  /** Whether the task of this row satisfies its dependents as it is now. */
  satisfies(row: number): boolean;
}

/**
 * Who waits for whom in one job (semantics §3.6). Children that came with one specification wait as a
 * *group*, a range of rows with a counter of what is missing: ids and ranges of ids.
 *
 * An id is an edge from the parent's row to the group, or to the id while there is no such task. A range
 * is an object shared by all groups that name it; it *watches* the lowest integer in it that is not
 * satisfied. Ranges that watch the same integer form a heap by their end: when the integer is satisfied the
 * whole heap moves on to the next one that is not, melting into what waits there, and the ranges that end
 * before it are done. So a completion costs about a logarithm, however many ranges overlap.
 */
export class Dependencies {
  readonly #groupRow = new IntegerList();
  readonly #groupCount = new IntegerList();
  readonly #groupMissing = new IntegerList();
  /** Edges are linked lists; place 0 is none. */
  readonly #edgeGroup = new IntegerList();
  readonly #edgeNext = new IntegerList();
  /** First edge out of a parent's row. */
  readonly #ofRow = new RowColumn();
  /** First edge out of an id that no task has. */
  readonly #ofMissingId = new Map<string, number>();

  /** Range objects; place 0 is none. Heaps are leftist trees. */
  readonly #rangeStart: number[] = [0];
  readonly #rangeEnd: number[] = [0];
  readonly #rangeEdge = new IntegerList();
  /** Integers inside it that must be satisfied once more, beside the watch. */
  readonly #rangeReopened = new IntegerList();
  readonly #rangeWatchDone = new IntegerList();
  readonly #left = new IntegerList();
  readonly #right = new IntegerList();
  readonly #rank = new IntegerList();
  readonly #rangeByBounds = new Map<string, number>();
  /** Root of the heap of ranges that watch an integer. */
  readonly #watchers = new Map<number, number>();
  readonly #satisfied = new IntegerIds();
  /** Further tasks that satisfy the same integer (`4` and `04`). */
  readonly #again = new Map<number, number>();
  /** Integers satisfied once and no longer (parent reactivated or deleted), with the ranges made since that wait for them. */
  readonly #reopened = new Map<number, number[]>();

  /** Groups that became free, in no particular order: (row, count) pairs. Taken by {@link takeReleased}. */
  #released: number[] = [];

  constructor() {
    this.#edgeGroup.push(0);
    this.#edgeNext.push(0);
    for (const list of [
      this.#rangeEdge,
      this.#rangeReopened,
      this.#rangeWatchDone,
      this.#left,
      this.#right,
      this.#rank,
    ]) {
      list.push(0);
    }
  }

  /** Lets rows `row … row + count − 1` wait; false if everything is satisfied already. */
  wait(row: number, count: number, on: TaskDependencies, tasks: TaskLookup): boolean {
    const group = this.#groupRow.push(row);
    this.#groupCount.push(count);
    this.#groupMissing.push(0);
    let missing = 0;
    for (const id of new Map(on.taskIds.map((id) => [idKey(id), id])).values()) {
      const parent = tasks.find(id);
      if (parent === -1) {
        const key = idKey(id);
        this.#ofMissingId.set(key, this.#edge(group, this.#ofMissingId.get(key) ?? noEdge));
      } else if (!tasks.satisfies(parent)) {
        this.#ofRow.set(parent, this.#edge(group, this.#ofRow.get(parent)));
      } else continue;
      missing++;
    }
    for (const bounds of new Set(on.taskIdRanges.map(({ start, end }) => `${start}-${end}`))) {
      const range = this.#range(bounds);
      if (this.#rangeDone(range)) continue;
      this.#rangeEdge.set(range, this.#edge(group, this.#rangeEdge.get(range)));
      missing++;
    }
    this.#groupMissing.set(group, missing);
    return missing > 0;
  }

  /** A task with this id has been added: what waited for the id waits for its row now. */
  added(id: string, row: number): void {
    const key = idKey(id);
    const edge = this.#ofMissingId.get(key);
    if (edge === undefined) return;
    this.#ofMissingId.delete(key);
    this.#ofRow.set(row, edge);
  }

  /** The same for tasks whose ids are the integers from `firstId` on. */
  addedIntegers(firstId: number, count: number, firstRow: number): void {
    for (const [key, edge] of this.#ofMissingId) {
      const integer = Number(key);
      if (String(integer) !== key || integer < firstId || integer >= firstId + count) continue;
      this.#ofMissingId.delete(key);
      this.#ofRow.set(firstRow + integer - firstId, edge);
    }
  }

  /** The task has completed and satisfies; `integer` is that of its id, −1 if it has none. */
  satisfied(row: number, integer: number): void {
    const edge = this.#ofRow.get(row);
    this.#ofRow.set(row, noEdge);
    this.#follow(edge);
    if (integer >= 0) this.#satisfyInteger(integer);
  }

  /** The task that satisfied is no more, or active again. What it has satisfied stays so (ruling 32). */
  withdrawn(integer: number): void {
    if (integer < 0) return;
    const again = this.#again.get(integer) ?? 0;
    if (again > 1) this.#again.set(integer, again - 1);
    else if (again === 1) this.#again.delete(integer);
    else this.#reopened.set(integer, []);
  }

  /** The task is no more: what still waits for it waits for its id. */
  deleted(id: string, row: number): void {
    const edge = this.#ofRow.get(row);
    if (edge === noEdge) return;
    this.#ofRow.set(row, noEdge);
    const key = idKey(id);
    this.#ofMissingId.set(key, this.#joined(edge, this.#ofMissingId.get(key) ?? noEdge));
  }

  /** The row ranges released since the last call, by creation. */
  takeReleased(): { row: number; count: number }[] {
    const released: { row: number; count: number }[] = [];
    for (let at = 0; at < this.#released.length; at += 2) {
      released.push({ row: this.#released[at]!, count: this.#released[at + 1]! });
    }
    this.#released = [];
    return released.sort((a, b) => a.row - b.row);
  }

  get hasReleased(): boolean {
    return this.#released.length > 0;
  }

  #edge(group: number, next: number): number {
    this.#edgeNext.push(next);
    return this.#edgeGroup.push(group);
  }

  #follow(edge: number): void {
    for (; edge !== noEdge; edge = this.#edgeNext.get(edge)) {
      const group = this.#edgeGroup.get(edge);
      const missing = this.#groupMissing.get(group) - 1;
      this.#groupMissing.set(group, missing);
      if (missing === 0) {
        this.#released.push(this.#groupRow.get(group), this.#groupCount.get(group));
      }
    }
  }

  #joined(first: number, second: number): number {
    let last = first;
    while (this.#edgeNext.get(last) !== noEdge) last = this.#edgeNext.get(last);
    this.#edgeNext.set(last, second);
    return first;
  }

  #range(bounds: string): number {
    const known = this.#rangeByBounds.get(bounds);
    // One made before an integer in it was reopened has it satisfied for good: later groups need their own.
    if (known !== undefined && !this.#reopenedInside(known)) return known;
    const [start, end] = bounds.split('-').map(Number) as [number, number];
    const range = this.#rangeEdge.push(noEdge);
    this.#rangeStart.push(start);
    this.#rangeEnd.push(end);
    this.#left.push(0);
    this.#right.push(0);
    this.#rank.push(1);
    this.#rangeByBounds.set(bounds, range);
    let reopened = 0;
    for (const [integer, waiting] of this.#reopened) {
      if (integer < start || integer > end) continue;
      waiting.push(range);
      reopened++;
    }
    this.#rangeReopened.push(reopened);
    this.#rangeWatchDone.push(0);
    this.#watch(range, this.#satisfied.nextAbsent(start));
    return range;
  }

  #reopenedInside(range: number): boolean {
    for (const integer of this.#reopened.keys()) {
      if (integer >= this.#rangeStart[range]! && integer <= this.#rangeEnd[range]!) return true;
    }
    return false;
  }

  #rangeDone(range: number): boolean {
    return this.#rangeWatchDone.get(range) === 1 && this.#rangeReopened.get(range) === 0;
  }

  #satisfyInteger(integer: number): void {
    if (this.#satisfied.has(integer)) {
      const waiting = this.#reopened.get(integer);
      if (waiting === undefined) {
        this.#again.set(integer, (this.#again.get(integer) ?? 0) + 1);
        return;
      }
      this.#reopened.delete(integer);
      for (const range of waiting) {
        this.#rangeReopened.set(range, this.#rangeReopened.get(range) - 1);
        this.#finish(range);
      }
      return;
    }
    this.#satisfied.add(integer);
    const root = this.#watchers.get(integer);
    if (root === undefined) return;
    this.#watchers.delete(integer);
    this.#watch(root, this.#satisfied.nextAbsent(integer + 1));
  }

  /** Lets a heap of ranges watch `integer`, and finishes those that end before it. */
  #watch(root: number, integer: number): void {
    while (root !== 0 && this.#rangeEnd[root]! < integer) {
      const done = root;
      root = this.#meld(this.#left.get(done), this.#right.get(done));
      this.#rangeWatchDone.set(done, 1);
      this.#finish(done);
    }
    if (root !== 0) {
      this.#watchers.set(integer, this.#meld(root, this.#watchers.get(integer) ?? 0));
    }
  }

  #finish(range: number): void {
    if (!this.#rangeDone(range)) return;
    const edge = this.#rangeEdge.get(range);
    this.#rangeEdge.set(range, noEdge);
    this.#follow(edge);
  }

  /** Leftist heaps by end; the right spines stay logarithmic. */
  #meld(a: number, b: number): number {
    if (a === 0) return b;
    if (b === 0) return a;
    if (this.#rangeEnd[b]! < this.#rangeEnd[a]!) [a, b] = [b, a];
    const right = this.#meld(this.#right.get(a), b);
    const left = this.#left.get(a);
    const leftRank = this.#rank.get(left);
    const rightRank = this.#rank.get(right);
    this.#left.set(a, leftRank >= rightRank ? left : right);
    this.#right.set(a, leftRank >= rightRank ? right : left);
    this.#rank.set(a, Math.min(leftRank, rightRank) + 1);
    return a;
  }

  write(writer: ByteWriter): void {
    for (const list of this.#lists()) list.write(writer);
    writer.json({
      ranges: this.#rangeStart.map((start, range) => [start, this.#rangeEnd[range]]),
      ofRow: [...this.#ofRow.entries()],
      ofMissingId: [...this.#ofMissingId].sort(([a], [b]) => (a < b ? -1 : 1)),
      byBounds: [...this.#rangeByBounds].sort(([a], [b]) => (a < b ? -1 : 1)),
      watchers: entries(this.#watchers),
      again: entries(this.#again),
      reopened: entries(this.#reopened),
    });
    this.#satisfied.write(writer);
  }

  static read(reader: ByteReader): Dependencies {
    const graph = new Dependencies();
    for (const list of graph.#lists()) list.read(reader);
    // The cast is the snapshot format's promise, checked by its checksum.
    const maps = reader.json() as {
      ranges: [number, number][];
      ofRow: [number, number][];
      ofMissingId: [string, number][];
      byBounds: [string, number][];
      watchers: [number, number][];
      again: [number, number][];
      reopened: [number, number[]][];
    };
    graph.#rangeStart.length = 0;
    graph.#rangeEnd.length = 0;
    for (const [start, end] of maps.ranges) {
      graph.#rangeStart.push(start);
      graph.#rangeEnd.push(end);
    }
    for (const [row, edge] of maps.ofRow) graph.#ofRow.set(row, edge);
    for (const [id, edge] of maps.ofMissingId) graph.#ofMissingId.set(id, edge);
    for (const [bounds, range] of maps.byBounds) graph.#rangeByBounds.set(bounds, range);
    for (const [integer, root] of maps.watchers) graph.#watchers.set(integer, root);
    for (const [integer, times] of maps.again) graph.#again.set(integer, times);
    for (const [integer, ranges] of maps.reopened) graph.#reopened.set(integer, ranges);
    graph.#satisfied.read(reader);
    return graph;
  }

  #lists(): IntegerList[] {
    return [
      this.#groupRow,
      this.#groupCount,
      this.#groupMissing,
      this.#edgeGroup,
      this.#edgeNext,
      this.#rangeEdge,
      this.#rangeReopened,
      this.#rangeWatchDone,
      this.#left,
      this.#right,
      this.#rank,
    ];
  }
}

function entries<Value>(map: Map<number, Value>): [number, Value][] {
  return [...map].sort(([a], [b]) => a - b);
}
