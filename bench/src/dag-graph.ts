/** Tasks in the order in which they are added, by row, and whom each waits for. */
export interface Dag {
  tasks: number;
  edges: number;
  /** Of the task in a row: one of 0 … n − 1. */
  ids: Int32Array;
  /** Parents of the task in row i: `parents` from `first[i]` to `first[i + 1]`, each once. */
  first: Int32Array;
  /** Ids. */
  parents: Int32Array;
  /** By edge: row of the parent, −1 if it comes later than the child. */
  parentRows: Int32Array;
}

/** Graphs of a number of tasks; their names are what a user sees. */
export const dagShapes: Readonly<Record<DagShape, (tasks: number) => Dag>> = {
  chains,
  'fans out': fansOut,
  'fans in': fansIn,
  layers,
  'random, any order': randomInAnyOrder,
};
export type DagShape = 'chains' | 'fans out' | 'fans in' | 'layers' | 'random, any order';

const width = 1_000;
const parentsEach = 3;

function chains(tasks: number): Dag {
  return dagOf(tasks, (task) => (task < width ? [] : [task - width]));
}

/** Every thousandth task is the parent of those up to the next. */
function fansOut(tasks: number): Dag {
  return dagOf(tasks, (task) => (task % width === 0 ? [] : [task - (task % width)]));
}

/** Every thousandth task waits for those since the one before. */
function fansIn(tasks: number): Dag {
  return dagOf(tasks, (task) =>
    task % width !== width - 1
      ? []
      : Array.from({ length: width - 1 }, (_, index) => task - 1 - index),
  );
}

/** Three random parents in the layer before. */
function layers(tasks: number): Dag {
  const random = randomBelow();
  return dagOf(tasks, (task) => {
    const start = task - (task % width) - width;
    return start < 0 ? [] : distinct(parentsEach, () => start + random(width));
  });
}

/** Three random parents among all tasks with lower ids, added in an order that has nothing to do with them. */
export function randomInAnyOrder(tasks: number): Dag {
  const random = randomBelow();
  const { first, parents } = dagOf(tasks, (task) =>
    distinct(Math.min(task, parentsEach), () => random(task)),
  );
  const ids = Int32Array.from({ length: tasks }, (_, id) => id);
  for (let last = tasks - 1; last > 0; last--) {
    const place = random(last + 1);
    const id = ids[last] ?? 0;
    ids[last] = ids[place] ?? 0;
    ids[place] = id;
  }
  return dagOf(tasks, (id) => parents.subarray(first[id], first[id + 1]), ids);
}

/** Added in the order of `ids`. */
export function dagOf(
  tasks: number,
  parentsOf: (id: number) => Iterable<number>,
  ids: Int32Array = Int32Array.from({ length: tasks }, (_, id) => id),
): Dag {
  const first = new Int32Array(tasks + 1);
  const rowOf = new Int32Array(tasks).fill(-1);
  let parents = new Int32Array(4 * tasks + width);
  let parentRows = new Int32Array(parents.length);
  let edges = 0;
  for (const [row, id] of ids.entries()) {
    rowOf[id] = row;
    for (const parent of parentsOf(id)) {
      if (edges === parents.length) {
        parents = twice(parents);
        parentRows = twice(parentRows);
      }
      parents[edges] = parent;
      parentRows[edges++] = rowOf[parent] ?? -1;
    }
    first[row + 1] = edges;
  }
  return {
    tasks,
    edges,
    ids,
    first,
    parents: parents.slice(0, edges),
    parentRows: parentRows.slice(0, edges),
  };
}

function twice(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}

function distinct(count: number, draw: () => number): number[] {
  const drawn: number[] = [];
  while (drawn.length < count) {
    const task = draw();
    if (!drawn.includes(task)) drawn.push(task);
  }
  return drawn;
}

/** xorshift: the same numbers in every run. */
export function randomBelow(): (bound: number) => number {
  let state = 0x2545f491;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}
