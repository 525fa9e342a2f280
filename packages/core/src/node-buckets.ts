import { OrderedSet } from './ordered-set.ts';

/**
 * The nodes of a pool that take tasks, by free slots; those that have none free are in no bucket. Equal nodes
 * stand by ordinal, so that ties go to the lowest as the rules say.
 */
export class NodeBuckets {
  readonly #buckets: OrderedSet[] = [];
  /** A bit for each number of free slots that some node has. */
  readonly #levels: Int32Array;
  /** The most free slots that some node has; 0: none has any. */
  freest = 0;

  constructor(slotsPerNode: number) {
    for (let free = 0; free <= slotsPerNode; free++) this.#buckets.push(new OrderedSet());
    this.#levels = new Int32Array((slotsPerNode >>> 5) + 1);
  }

  add(free: number, ordinal: number): void {
    if (free === 0) return;
    const bucket = this.#buckets[free]!;
    bucket.add(ordinal);
    if (bucket.size !== 1) return;
    const word = free >>> 5;
    this.#levels[word] = this.#levels[word]! | (1 << (free & 31));
    if (free > this.freest) this.freest = free;
  }

  delete(free: number, ordinal: number): void {
    if (free === 0) return;
    const bucket = this.#buckets[free]!;
    if (!bucket.delete(ordinal) || bucket.size !== 0) return;
    const word = free >>> 5;
    this.#levels[word] = this.#levels[word]! & ~(1 << (free & 31));
    if (free === this.freest) this.freest = Math.max(0, this.below(free));
  }

  move(ordinal: number, from: number, to: number): void {
    this.delete(from, ordinal);
    this.add(to, ordinal);
  }

  has(free: number, ordinal: number): boolean {
    return this.#buckets[free]!.has(ordinal);
  }

  /** How many have so many slots free. */
  count(free: number): number {
    return this.#buckets[free]!.size;
  }

  /** The lowest ordinal with so many free slots; there is one. */
  first(free: number): number {
    return this.#buckets[free]!.first();
  }

  /** The next one after `ordinal`, −1 if there is none. */
  next(free: number, ordinal: number): number {
    return this.#buckets[free]!.next(ordinal);
  }

  /** The most free slots below `free` that some node has, −1 if there are none. */
  below(free: number): number {
    let word = free >>> 5;
    let bits = this.#levels[word]! & ~(-1 << (free & 31));
    while (bits === 0 && word > 0) bits = this.#levels[--word]!;
    return bits === 0 ? -1 : (word << 5) + 31 - Math.clz32(bits);
  }

  /** The fewest free slots, at least `free`, that some node has; −1 if there are none. */
  from(free: number): number {
    let word = free >>> 5;
    if (word >= this.#levels.length) return -1;
    let bits = this.#levels[word]! & (-1 << (free & 31));
    while (bits === 0 && word + 1 < this.#levels.length) bits = this.#levels[++word]!;
    return bits === 0 ? -1 : (word << 5) + 31 - Math.clz32(bits & -bits);
  }
}
