import type { ByteReader, ByteWriter } from './bytes.ts';

const pageBits = 13;
const pageRows = 1 << pageBits;
const firstRows = 16;

/**
 * An integer for some rows of a job, 0 for all others: pages that are made when first needed, no entry per
 * row. The first page grows, for the job of a few tasks.
 */
export class RowColumn {
  readonly #pages: (Int32Array | undefined)[] = [];

  get(row: number): number {
    const page = this.#page(row);
    const at = row & (pageRows - 1);
    return page !== undefined && at < page.length ? page[at]! : 0;
  }

  set(row: number, value: number): void {
    const page = this.#page(row);
    const at = row & (pageRows - 1);
    if (page !== undefined && at < page.length) page[at] = value;
    else if (value !== 0) this.#grow(row)[at] = value;
  }

  /** Sets it, and gives what was there. */
  exchange(row: number, value: number): number {
    const page = this.#page(row);
    const at = row & (pageRows - 1);
    if (page === undefined || at >= page.length) {
      this.set(row, value);
      return 0;
    }
    const before = page[at]!;
    page[at] = value;
    return before;
  }

  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + (page?.byteLength ?? 0), 0);
  }

  write(writer: ByteWriter): void {
    writer.int32(this.#pages.filter((page) => page !== undefined).length);
    for (const [number, page] of this.#pages.entries()) {
      if (page === undefined) continue;
      writer.int32(number);
      writer.int32s(page);
    }
  }

  read(reader: ByteReader): void {
    this.#pages.length = 0;
    for (let left = reader.int32(); left > 0; left--) {
      const number = reader.int32();
      if (number < this.#pages.length || number > 0x7fff_ffff >>> pageBits) {
        throw new RangeError('a column has its pages out of order');
      }
      this.#extend(number);
      this.#pages.push(reader.int32s());
    }
  }

  /** Never reads past the end of an array: compiled code would be thrown away for that. */
  #page(row: number): Int32Array | undefined {
    const number = row >>> pageBits;
    return number < this.#pages.length ? this.#pages[number] : undefined;
  }

  #grow(row: number): Int32Array {
    const number = row >>> pageBits;
    const small = this.#pages[number];
    let length = number === 0 ? firstRows : pageRows;
    while (length <= (row & (pageRows - 1))) length *= 2;
    const page = new Int32Array(length);
    if (small !== undefined) page.set(small);
    this.#extend(number + 1);
    this.#pages[number] = page;
    return page;
  }

  /** Without holes, which would turn a long array into a dictionary. */
  #extend(length: number): void {
    while (this.#pages.length < length) this.#pages.push(undefined);
  }
}
