import type { ByteReader, ByteWriter } from './bytes.ts';

const pageBits = 16;
const pageLength = 1 << pageBits;
export const pageMask: number = pageLength - 1;
const firstLength = 16;

/**
 * A growing array of 32-bit integers, in pages: only the first one is ever copied while it grows, so that
 * a long list neither pauses nor takes twice its memory.
 */
export class IntegerList {
  readonly #pages: Int32Array[] = [];
  #capacity = 0;
  length = 0;

  /** Place of the value. */
  push(value: number): number {
    const index = this.length;
    if (index === this.#capacity) this.#grow();
    this.#pages[index >>> pageBits]![index & pageMask] = value;
    this.length = index + 1;
    return index;
  }

  get(index: number): number {
    return this.#pages[index >>> pageBits]![index & pageMask]!;
  }

  set(index: number, value: number): void {
    this.#pages[index >>> pageBits]![index & pageMask] = value;
  }

  /** The page of a value, which lies at the index under {@link pageMask}; so do those beside it up to a power of two. */
  page(index: number): Int32Array {
    return this.#pages[index >>> pageBits]!;
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
    this.#capacity = 0;
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
      this.#capacity += length;
    }
  }

  #grow(): void {
    const full = this.#capacity < pageLength ? this.#pages.pop() : undefined;
    const length = this.#capacity < pageLength ? 2 * (full?.length ?? firstLength / 2) : pageLength;
    const page = new Int32Array(length);
    if (full !== undefined) page.set(full);
    this.#pages.push(page);
    this.#capacity += length - (full?.length ?? 0);
  }
}
