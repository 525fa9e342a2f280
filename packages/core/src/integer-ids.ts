import type { ByteReader, ByteWriter } from './bytes.ts';

const pageBits = 15;
const pageSize = 1 << pageBits;

/**
 * Which integers have been satisfied by a completed task whose id is that integer. Bits, in pages that are
 * made when first needed.
 */
export class IntegerIds {
  readonly #pages = new Map<number, { words: Int32Array; count: number }>();

  has(integer: number): boolean {
    const page = this.#pages.get(Math.floor(integer / pageSize));
    if (page === undefined) return false;
    const bit = integer % pageSize;
    return (page.words[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  add(integer: number): void {
    const number = Math.floor(integer / pageSize);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { words: new Int32Array(pageSize / 32), count: 0 };
      this.#pages.set(number, page);
    }
    const bit = integer % pageSize;
    page.words[bit >>> 5] = page.words[bit >>> 5]! | (1 << (bit & 31));
    page.count++;
  }

  /** The lowest integer ≥ `from` that is not in it. */
  nextAbsent(from: number): number {
    let number = Math.floor(from / pageSize);
    let bit = from % pageSize;
    for (;;) {
      const page = this.#pages.get(number);
      if (page === undefined) return number * pageSize + bit;
      if (page.count < pageSize) {
        for (let word = bit >>> 5; word < page.words.length; word++) {
          const absent = ~page.words[word]! & (word === bit >>> 5 ? -1 << (bit & 31) : -1);
          if (absent !== 0) {
            return number * pageSize + word * 32 + 31 - Math.clz32(absent & -absent);
          }
        }
      }
      number++;
      bit = 0;
    }
  }

  write(writer: ByteWriter): void {
    writer.int32(this.#pages.size);
    for (const number of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const page = this.#pages.get(number)!;
      writer.float64(number);
      writer.int32(page.count);
      writer.int32s(page.words);
    }
  }

  read(reader: ByteReader): void {
    for (let left = reader.int32(); left > 0; left--) {
      const number = reader.float64();
      const count = reader.int32();
      this.#pages.set(number, { count, words: reader.int32s() });
    }
  }
}

/** The integer that an id of digits alone stands for, leading zeros ignored; −1 for every other id (semantics §3.6). */
export function integerOf(id: string): number {
  for (let index = 0; index < id.length; index++) {
    const code = id.charCodeAt(index);
    if (code < 48 || code > 57) return -1;
  }
  const integer = Number(id);
  return Number.isSafeInteger(integer) ? integer : -1;
}
