import type { ByteReader, ByteWriter } from './bytes.ts';

/** A growing array of 32-bit integers. */
export class IntegerList {
  #values = new Int32Array(16);
  length = 0;

  push(value: number): number {
    if (this.length === this.#values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length] = value;
    return this.length++;
  }

  get(index: number): number {
    return this.#values[index]!;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  write(writer: ByteWriter): void {
    writer.int32s(this.#values.subarray(0, this.length));
  }

  read(reader: ByteReader): void {
    const values = reader.int32s();
    this.length = values.length;
    this.#values = values.length < 16 ? new Int32Array(16) : values;
    if (values.length < 16) this.#values.set(values);
  }
}
