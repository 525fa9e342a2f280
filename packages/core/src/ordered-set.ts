/**
 * A set of small non-negative integers that knows its order: a bitmap under a pyramid of summary
 * bitmaps. Every operation costs the height (3 at 32,768 members, 4 at a million), whatever the size.
 * Used wherever the rules say "the lowest" or "the next after": nodes by free slots, priorities, jobs of a ring.
 */
export class OrderedSet {
  #levels: Int32Array[] = [new Int32Array(1)];
  /** The lowest level, where nearly every question is answered. */
  #bottom: Int32Array = this.#levels[0]!;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(member: number): boolean {
    const words = this.#levels[0]!;
    return member >>> 5 < words.length && (words[member >>> 5]! & (1 << (member & 31))) !== 0;
  }

  /** False if it was there. */
  add(member: number): boolean {
    if (member >>> 5 >= this.#bottom.length) this.#grow(member);
    const words = this.#bottom;
    const word = member >>> 5;
    const bit = 1 << (member & 31);
    const before = words[word]!;
    if ((before & bit) !== 0) return false;
    words[word] = before | bit;
    this.#size++;
    if (before === 0) this.#raise(word);
    return true;
  }

  /** A word of the lowest level is no longer 0. */
  #raise(index: number): void {
    const levels = this.#levels;
    for (let level = 1; level < levels.length; level++) {
      const words = levels[level]!;
      const word = index >>> 5;
      const before = words[word]!;
      words[word] = before | (1 << (index & 31));
      if (before !== 0) return;
      index = word;
    }
  }

  /** False if it was not there. */
  delete(member: number): boolean {
    const words = this.#bottom;
    const word = member >>> 5;
    if (word >= words.length) return false;
    const bit = 1 << (member & 31);
    const before = words[word]!;
    if ((before & bit) === 0) return false;
    const after = before & ~bit;
    words[word] = after;
    this.#size--;
    if (after === 0) this.#lower(word);
    return true;
  }

  /** A word of the lowest level has become 0. */
  #lower(index: number): void {
    const levels = this.#levels;
    for (let level = 1; level < levels.length; level++) {
      const words = levels[level]!;
      const word = index >>> 5;
      const after = words[word]! & ~(1 << (index & 31));
      words[word] = after;
      if (after !== 0) return;
      index = word;
    }
  }

  /** The lowest member, −1 if there is none. */
  first(): number {
    return this.next(-1);
  }

  /** The lowest member above `after`, −1 if there is none. */
  next(after: number): number {
    const index = after + 1;
    const bottom = this.#bottom;
    const word = index >>> 5;
    if (word >= bottom.length) return -1;
    const above = bottom[word]! & (-1 << (index & 31));
    if (above !== 0) return (word << 5) + lowestBit(above);
    return this.#nextAbove(word + 1);
  }

  /** The same, and after the last the first again; −1 if the set is empty. */
  nextAround(after: number): number {
    const bottom = this.#bottom;
    let word = (after + 1) >>> 5;
    if (word >= bottom.length) return this.next(-1) | 0;
    let above = bottom[word]! & (-1 << ((after + 1) & 31));
    // Most often one of the next words has it.
    for (const end = Math.min(word + 8, bottom.length - 1); above === 0 && word < end; ) {
      above = bottom[++word]!;
    }
    if (above !== 0) return (word << 5) + lowestBit(above);
    // `| 0`: the compiler takes what a call returns for any number.
    const next = this.#nextAbove(word + 1) | 0;
    return next === -1 ? this.next(-1) | 0 : next;
  }

  /** The lowest member in the words of the lowest level from `index` on. */
  #nextAbove(index: number): number {
    const levels = this.#levels;
    for (let level = 1; level < levels.length; level++) {
      const words = levels[level]!;
      const word = index >>> 5;
      if (word >= words.length) return -1;
      const above = words[word]! & (-1 << (index & 31));
      if (above !== 0) return this.#descend(level, (word << 5) + lowestBit(above));
      index = word + 1;
    }
    return -1;
  }

  /** The highest member, −1 if there is none. */
  last(): number {
    const top = this.#levels.length - 1;
    const word = this.#levels[top]![0]!;
    if (word === 0) return -1;
    let index = 31 - Math.clz32(word);
    for (let level = top - 1; level >= 0; level--) {
      index = (index << 5) + 31 - Math.clz32(this.#levels[level]![index]!);
    }
    return index;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let member = this.first(); member !== -1; member = this.next(member)) yield member;
  }

  #descend(level: number, index: number): number {
    for (let below = level - 1; below >= 0; below--) {
      index = (index << 5) + lowestBit(this.#levels[below]![index]!);
    }
    return index;
  }

  #grow(member: number): void {
    const words = this.#levels[0]!;
    const bottom = new Int32Array(Math.max(words.length * 2, (member >>> 5) + 1));
    bottom.set(words);
    this.#levels = [bottom];
    this.#bottom = bottom;
    for (let below = bottom; below.length > 1; ) {
      const summary = new Int32Array((below.length + 31) >>> 5);
      for (let word = 0; word < below.length; word++) {
        if (below[word] !== 0) summary[word >>> 5] = summary[word >>> 5]! | (1 << (word & 31));
      }
      this.#levels.push(summary);
      below = summary;
    }
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
