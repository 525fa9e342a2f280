// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, and every index is in range
import type { Contender } from './measure.ts';

/* What the bare loop of `dispatch` consists of, each part by itself, over as many tasks. */

const jobs = 100;
const nodes = 1_000;
const slotsPerNode = 8;
const wordsPerRow = 7;
const pageBits = 16;
const wordsPerEffect = 6;
const effectsAtOnce = nodes * slotsPerNode;

export function floorParts(tasks: number): Contender[] {
  return [
    { name: 'a job leaves the ready queue and joins it', run: () => turnQueue(tasks) },
    { name: 'two moves of a node between buckets', run: () => moveNodes(tasks) },
    { name: 'both writes of a row', run: () => writeRows(tasks) },
    { name: 'an effect written and read', run: () => passEffects(tasks) },
  ];
}

function turnQueue(tasks: number): void {
  const after = Int32Array.from({ length: jobs }, (_, job) => (job + 1) % jobs);
  let last = jobs - 1;
  for (let left = tasks; left > 0; left--) {
    const job = after[last]!;
    after[last] = after[job]!;
    after[job] = after[last]!;
    after[last] = job;
    last = job;
  }
}

function moveNodes(tasks: number): void {
  const before = Int32Array.from({ length: nodes }, (_, node) => node - 1);
  const after = Int32Array.from({ length: nodes }, (_, node) => (node + 1 < nodes ? node + 1 : -1));
  const freeSlots = new Int32Array(nodes).fill(slotsPerNode);
  const firstOf = new Int32Array(slotsPerNode + 1).fill(-1);
  firstOf[slotsPerNode] = 0;
  let levels = 1 << slotsPerNode;
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
  // Half of the slots are taken; then one is freed and one is taken, the freed one elsewhere.
  for (let node = 0; node < nodes; node++) move(node, slotsPerNode / 2);
  for (let left = tasks; left > 0; left--) {
    const freest = firstOf[31 - Math.clz32(levels)]!;
    move(freest, freeSlots[freest]! - 1);
    const ends = left % nodes;
    if (freeSlots[ends]! < slotsPerNode) move(ends, freeSlots[ends]! + 1);
  }
}

/** The second write comes when as many others have started as there are slots. */
function writeRows(tasks: number): void {
  const pages: Int32Array[] = [];
  for (let row = 0; row < tasks + effectsAtOnce; row++) {
    if (row < tasks) {
      if (row % (1 << pageBits) === 0) pages.push(new Int32Array(wordsPerRow << pageBits));
      const words = pages[row >>> pageBits]!;
      const at = (row & ((1 << pageBits) - 1)) * wordsPerRow;
      words[at] = 2;
      words[at + 1] = row % nodes;
      words[at + 2] = row;
      words[at + 4] = row;
    }
    const ended = row - effectsAtOnce;
    if (ended >= 0) {
      const words = pages[ended >>> pageBits]!;
      const at = (ended & ((1 << pageBits) - 1)) * wordsPerRow;
      words[at] = 3;
      words[at + 3] = row;
      words[at + 4] = 0;
    }
  }
}

function passEffects(tasks: number): void {
  const effects = new Int32Array(effectsAtOnce * wordsPerEffect);
  let sum = 0;
  for (let done = 0; done < tasks; ) {
    const count = Math.min(effectsAtOnce, tasks - done);
    for (let at = 0; at < count * wordsPerEffect; at += wordsPerEffect) {
      effects[at] = 3;
      effects[at + 1] = at;
      effects[at + 2] = done;
      effects[at + 3] = at;
      effects[at + 4] = done;
      effects[at + 5] = 1;
    }
    for (let at = 0; at < count * wordsPerEffect; at += wordsPerEffect) {
      sum +=
        effects[at]! +
        effects[at + 1]! +
        effects[at + 2]! +
        effects[at + 3]! +
        effects[at + 4]! +
        effects[at + 5]!;
    }
    done += count;
  }
  used = sum;
}

/** What was read goes somewhere, so that reading is not optimised away. */
export let used = 0;
