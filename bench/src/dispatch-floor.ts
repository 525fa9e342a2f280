// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, and every index is in range
import type { Load } from './dispatch-load.ts';
import { batchSize, jobShape, priorities } from './dispatch-load.ts';

/*
 * What a task life cannot do without, and nothing else: its job leaves the ready queue and joins it again,
 * its node moves between buckets at its start and at its end, its row of 28 bytes is written at both, one
 * effect is written and read. No ids, no rules, no checks, no encoding, no order among nodes.
 */

const wordsPerRow = 7;
const pageBits = 16;
const pageRows = 1 << pageBits;
const wordsPerEffect = 6;

/** Runs the load; returns the number of lives that came to their end. */
export function runFloor(load: Load): number {
  // Jobs: rows in order; a circular queue for each slot size and priority, a mask of the queues that are not empty.
  const shapes = Array.from({ length: load.jobs }, (_, index) => jobShape(load, index));
  const pages = shapes.map(
    ({ tasks }) => new Array<Int32Array | undefined>((tasks >>> pageBits) + 1),
  );
  const nextRow = new Int32Array(load.jobs);
  const rowsLeft = Int32Array.from(shapes, ({ tasks }) => tasks);
  const slotsOf = Int32Array.from(shapes, ({ slots }) => slots);
  const queueOf = Int32Array.from(shapes, ({ slots, rank }) => slots * priorities.length + rank);
  const queues = (load.slotsPerNode + 1) * priorities.length;
  const queueLast = new Int32Array(queues).fill(-1);
  const jobAfter = new Int32Array(load.jobs);
  const readyRanks = new Int32Array(load.slotsPerNode + 1);

  // Nodes: doubly linked, one list for each number of free slots, a mask of the lists that are not empty.
  const freeSlots = new Int32Array(load.nodes).fill(load.slotsPerNode);
  const before = Int32Array.from(freeSlots, (_, node) => node - 1);
  const after = Int32Array.from(freeSlots, (_, node) => (node + 1 < load.nodes ? node + 1 : -1));
  const firstOf = new Int32Array(load.slotsPerNode + 1).fill(-1);
  firstOf[load.slotsPerNode] = 0;
  let levels = 1 << load.slotsPerNode;

  // Effects that have been written and not read: kind, node, job, row, start, slots.
  const capacity = load.nodes * load.slotsPerNode * wordsPerEffect;
  const effects = new Int32Array(capacity);
  let head = 0;
  let count = 0;

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

  const place = (now: number): void => {
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
      const row = nextRow[job]!++;
      if (--rowsLeft[job]! > 0) join(job);

      const node = firstOf[freest]!;
      move(node, freest - size);
      const jobPages = pages[job]!;
      let words = jobPages[row >>> pageBits];
      if (words === undefined) {
        const rows = Math.min(pageRows, shapes[job]!.tasks - (row & ~(pageRows - 1)));
        words = new Int32Array(rows * wordsPerRow);
        jobPages[row >>> pageBits] = words;
      }
      const at = (row & (pageRows - 1)) * wordsPerRow;
      words[at] = 2;
      words[at + 1] = node;
      words[at + 2] = now;
      words[at + 4] = count;

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

  for (let job = 0; job < load.jobs; job++) if (rowsLeft[job]! > 0) join(job);
  let lives = 0;
  let now = 0;
  place(now);
  while (count > 0) {
    now++;
    for (let left = Math.min(count, batchSize); left > 0; left--) {
      const node = effects[head + 1]!;
      const row = effects[head + 3]!;
      move(node, freeSlots[node]! + effects[head + 5]!);
      const words = pages[effects[head + 2]!]![row >>> pageBits]!;
      const at = (row & (pageRows - 1)) * wordsPerRow;
      words[at] = 3;
      words[at + 3] = now - effects[head + 4]!;
      words[at + 4] = 0;
      words[at + 5] = 0;
      head = head + wordsPerEffect === capacity ? 0 : head + wordsPerEffect;
      count--;
      lives++;
      // As the engine must: what this end makes possible starts before the next report is read.
      place(now);
    }
  }
  return lives;
}
