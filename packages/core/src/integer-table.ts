import type { ByteReader, ByteWriter } from './bytes.ts';

/** Of a slot: the key's low and high 32 bits, the value. A value of 0 is none. */
const wordsPerSlot = 3;
const fewestSlots = 8;
const mostSlots = 4_096;
/** The directory may have room for so many times the keys: with more, their hashes are too alike to be split. */
const mostRoom = 16;
const wide = 0x1_0000_0000;

interface Page {
  words: Int32Array;
  /** Slots less one. */
  mask: number;
  used: number;
  /** How many of the hash's high bits its keys have in common. */
  depth: number;
}

/**
 * An integer other than 0 for some integers ≥ 0: extendible hashing. A full page splits in two and two that
 * are nearly empty become one, so that it never stops to copy everything, and gives back what it does not need.
 */
export class IntegerTable {
  /** By the high bits of the hash: 2 ** depth entries, of which several may be the same page. */
  #directory: Page[] = [];
  #depth = 0;
  size = 0;

  /** 0 if there is none. */
  get(key: number): number {
    if (this.size === 0) return 0;
    const hash = hashOf(key);
    const page = this.#directory[this.#place(hash)]!;
    return page.words[find(page, hash, key) + 2]!;
  }

  set(key: number, value: number): void {
    this.exchange(key, value);
  }

  /** Sets it, and gives what was there. */
  exchange(key: number, value: number): number {
    if (this.#directory.length === 0) this.#directory.push(pageOf(fewestSlots, 0));
    const hash = hashOf(key);
    for (;;) {
      const page = this.#directory[this.#place(hash)]!;
      const { words } = page;
      const at = find(page, hash, key);
      const before = words[at + 2]!;
      if (before === 0) {
        // At most three quarters, so that probes stay short.
        if (4 * page.used > 3 * page.mask) {
          this.#makeRoom(page, hash);
          continue;
        }
        words[at] = key | 0;
        words[at + 1] = Math.floor(key / wide);
        page.used++;
        this.size++;
      }
      words[at + 2] = value;
      return before;
    }
  }

  /** The value, which is no longer in it. */
  take(key: number): number {
    if (this.size === 0) return 0;
    const hash = hashOf(key);
    const page = this.#directory[this.#place(hash)]!;
    const { words } = page;
    const at = find(page, hash, key);
    const value = words[at + 2]!;
    if (value === 0) return 0;
    remove(page, at);
    page.used--;
    this.size--;
    if (this.size === 0) {
      this.#directory = [];
      this.#depth = 0;
    } else if (page.depth > 0 && page.used < mostSlots / 8) this.#merge(page, hash);
    return value;
  }

  /** By key. */
  keys(): Float64Array {
    const keys = new Float64Array(this.size);
    let count = 0;
    let last: Page | undefined;
    for (const page of this.#directory) {
      if (page === last) continue;
      last = page;
      const { words } = page;
      for (let at = 0; at < words.length; at += wordsPerSlot) {
        if (words[at + 2] !== 0) keys[count++] = words[at + 1]! * wide + (words[at]! >>> 0);
      }
    }
    return keys.sort();
  }

  get bytes(): number {
    const pages = new Set(this.#directory);
    return [...pages].reduce((sum, { words }) => sum + words.byteLength, 0);
  }

  /** Sorted: what is equal is written equally, whatever it went through. */
  write(writer: ByteWriter): void {
    writer.int32(this.size);
    for (const key of this.keys()) {
      writer.float64(key);
      writer.int32(this.get(key));
    }
  }

  read(reader: ByteReader): void {
    for (let left = reader.int32(); left > 0; left--) this.set(reader.float64(), reader.int32());
  }

  #place(hash: number): number {
    // A shift by 32 would be one by 0.
    return (hash >>> 1) >>> (31 - this.#depth);
  }

  #makeRoom(page: Page, hash: number): void {
    const slots = page.mask + 1;
    const isDeepest = page.depth === this.#depth;
    const room = this.#directory.length * mostSlots;
    if (slots < mostSlots || (isDeepest && room > mostRoom * this.size)) {
      const larger = pageOf(2 * slots, page.depth);
      move(page, larger);
      page.words = larger.words;
      page.mask = larger.mask;
      return;
    }
    if (isDeepest) {
      const deeper: Page[] = [];
      for (const each of this.#directory) deeper.push(each, each);
      this.#directory = deeper;
      this.#depth++;
    }
    const depth = page.depth + 1;
    const low = pageOf(mostSlots, depth);
    const high = pageOf(mostSlots, depth);
    const bit = 1 << (32 - depth);
    move(page, low, high, bit);
    const span = 1 << (this.#depth - depth);
    const first = this.#place(hash) & ~(2 * span - 1);
    this.#directory.fill(low, first, first + span);
    this.#directory.fill(high, first + span, first + 2 * span);
  }

  #merge(page: Page, hash: number): void {
    const span = 1 << (this.#depth - page.depth);
    const first = this.#place(hash) & ~(2 * span - 1);
    const own = this.#place(hash) & span;
    const other = this.#directory[first + (span - own)]!;
    if (other.depth !== page.depth || page.used + other.used > mostSlots / 4) return;
    move(other, page);
    page.depth--;
    this.#directory.fill(page, first, first + 2 * span);
  }
}

function pageOf(slots: number, depth: number): Page {
  return { words: new Int32Array(wordsPerSlot * slots), mask: slots - 1, used: 0, depth };
}

/** Where the key is or would be. */
function find({ words, mask }: Page, hash: number, key: number): number {
  const low = key | 0;
  const high = Math.floor(key / wide);
  let at = wordsPerSlot * (hash & mask);
  while (words[at + 2] !== 0 && (words[at] !== low || words[at + 1] !== high)) {
    at += wordsPerSlot;
    if (at === words.length) at = 0;
  }
  return at;
}

/** Closes the gap, so that what was put behind it is found. */
function remove({ words, mask }: Page, gap: number): void {
  let at = gap;
  for (;;) {
    at += wordsPerSlot;
    if (at === words.length) at = 0;
    if (words[at + 2] === 0) break;
    const home = hashOf(words[at + 1]! * wide + (words[at]! >>> 0)) & mask;
    const place = at / wordsPerSlot;
    const hole = gap / wordsPerSlot;
    // It may move only as far back as its home.
    if (((place - home) & mask) < ((place - hole) & mask)) continue;
    words.copyWithin(gap, at, at + wordsPerSlot);
    gap = at;
  }
  words[gap + 2] = 0;
}

/** Where `bit` is given, what has it set in its hash goes to `high`. */
function move(from: Page, to: Page, high: Page = to, bit = 0): void {
  for (let at = 0; at < from.words.length; at += wordsPerSlot) {
    const value = from.words[at + 2]!;
    if (value === 0) continue;
    const key = from.words[at + 1]! * wide + (from.words[at]! >>> 0);
    const hash = hashOf(key);
    const target = (hash & bit) === 0 ? to : high;
    const place = find(target, hash, key);
    target.words[place] = from.words[at]!;
    target.words[place + 1] = from.words[at + 1]!;
    target.words[place + 2] = value;
    target.used++;
  }
}

function hashOf(key: number): number {
  let hash = (key | 0) ^ Math.imul(Math.floor(key / wide), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
