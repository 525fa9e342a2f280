// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, and every index is in range
import type { Load } from './dispatch-load.ts';
import { batchSize, failureEvery, jobShape, priorities } from './dispatch-load.ts';

/*
 * What a task life cannot do without, and nothing else: its job leaves the ready queue and joins it again,
 * its node moves between buckets at its start and at its end, its row of 28 bytes is written at both, one
 * effect is written and read; a task that is retried does all of it twice. No ids, no rules, no checks, no
 * encoding, no wall clocks, no order among nodes.
 */

const wordsPerRow = 7;
const pageBits = 16;
const pageRows = 1 << pageBits;
const wordsPerEffect = 6;

/** Words of a row. */
const State = 0;
const NodeNumber = 1;
const Start = 2;
const Duration = 3;
const RunOrExitCode = 4;
const Retries = 5;
const NextToRetry = 6;

/** What is there before the work begins. */
export interface FloorWorld {
  load: Load;
  /** By job. */
  slotsOf: Int32Array;
  rankOf: Int32Array;
  tasksOf: Int32Array;
  retriable: Int32Array;
  /** Nodes: doubly linked, one list for each number of free slots, a mask of the lists that are not empty. */
  freeSlots: Int32Array;
  before: Int32Array;
  after: Int32Array;
  firstOf: Int32Array;
  levels: number;
}

export function floorWorld(load: Load): FloorWorld {
  const { jobs, nodes, slotsPerNode } = load;
  const shapes = Array.from({ length: jobs }, (_, index) => jobShape(load, index));
  const freeSlots = new Int32Array(nodes).fill(slotsPerNode);
  const firstOf = new Int32Array(slotsPerNode + 1).fill(-1);
  firstOf[slotsPerNode] = 0;
  return {
    load,
    slotsOf: Int32Array.from(shapes, ({ slots }) => slots),
    rankOf: Int32Array.from(shapes, ({ rank }) => rank),
    tasksOf: Int32Array.from(shapes, ({ tasks }) => tasks),
    retriable: Int32Array.from(shapes, ({ retriable }) => retriable),
    freeSlots,
    before: Int32Array.from(freeSlots, (_, node) => node - 1),
    after: Int32Array.from(freeSlots, (_, node) => (node + 1 < nodes ? node + 1 : -1)),
    firstOf,
    levels: 1 << slotsPerNode,
  };
}

export interface FloorLives {
  /** So many runs end, those first that started first, and what starts because of it is read. */
  end(count: number): void;
  running(): number;
  /** Runs that have come to their end. */
  runs(): number;
  /** Tasks that have. */
  completed(): number;
}

/** The load is submitted, and as much of it started as there is room for. */
export function startFloor(world: FloorWorld): FloorLives {
  const { load, slotsOf, retriable, freeSlots, before, after, firstOf } = world;
  let { levels } = world;
  // Jobs: rows in order, in pages that all jobs share; a circular queue for each slot size and priority, a mask
  // of the queues that are not empty.
  const rowsLeft = world.tasksOf.slice();
  const nextRow = new Int32Array(load.jobs);
  const endOfRetriable = new Int32Array(load.jobs);
  const queueOf = new Int32Array(load.jobs);
  for (let job = 0, row = 0; job < load.jobs; job++) {
    nextRow[job] = row;
    endOfRetriable[job] = row + retriable[job]!;
    row += rowsLeft[job]!;
    queueOf[job] = slotsOf[job]! * priorities.length + world.rankOf[job]!;
  }
  const pages = new Array<Int32Array | undefined>((load.tasks >>> pageBits) + 1);
  const firstToRetry = new Int32Array(load.jobs).fill(-1);
  const queues = (load.slotsPerNode + 1) * priorities.length;
  const queueLast = new Int32Array(queues).fill(-1);
  const jobAfter = new Int32Array(load.jobs);
  const readyRanks = new Int32Array(load.slotsPerNode + 1);

  // Effects that have been written and not read: kind, node, job, row, start, slots.
  const capacity = load.nodes * load.slotsPerNode * wordsPerEffect;
  const effects = new Int32Array(capacity);
  let head = 0;
  let count = 0;
  let now = 0;
  let runs = 0;
  let completed = 0;

  const join = (job: number): void => {
    const queue = queueOf[job]!;
    const last = queueLast[queue]!;
    if (last === -1) {
      jobAfter[job] = job;
      readyRanks[slotsOf[job]!]! |= 1 << (queue % priorities.length);
    } else {
      jobAfter[job] = jobAfter[last]!;
      jobAfter[last] = job;
    }
    queueLast[queue] = job;
  };

  const move = (node: number, to: number): void => {
    const from = freeSlots[node]!;
    const left = before[node]!;
    const right = after[node]!;
    if (right !== -1) before[right] = left;
    if (left !== -1) after[left] = right;
    else {
      firstOf[from] = right;
      if (right === -1) levels &= ~(1 << from);
    }
    const first = firstOf[to]!;
    before[node] = -1;
    after[node] = first;
    if (first === -1) levels |= 1 << to;
    else before[first] = node;
    firstOf[to] = node;
    freeSlots[node] = to;
  };

  const pageOf = (row: number): Int32Array => {
    let words = pages[row >>> pageBits];
    if (words === undefined) {
      const rows = Math.min(pageRows, load.tasks - (row & ~(pageRows - 1)));
      words = new Int32Array(rows * wordsPerRow);
      pages[row >>> pageBits] = words;
    }
    return words;
  };

  const place = (): void => {
    for (;;) {
      const freest = 31 - Math.clz32(levels);
      let rank = -1;
      let size = 0;
      for (let slots = 1; slots <= freest; slots++) {
        const highest = 31 - Math.clz32(readyRanks[slots]!);
        if (highest > rank) {
          rank = highest;
          size = slots;
        }
      }
      if (rank === -1) return;
      const queue = size * priorities.length + rank;
      const last = queueLast[queue]!;
      const job = jobAfter[last]!;
      if (job === last) {
        queueLast[queue] = -1;
        readyRanks[size]! &= ~(1 << rank);
      } else jobAfter[last] = jobAfter[job]!;
      const again = firstToRetry[job]!;
      const row = again === -1 ? nextRow[job]!++ : again;
      const words = pageOf(row);
      const at = (row & (pageRows - 1)) * wordsPerRow;
      if (again !== -1) firstToRetry[job] = words[at + NextToRetry]!;
      if (--rowsLeft[job]! > 0) join(job);

      const node = firstOf[freest]!;
      move(node, freest - size);
      words[at + State] = 2;
      words[at + NodeNumber] = node;
      words[at + Start] = now;
      words[at + RunOrExitCode] = count;

      let write = head + count * wordsPerEffect;
      if (write >= capacity) write -= capacity;
      count++;
      effects[write] = 3;
      effects[write + 1] = node;
      effects[write + 2] = job;
      effects[write + 3] = row;
      effects[write + 4] = now;
      effects[write + 5] = size;
    }
  };

  const end = (limit: number): void => {
    now++;
    for (let left = Math.min(count, limit); left > 0; left--) {
      const node = effects[head + 1]!;
      const job = effects[head + 2]!;
      const row = effects[head + 3]!;
      move(node, freeSlots[node]! + effects[head + 5]!);
      const words = pages[row >>> pageBits]!;
      const at = (row & (pageRows - 1)) * wordsPerRow;
      const exitCode = ++runs % failureEvery === 0 ? 1 : 0;
      words[at + Duration] = now - effects[head + 4]!;
      words[at + RunOrExitCode] = exitCode;
      if (exitCode === 1 && row < endOfRetriable[job]! && words[at + Retries] === 0) {
        words[at + State] = 1;
        words[at + Retries] = 1;
        words[at + NextToRetry] = firstToRetry[job]!;
        firstToRetry[job] = row;
        if (rowsLeft[job]!++ === 0) join(job);
      } else {
        words[at + State] = 3;
        completed++;
      }
      head = head + wordsPerEffect === capacity ? 0 : head + wordsPerEffect;
      count--;
      // As the engine must: what this end makes possible starts before the next report is read.
      place();
    }
  };

  for (let job = 0; job < load.jobs; job++) if (rowsLeft[job]! > 0) join(job);
  place();
  return { end, running: () => count, runs: () => runs, completed: () => completed };
}

/** All of it. */
export function runFloor(world: FloorWorld): FloorLives {
  const lives = startFloor(world);
  while (lives.running() > 0) lives.end(batchSize);
  return lives;
}
