import type { ByteReader, ByteWriter } from './bytes.ts';

const pageBits = 15;
const pageSize = 1 << pageBits;
const wordsPerPage = pageSize / 32;
/** Pages up to here are found in an array, those beyond in a map. */
const nearPages = 1 << 16;

interface Page {
  words: Int32Array;
  /** A bit for each word that is all ones. */
  full: Int32Array;
  count: number;
}

/** A set of integers ≥ 0: bits, in pages that are made when first needed. */
export class IntegerIds {
  readonly #near: (Page | undefined)[] = [];
  readonly #far = new Map<number, Page>();
  size = 0;

  has(integer: number): boolean {
    const page = this.#page(Math.floor(integer / pageSize));
    if (page === undefined) return false;
    const bit = integer % pageSize;
    return (page.words[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  /** False if it was there already. */
  add(integer: number): boolean {
    const number = Math.floor(integer / pageSize);
    const page = this.#page(number) ?? this.#make(number);
    const bit = integer % pageSize;
    const word = bit >>> 5;
    const before = page.words[word]!;
    const after = before | (1 << (bit & 31));
    if (after === before) return false;
    page.words[word] = after;
    if (after === -1) page.full[word >>> 5]! |= 1 << (word & 31);
    page.count++;
    this.size++;
    return true;
  }

  /** False if it was not there. */
  delete(integer: number): boolean {
    const number = Math.floor(integer / pageSize);
    const page = this.#page(number);
    if (page === undefined) return false;
    const bit = integer % pageSize;
    const word = bit >>> 5;
    const before = page.words[word]!;
    const after = before & ~(1 << (bit & 31));
    if (after === before) return false;
    page.words[word] = after;
    page.full[word >>> 5]! &= ~(1 << (word & 31));
    page.count--;
    this.size--;
    if (page.count > 0) return true;
    if (number < nearPages) this.#near[number] = undefined;
    else this.#far.delete(number);
    return true;
  }

  /** The lowest integer ≥ `from` that is not in it. */
  nextAbsent(from: number): number {
    let number = Math.floor(from / pageSize);
    let bit = from % pageSize;
    for (;;) {
      const page = this.#page(number);
      if (page === undefined) return number * pageSize + bit;
      if (page.count < pageSize) {
        const absent = absentIn(page, bit);
        if (absent < pageSize) return number * pageSize + absent;
      }
      number++;
      bit = 0;
    }
  }

  /** Those from `start` to `end`, both included, in order. */
  *within(start: number, end: number): IterableIterator<number> {
    if (this.size === 0) return;
    for (const number of this.#numbers(Math.floor(start / pageSize), Math.floor(end / pageSize))) {
      const { words } = this.#page(number)!;
      for (const [word, bits] of words.entries()) {
        for (let left = bits; left !== 0; left &= left - 1) {
          const integer = number * pageSize + word * 32 + 31 - Math.clz32(left & -left);
          if (integer >= start && integer <= end) yield integer;
        }
      }
    }
  }

  get bytes(): number {
    const pages = this.#near.filter((page) => page !== undefined).length + this.#far.size;
    return pages * (pageSize / 8 + pageSize / 256);
  }

  write(writer: ByteWriter): void {
    const numbers = this.#numbers(0, Number.MAX_SAFE_INTEGER);
    writer.int32(numbers.length);
    for (const number of numbers) {
      writer.float64(number);
      writer.int32s(this.#page(number)!.words);
    }
  }

  read(reader: ByteReader): void {
    for (let left = reader.int32(); left > 0; left--) {
      const number = reader.float64();
      const words = reader.int32s();
      if (words.length !== wordsPerPage) throw new RangeError('a set has pages of another size');
      const page = this.#make(number);
      page.words = words;
      for (const [word, bits] of words.entries()) {
        page.count += bitCount(bits);
        if (bits === -1) page.full[word >>> 5]! |= 1 << (word & 31);
      }
      this.size += page.count;
    }
  }

  /** Of the pages there are from one to another, in order. */
  #numbers(first: number, last: number): number[] {
    const numbers: number[] = [];
    for (let number = first; number < this.#near.length && number <= last; number++) {
      if (this.#near[number] !== undefined) numbers.push(number);
    }
    const far = [...this.#far.keys()].filter((number) => number >= first && number <= last);
    return numbers.concat(far.sort((a, b) => a - b));
  }

  #page(number: number): Page | undefined {
    if (number < this.#near.length) return this.#near[number];
    return number < nearPages ? undefined : this.#far.get(number);
  }

  #make(number: number): Page {
    const words = new Int32Array(wordsPerPage);
    const page = { words, full: new Int32Array(wordsPerPage / 32), count: 0 };
    if (number < nearPages) {
      // Without holes, which would turn a long array into a dictionary.
      while (this.#near.length <= number) this.#near.push(undefined);
      this.#near[number] = page;
    } else this.#far.set(number, page);
    return page;
  }
}

/** The lowest bit from `from` on that is not set; the size of the page if all are. */
function absentIn({ words, full }: Page, from: number): number {
  const first = from >>> 5;
  const here = ~words[first]! & (-1 << (from & 31));
  if (here !== 0) return 32 * first + lowestBit(here);
  for (let group = (first + 1) >>> 5; group < full.length; group++) {
    const skipped = group === (first + 1) >>> 5 ? (first + 1) & 31 : 0;
    const open = ~full[group]! & (-1 << skipped);
    if (open === 0) continue;
    const word = 32 * group + lowestBit(open);
    return 32 * word + lowestBit(~words[word]!);
  }
  return pageSize;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** How many bits are set. */
export function bitCount(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** As many digits never exceed what a number holds exactly. */
const exactDigits = 15;

/** The integer that an id of digits alone stands for, leading zeros ignored; −1 for every other id (semantics §3.6). */
export function integerOf(id: string): number {
  let integer = 0;
  for (let index = 0; index < id.length; index++) {
    const digit = id.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return -1;
    integer = 10 * integer + digit;
  }
  if (id.length <= exactDigits) return integer;
  const exact = Number(id);
  return Number.isSafeInteger(exact) ? exact : -1;
}

/** The integer whose decimal spelling the id is; −1 for every other id. */
export function spelledInteger(id: string): number {
  const first = id.charCodeAt(0);
  // Of leading zeros only "0" itself has one; an empty id has no first character.
  return first >= 49 || (first === 48 && id.length === 1) ? integerOf(id) : -1;
}
