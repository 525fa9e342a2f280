import type { Dag } from './dag-graph.ts';

/** The graph is no part of the core's interface: it is taken from beside its entry, source or build. */
interface Dependencies {
  begin(row: number, count: number): void;
  waitForInteger(integer: number, parent: number, isOpen: boolean): void;
  waitForRange(start: number, end: number): void;
  end(): boolean;
  addedInteger(integer: number, row: number): void;
  satisfied(row: number, integer: number): void;
  takeReleased(released: (row: number, count: number) => void): void;
  readonly hasReleased: boolean;
}
const entry = import.meta.resolve('@berth/core');
const { Dependencies } = (await import(entry.replace(/index(\.\w+)$/, 'dependencies$1'))) as {
  Dependencies: new () => Dependencies;
};

/** Tasks, by row, and the ranges of ids that each waits for. */
export interface RangeDag {
  tasks: number;
  edges: number;
  start: Int32Array;
  /** Below the start: the task waits for nothing. */
  end: Int32Array;
}

/** The core's graph of dependencies by itself: ids are integers already and rows are known. */
export class StructureLives {
  readonly #graph = new Dependencies();
  readonly #ids: Int32Array | undefined;
  readonly #queue: Int32Array;
  #queued = 0;

  /** `queue` has room for all tasks; it is no part of the graph. */
  private constructor(queue: Int32Array, ids?: Int32Array) {
    this.#queue = queue;
    this.#ids = ids;
  }

  static of({ tasks, first, parents, parentRows, ids }: Dag, queue: Int32Array): StructureLives {
    const lives = new StructureLives(queue, ids);
    const graph = lives.#graph;
    for (let row = 0; row < tasks; row++) {
      graph.addedInteger(ids[row] ?? 0, row);
      graph.begin(row, 1);
      const to = first[row + 1] ?? 0;
      for (let edge = first[row] ?? 0; edge < to; edge++) {
        graph.waitForInteger(parents[edge] ?? 0, parentRows[edge] ?? -1, true);
      }
      if (!graph.end()) lives.#queue[lives.#queued++] = row;
    }
    return lives;
  }

  static ofRanges({ tasks, start, end }: RangeDag, queue: Int32Array): StructureLives {
    const lives = new StructureLives(queue);
    const graph = lives.#graph;
    for (let row = 0; row < tasks; row++) {
      graph.begin(row, 1);
      const first = start[row] ?? 0;
      const last = end[row] ?? -1;
      if (first <= last) graph.waitForRange(first, last);
      if (!graph.end()) lives.#queue[lives.#queued++] = row;
    }
    return lives;
  }

  /** The number of tasks that came free. */
  release(): number {
    const queue = this.#queue;
    const graph = this.#graph;
    const ids = this.#ids;
    const released = (row: number): void => {
      queue[this.#queued++] = row;
    };
    for (let done = 0; done < this.#queued; done++) {
      const row = queue[done] ?? 0;
      graph.satisfied(row, ids === undefined ? row : (ids[row] ?? 0));
      if (graph.hasReleased) graph.takeReleased(released);
    }
    return this.#queued;
  }
}
