const digitBits = 8;
const digits = 1 << digitBits;
const levels = 4;
const wordsPerLevel = digits / 32;
/** The list of what lies beyond the 32 bits of the wheel's present turn. */
const farList = levels * digits;
const turn = 0x1_0000_0000;

/**
 * What happens next: small integer keys, each with at most one moment, in whole milliseconds. Those of one
 * moment leave in the order in which they came. Time only goes on: nothing may be added before the moment of
 * the last that left.
 *
 * A hierarchical timing wheel: a moment is four digits of eight bits; a key stands in a list of the highest
 * digit in which its moment differs from the wheel's, and moves down when the wheel gets there. So adding and
 * taking cost the same however many there are, where a heap pays a path through memory.
 */
export class TimingWheel {
  /** First key of each list, −1: empty. The lists are rings. */
  readonly #heads = new Int32Array(farList + 1).fill(-1);
  /** Of each level, which lists are not empty. */
  readonly #filled = new Int32Array(levels * wordsPerLevel);
  /** By key: the list that it is in, −1: none; its moment; its neighbours. */
  #lists = new Int32Array(16).fill(-1);
  #times = new Float64Array(16);
  #next = new Int32Array(16);
  #previous = new Int32Array(16);
  #size = 0;
  /** The moment of the last that left: when its turn of 32 bits began, and how long after. */
  #turnStart = 0;
  #low = 0;
  /** Of all keys; `NaN`: to be found out. */
  #firstTime = Infinity;

  get size(): number {
    return this.#size;
  }

  /** `Infinity` if there is none. */
  get firstTime(): number {
    if (Number.isNaN(this.#firstTime)) this.#firstTime = this.#findFirst();
    return this.#firstTime;
  }

  has(key: number): boolean {
    return key < this.#lists.length && this.#lists[key] !== -1;
  }

  /** The key must not be there. `Infinity` is a moment that never comes. */
  add(key: number, time: number): void {
    if (key >= this.#lists.length) this.#grow(key + 1);
    this.#times[key] = time;
    this.#size++;
    if (time < this.#firstTime) this.#firstTime = time;
    this.#link(key, this.#listOf(time));
  }

  /** Nothing if the key is not there. */
  delete(key: number): void {
    if (!this.has(key)) return;
    this.#unlink(key);
    this.#size--;
    if (this.#times[key] === this.#firstTime) this.#firstTime = Number.NaN;
  }

  /** Key of the first, which leaves. There must be one. */
  takeFirst(): number {
    const time = this.firstTime;
    this.#moveTo(time);
    const list = this.#low & (digits - 1);
    const key = this.#heads[list]!;
    this.#unlink(key);
    this.#size--;
    if (this.#heads[list] === -1) this.#firstTime = Number.NaN;
    return key;
  }

  #listOf(time: number): number {
    const offset = time - this.#turnStart;
    if (offset >= turn) return farList;
    const low = offset | 0;
    const level = levelOf(low ^ this.#low);
    return level * digits + digitOf(low, level);
  }

  /** No key is before that moment. */
  #moveTo(time: number): void {
    const offset = time - this.#turnStart;
    let list = farList;
    if (offset < turn) {
      const level = levelOf(offset ^ this.#low);
      this.#low = offset | 0;
      if (level === 0) return;
      list = level * digits + digitOf(this.#low, level);
    } else {
      this.#turnStart = time - (time % turn);
      this.#low = (time - this.#turnStart) | 0;
    }
    // Its keys now agree with the wheel in this digit: each goes to the list of the next in which it differs.
    const last = this.#heads[list] === -1 ? -1 : this.#previous[this.#heads[list]!]!;
    for (let key = this.#heads[list]!; key !== -1; ) {
      const after = key === last ? -1 : this.#next[key]!;
      this.#unlink(key);
      this.#link(key, this.#listOf(this.#times[key]!));
      key = after;
    }
  }

  #findFirst(): number {
    if (this.#size === 0) return Infinity;
    for (let level = 0; level < levels; level++) {
      const digit = this.#nextFilled(level, digitOf(this.#low, level));
      if (digit === -1) continue;
      if (level > 0) return this.#leastOf(level * digits + digit);
      return this.#turnStart + (((this.#low & -digits) | digit) >>> 0);
    }
    return this.#leastOf(farList);
  }

  /** The first list of the level that is not empty, from `digit` on; −1: none. */
  #nextFilled(level: number, digit: number): number {
    const from = level * wordsPerLevel;
    let word = digit >>> 5;
    let bits = this.#filled[from + word]! & (-1 << (digit & 31));
    while (bits === 0) {
      if (++word === wordsPerLevel) return -1;
      bits = this.#filled[from + word]!;
    }
    return word * 32 + 31 - Math.clz32(bits & -bits);
  }

  #leastOf(list: number): number {
    const head = this.#heads[list]!;
    let least = this.#times[head]!;
    for (let key = this.#next[head]!; key !== head; key = this.#next[key]!) {
      if (this.#times[key]! < least) least = this.#times[key]!;
    }
    return least;
  }

  /** To the end of the list. */
  #link(key: number, list: number): void {
    this.#lists[key] = list;
    const head = this.#heads[list]!;
    if (head === -1) {
      this.#heads[list] = key;
      this.#next[key] = key;
      this.#previous[key] = key;
      if (list !== farList) this.#filled[list >>> 5]! |= 1 << (list & 31);
      return;
    }
    const last = this.#previous[head]!;
    this.#next[last] = key;
    this.#previous[key] = last;
    this.#next[key] = head;
    this.#previous[head] = key;
  }

  #unlink(key: number): void {
    const list = this.#lists[key]!;
    this.#lists[key] = -1;
    const next = this.#next[key]!;
    if (next === key) {
      this.#heads[list] = -1;
      if (list !== farList) this.#filled[list >>> 5]! &= ~(1 << (list & 31));
      return;
    }
    const previous = this.#previous[key]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    if (this.#heads[list] === key) this.#heads[list] = next;
  }

  #grow(atLeast: number): void {
    const length = Math.max(atLeast, 2 * this.#lists.length);
    const lists = new Int32Array(length).fill(-1);
    lists.set(this.#lists);
    this.#lists = lists;
    const times = new Float64Array(length);
    times.set(this.#times);
    this.#times = times;
    const next = new Int32Array(length);
    next.set(this.#next);
    this.#next = next;
    const previous = new Int32Array(length);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}

/** The highest digit in which two moments differ, from what differs. */
function levelOf(difference: number): number {
  return difference === 0 ? 0 : (31 - Math.clz32(difference)) >>> 3;
}

function digitOf(low: number, level: number): number {
  return (low >>> (level * digitBits)) & (digits - 1);
}
