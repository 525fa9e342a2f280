import type { ByteReader, ByteWriter } from './bytes.ts';
import type { DependencyEdges } from './dependency-edges.ts';
import { IntegerIds } from './integer-ids.ts';
import { IntegerList } from './integer-list.ts';
import { IntegerTable } from './integer-table.ts';

const Field = {
  /** Head of its edges. */
  edge: 0,
  /** What it waits for: its watch, and every integer that was reopened before it was made. */
  open: 1,
  /** Leftist heap. */
  left: 2,
  right: 3,
  rank: 4,
  /** How often an integer had been reopened when it was made. */
  madeAt: 5,
  /** The one made before it whose bounds have the same hash. */
  sameHash: 6,
  start: 7,
  end: 9,
} as const;
type Field = (typeof Field)[keyof typeof Field];
const wordsPerRange = 11;
const wide = 0x1_0000_0000;
const none = 0;

/**
 * Ranges of integers that tasks wait for, each one object however many wait for it. A range *watches* the
 * lowest integer in it that is not satisfied. Those that watch the same integer form a heap by their end:
 * when the integer is satisfied the whole heap moves on to the next one that is not, melting into what
 * waits there, and the ranges that end before it are done. So a completion costs about a logarithm,
 * however many ranges overlap.
 */
export class IdRanges {
  readonly #edges: DependencyEdges;
  /** Fields by range; range 0 is none. */
  readonly #ranges = new IntegerList();
  /** Latest range by the hash of its bounds. */
  readonly #byBounds = new IntegerTable();
  /** Root of the heap of ranges that watch an integer. */
  readonly #watchers = new IntegerTable();
  /** Integers that have ever been satisfied. */
  readonly #satisfied = new IntegerIds();
  /** How many further tasks satisfy the same integer (`4` and `04`). */
  readonly #again = new IntegerTable();
  /** Integers satisfied once and no longer: their parent was deleted or reactivated. */
  readonly #reopened = new IntegerIds();
  #reopenings = 0;
  /** By reopened integer: list of the ranges made since, which wait for it. */
  readonly #reopenedWaiting = new IntegerTable();
  /** Range and link; place 0 is none, its link is to the first that is free. */
  readonly #waits = new IntegerList();

  constructor(edges: DependencyEdges) {
    this.#edges = edges;
    for (let word = 0; word < wordsPerRange; word++) this.#ranges.push(none);
    this.#waits.push(none);
    this.#waits.push(none);
  }

  /** The range with these bounds, for somebody who begins to wait for it. */
  of(start: number, end: number): number {
    const hash = hashOf(start, end);
    const latest = this.#byBounds.get(hash);
    let known = latest;
    while (known !== none && (this.start(known) !== start || this.end(known) !== end)) {
      known = this.#get(known, Field.sameHash);
    }
    // One made before an integer in it was reopened has it satisfied for good: who comes later needs another.
    if (known !== none && (this.#isCurrent(known) || !this.#hasReopened(start, end))) return known;
    return this.#make(start, end, hash, latest);
  }

  start(range: number): number {
    return this.#wide(range, Field.start);
  }

  end(range: number): number {
    return this.#wide(range, Field.end);
  }

  isDone(range: number): boolean {
    return this.#get(range, Field.open) === 0;
  }

  head(range: number): number {
    return this.#get(range, Field.edge);
  }

  setHead(range: number, edge: number): void {
    this.#set(range, Field.edge, edge);
  }

  /** The lowest integer that it still waits for, −1 if it is done. */
  lowestMissing(range: number): number {
    if (this.isDone(range)) return -1;
    const end = this.end(range);
    const absent = this.#satisfied.nextAbsent(this.start(range));
    for (const integer of this.#reopened.within(this.start(range), Math.min(end, absent))) {
      if (this.#isWaitingFor(range, integer)) return integer;
    }
    return absent <= end ? absent : -1;
  }

  /** The integers that it still waits for: those that were taken back first, the others in order. */
  *open(range: number): IterableIterator<number> {
    if (this.isDone(range)) return;
    const end = this.end(range);
    for (const integer of this.#reopened.within(this.start(range), end)) {
      if (this.#isWaitingFor(range, integer)) yield integer;
    }
    let absent = this.#satisfied.nextAbsent(this.start(range));
    for (; absent <= end; absent = this.#satisfied.nextAbsent(absent + 1)) yield absent;
  }

  /** The integers in it that are satisfied for those who wait for it, in order. */
  *satisfiedIn(range: number): IterableIterator<number> {
    for (const integer of this.#satisfied.within(this.start(range), this.end(range))) {
      if (!this.#isWaitingFor(range, integer)) yield integer;
    }
  }

  /** All there are that have the integer in them. */
  *around(integer: number): IterableIterator<number> {
    for (let range = 1; range < this.#ranges.length / wordsPerRange; range++) {
      if (this.start(range) <= integer && integer <= this.end(range)) yield range;
    }
  }

  satisfy(integer: number): void {
    if (!this.#satisfied.add(integer)) {
      if (this.#reopened.delete(integer)) this.#finishWaits(this.#reopenedWaiting.take(integer));
      else this.#again.set(integer, this.#again.get(integer) + 1);
      return;
    }
    const root = this.#watchers.take(integer);
    if (root !== none) this.#watch(root, this.#satisfied.nextAbsent(integer + 1));
  }

  /** One of the tasks that satisfy it does so no longer; what it has satisfied stays so (ruling 32). */
  withdraw(integer: number): void {
    const again = this.#again.take(integer);
    if (again > 1) this.#again.set(integer, again - 1);
    else if (again === 0 && this.#reopened.add(integer))
      this.#reopenings = (this.#reopenings + 1) | 0;
  }

  get bytes(): number {
    return [
      this.#ranges,
      this.#byBounds,
      this.#watchers,
      this.#again,
      this.#reopenedWaiting,
      this.#waits,
      this.#satisfied,
      this.#reopened,
    ].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  write(writer: ByteWriter): void {
    writer.int32(this.#reopenings);
    for (const part of this.#parts()) part.write(writer);
  }

  read(reader: ByteReader): void {
    this.#reopenings = reader.int32();
    for (const part of this.#parts()) part.read(reader);
  }

  #parts(): (IntegerList | IntegerTable | IntegerIds)[] {
    return [
      this.#ranges,
      this.#byBounds,
      this.#watchers,
      this.#satisfied,
      this.#again,
      this.#reopened,
      this.#reopenedWaiting,
      this.#waits,
    ];
  }

  #make(start: number, end: number, hash: number, sameHash: number): number {
    const range = this.#ranges.length / wordsPerRange;
    let open = 1;
    for (const integer of this.#reopened.within(start, end)) {
      this.#waitForReopened(integer, range);
      open++;
    }
    for (const word of [none, open, none, none, 1, this.#reopenings, sameHash]) {
      this.#ranges.push(word);
    }
    for (const bound of [start, end]) {
      this.#ranges.push(bound | 0);
      this.#ranges.push(Math.floor(bound / wide));
    }
    this.#byBounds.set(hash, range);
    this.#watch(range, this.#satisfied.nextAbsent(start));
    return range;
  }

  #isCurrent(range: number): boolean {
    return this.#get(range, Field.madeAt) === this.#reopenings;
  }

  #hasReopened(start: number, end: number): boolean {
    return this.#reopened.within(start, end).next().done === false;
  }

  /** Lets a heap of ranges watch `integer`, and finishes those that end before it. */
  #watch(root: number, integer: number): void {
    while (root !== none && this.end(root) < integer) {
      const done = root;
      root = this.#meld(this.#get(done, Field.left), this.#get(done, Field.right));
      this.#countDown(done);
    }
    if (root !== none) this.#watchers.set(integer, this.#meld(root, this.#watchers.get(integer)));
  }

  #countDown(range: number): void {
    const open = this.#get(range, Field.open) - 1;
    this.#set(range, Field.open, open);
    if (open === 0) this.#edges.satisfy(this.head(range));
  }

  /** The right spines of leftist heaps stay logarithmic. */
  #meld(a: number, b: number): number {
    if (a === none) return b;
    if (b === none) return a;
    if (this.end(b) < this.end(a)) [a, b] = [b, a];
    const right = this.#meld(this.#get(a, Field.right), b);
    const left = this.#get(a, Field.left);
    const leftRank = this.#get(left, Field.rank);
    const rightRank = this.#get(right, Field.rank);
    this.#set(a, Field.left, leftRank >= rightRank ? left : right);
    this.#set(a, Field.right, leftRank >= rightRank ? right : left);
    this.#set(a, Field.rank, Math.min(leftRank, rightRank) + 1);
    return a;
  }

  #waitForReopened(integer: number, range: number): void {
    const next = this.#reopenedWaiting.get(integer);
    let wait = this.#waits.get(1);
    if (wait === none) {
      wait = this.#waits.length >>> 1;
      this.#waits.push(range);
      this.#waits.push(next);
    } else {
      this.#waits.set(1, this.#waits.get(2 * wait + 1));
      this.#waits.set(2 * wait, range);
      this.#waits.set(2 * wait + 1, next);
    }
    this.#reopenedWaiting.set(integer, wait);
  }

  /** Whether it waits for an integer that had been reopened before it was made. */
  #isWaitingFor(range: number, integer: number): boolean {
    for (const waiting of this.#waitingFor(integer)) if (waiting === range) return true;
    return false;
  }

  *#waitingFor(integer: number): IterableIterator<number> {
    let wait = this.#reopenedWaiting.get(integer);
    for (; wait !== none; wait = this.#waits.get(2 * wait + 1)) yield this.#waits.get(2 * wait);
  }

  #finishWaits(first: number): void {
    for (let wait = first; wait !== none; ) {
      const next = this.#waits.get(2 * wait + 1);
      this.#countDown(this.#waits.get(2 * wait));
      this.#waits.set(2 * wait + 1, this.#waits.get(1));
      this.#waits.set(1, wait);
      wait = next;
    }
  }

  #get(range: number, field: Field): number {
    return this.#ranges.get(wordsPerRange * range + field);
  }

  #set(range: number, field: Field, value: number): void {
    this.#ranges.set(wordsPerRange * range + field, value);
  }

  #wide(range: number, field: Field): number {
    const at = wordsPerRange * range + field;
    return this.#ranges.get(at + 1) * wide + (this.#ranges.get(at) >>> 0);
  }
}

/** 32 bits of the bounds, ≥ 0. */
function hashOf(start: number, end: number): number {
  let hash = Math.imul((start | 0) ^ Math.floor(start / wide), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ (end | 0) ^ Math.floor(end / wide), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
