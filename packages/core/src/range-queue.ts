/**
 * A first-in, first-out queue of task rows, kept as ranges, so that a million consecutive rows are one
 * entry. Every row carries a stamp (the moment at which it joined its job's queue, counted in rows, for
 * retries in milliseconds); inside a range row and stamp go up together.
 */
export class RangeQueue {
  /** Ring of entries: row of the first, how many, stamp of the first. */
  #entries = new Float64Array(3 * 4);
  #head = 0;
  #length = 0;
  #rows = 0;

  /** Ranges held. */
  get length(): number {
    return this.#length;
  }

  /** Rows held. */
  get rows(): number {
    return this.#rows;
  }

  get firstRow(): number {
    return this.#entries[3 * this.#head]!;
  }

  get firstStamp(): number {
    return this.#entries[3 * this.#head + 2]!;
  }

  push(row: number, count: number, stamp: number): void {
    this.#rows += count;
    if (this.#length > 0) {
      const last = this.#at(this.#length - 1);
      const held = this.#entries[last + 1]!;
      if (this.#entries[last]! + held === row && this.#entries[last + 2]! + held === stamp) {
        this.#entries[last + 1] = held + count;
        return;
      }
    }
    this.#append(row, count, stamp);
  }

  /**
   * Puts a row behind those with lower stamps, and among those with its own by row. A queue that is filled
   * by this has single rows only.
   */
  insert(row: number, stamp: number): void {
    this.#rows++;
    this.#append(row, 1, stamp);
    for (let index = this.#length - 1; index > 0; index--) {
      const at = this.#at(index);
      const before = this.#at(index - 1);
      if (this.#entries[before + 2] !== stamp || this.#entries[before]! < row) return;
      this.#entries[at] = this.#entries[before]!;
      this.#entries[before] = row;
    }
  }

  /** How many rows the first range has. */
  get firstCount(): number {
    return this.#entries[3 * this.#head + 1]!;
  }

  /** Drops the first range. */
  shift(): void {
    this.#rows -= this.firstCount;
    this.#head = (this.#head + 1) % (this.#entries.length / 3);
    this.#length--;
  }

  /** Puts a range before all others. */
  unshift(row: number, count: number, stamp: number): void {
    if (3 * this.#length === this.#entries.length) this.#grow();
    this.#head = this.#head === 0 ? this.#entries.length / 3 - 1 : this.#head - 1;
    this.#length++;
    this.#rows += count;
    const at = 3 * this.#head;
    this.#entries[at] = row;
    this.#entries[at + 1] = count;
    this.#entries[at + 2] = stamp;
  }

  /** Takes one row out of the middle, wherever it is; false if it is not here. Costs the number of ranges. */
  remove(row: number): boolean {
    for (let index = 0; index < this.#length; index++) {
      const at = this.#at(index);
      const start = this.#entries[at]!;
      const count = this.#entries[at + 1]!;
      if (row < start || row >= start + count) continue;
      const rest = [...this.ranges()].slice(index);
      const stamp = this.#entries[at + 2]!;
      this.#length = index;
      for (const range of rest) this.#rows -= range.count;
      if (row > start) this.push(start, row - start, stamp);
      if (row < start + count - 1)
        this.push(row + 1, start + count - 1 - row, stamp + row + 1 - start);
      for (const range of rest.slice(1)) this.restore(range.row, range.count, range.stamp);
      return true;
    }
    return false;
  }

  /** Takes out all rows before `end`, and gives back where they stood. Costs the number of ranges. */
  takeBefore(end: number): { row: number; count: number }[] {
    const held = [...this.ranges()];
    const taken: { row: number; count: number }[] = [];
    this.#length = 0;
    this.#rows = 0;
    for (const { row, count, stamp } of held) {
      const out = Math.min(count, Math.max(0, end - row));
      if (out > 0) taken.push({ row, count: out });
      if (out < count) this.restore(row + out, count - out, stamp + out);
    }
    return taken;
  }

  *ranges(): IterableIterator<{ row: number; count: number; stamp: number }> {
    for (let index = 0; index < this.#length; index++) {
      const at = this.#at(index);
      yield {
        row: this.#entries[at]!,
        count: this.#entries[at + 1]!,
        stamp: this.#entries[at + 2]!,
      };
    }
  }

  /** Puts an entry at the end as it was read from {@link ranges}. */
  restore(row: number, count: number, stamp: number): void {
    this.#rows += count;
    this.#append(row, count, stamp);
  }

  #append(row: number, count: number, stamp: number): void {
    if (3 * this.#length === this.#entries.length) this.#grow();
    const at = this.#at(this.#length++);
    this.#entries[at] = row;
    this.#entries[at + 1] = count;
    this.#entries[at + 2] = stamp;
  }

  #at(index: number): number {
    const at = 3 * (this.#head + index);
    return at < this.#entries.length ? at : at - this.#entries.length;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#entries.length);
    const first = this.#entries.subarray(3 * this.#head);
    larger.set(first);
    larger.set(this.#entries.subarray(0, 3 * this.#head), first.length);
    this.#entries = larger;
    this.#head = 0;
  }
}
