import type { ByteReader, ByteWriter } from './bytes.ts';

const pageBits = 14;
const pageLength = 1 << pageBits;
const firstLength = 16;

/**
 * A growing array of 32-bit integers, in pages: only the first one is ever copied while it grows, so that
 * a long list neither pauses nor takes twice its memory.
 */
export class IntegerList {
  readonly #pages: Int32Array[] = [];
  length = 0;

  /** Place of the value. */
  push(value: number): number {
    const at = this.length & (pageLength - 1);
    let page = this.#pages[this.length >>> pageBits];
    if (page === undefined || at === page.length) page = this.#grow();
    page[at] = value;
    return this.length++;
  }

  get(index: number): number {
    return this.#pages[index >>> pageBits]![index & (pageLength - 1)]!;
  }

  set(index: number, value: number): void {
    this.#pages[index >>> pageBits]![index & (pageLength - 1)] = value;
  }

  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.byteLength, 0);
  }

  write(writer: ByteWriter): void {
    writer.int32(this.length);
    for (const [number, page] of this.#pages.entries()) {
      writer.int32s(page.subarray(0, Math.min(page.length, this.length - number * pageLength)));
    }
  }

  read(reader: ByteReader): void {
    this.#pages.length = 0;
    this.length = reader.int32();
    for (let held = 0; held < this.length; held += pageLength) {
      const words = reader.int32s();
      if (words.length !== Math.min(pageLength, this.length - held)) {
        throw new RangeError('a list has pages of another length');
      }
      let length = held === 0 ? firstLength : pageLength;
      while (length < words.length) length *= 2;
      const page = words.length === length ? words : new Int32Array(length);
      if (page !== words) page.set(words);
      this.#pages.push(page);
    }
  }

  #grow(): Int32Array {
    const number = this.length >>> pageBits;
    const full = this.#pages[number];
    const length = number > 0 ? pageLength : 2 * (full?.length ?? firstLength / 2);
    const page = new Int32Array(length);
    if (full !== undefined) page.set(full);
    this.#pages[number] = page;
    return page;
  }
}
