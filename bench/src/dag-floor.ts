import type { Dag } from './dag-graph.ts';

/** Kahn's algorithm, all edges known beforehand: children by parent in CSR, then release by counting. */
export class KahnOnCsr {
  readonly #dag: Dag;
  readonly #first: Int32Array;
  readonly #children: Int32Array;
  readonly #missing: Int32Array;

  constructor(dag: Dag) {
    this.#dag = dag;
    const { tasks, edges, first, parents, ids } = dag;
    this.#first = new Int32Array(tasks + 1);
    this.#children = new Int32Array(edges);
    this.#missing = new Int32Array(tasks);
    for (let edge = 0; edge < edges; edge++) {
      const parent = parents[edge] ?? 0;
      this.#first[parent] = (this.#first[parent] ?? 0) + 1;
    }
    // Ends first; filling from the back makes beginnings of them.
    let sum = 0;
    for (let task = 0; task <= tasks; task++) {
      sum += this.#first[task] ?? 0;
      this.#first[task] = sum;
    }
    for (let row = 0; row < tasks; row++) {
      const task = ids[row] ?? 0;
      const from = first[row] ?? 0;
      const to = first[row + 1] ?? 0;
      for (let edge = from; edge < to; edge++) {
        const parent = parents[edge] ?? 0;
        const at = (this.#first[parent] ?? 0) - 1;
        this.#first[parent] = at;
        this.#children[at] = task;
      }
      this.#missing[task] = to - from;
    }
  }

  /** The number of tasks that came free. */
  release(): number {
    const { tasks } = this.#dag;
    const queue = new Int32Array(tasks);
    let queued = 0;
    for (let task = 0; task < tasks; task++) if (this.#missing[task] === 0) queue[queued++] = task;
    for (let done = 0; done < queued; done++) {
      const task = queue[done] ?? 0;
      const to = this.#first[task + 1] ?? 0;
      for (let edge = this.#first[task] ?? 0; edge < to; edge++) {
        const child = this.#children[edge] ?? 0;
        const missing = (this.#missing[child] ?? 0) - 1;
        this.#missing[child] = missing;
        if (missing === 0) queue[queued++] = child;
      }
    }
    return queued;
  }

  get bytes(): number {
    return this.#first.byteLength + this.#children.byteLength + this.#missing.byteLength;
  }
}
