import { writeCanonicalJson } from './canonical-json.ts';

/** Words in memory lie as they are written: they are copied whole. */
const isLittleEndian = new Uint8Array(new Int32Array([1]).buffer)[0] === 1;

const quote = 0x22;
const backslash = 0x5c;

/**
 * Bytes in and out, little-endian, without `TextEncoder` or `Buffer`, which a bare realm does not have.
 */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written; valid until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  uint8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }
  uint16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
  }
  int32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, true);
  }
  float64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }

  /** Length in bytes (int32), then UTF-8. Lone surrogates are written as they are (WTF-8), so that nothing is lost. */
  text(value: string): void {
    const at = this.#reserve(4);
    this.utf8(value);
    this.#view.setInt32(at, this.#length - at - 4, true);
  }

  /** UTF-8 without a length. */
  utf8(value: string): void {
    // Nearly every text is ASCII to its end.
    const start = this.#reserve(value.length);
    const bytes = this.#bytes;
    let index = 0;
    for (; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) break;
      bytes[start + index] = code;
    }
    this.#length = start + index;
    for (; index < value.length; index++) {
      const code = value.codePointAt(index)!;
      if (code < 0x80) this.uint8(code);
      else if (code < 0x800) this.uint16(0xc0 | (code >> 6) | ((0x80 | (code & 0x3f)) << 8));
      else if (code < 0x10000) {
        this.uint8(0xe0 | (code >> 12));
        this.uint16(0x80 | ((code >> 6) & 0x3f) | ((0x80 | (code & 0x3f)) << 8));
      } else {
        index++;
        this.uint16(0xf0 | (code >> 18) | ((0x80 | ((code >> 12) & 0x3f)) << 8));
        this.uint16(0x80 | ((code >> 6) & 0x3f) | ((0x80 | (code & 0x3f)) << 8));
      }
    }
  }

  /** As JSON writes a string: in quotes, with escapes where there must be. */
  quoted(value: string): void {
    const start = this.#reserve(value.length + 2);
    const bytes = this.#bytes;
    let at = start;
    bytes[at++] = quote;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code < 0x20 || code >= 0x80 || code === quote || code === backslash) {
        this.#length = start;
        this.utf8(JSON.stringify(value));
        return;
      }
      bytes[at++] = code;
    }
    bytes[at] = quote;
  }

  /** Length in bytes (int32), then canonical JSON. */
  json(value: unknown): void {
    const at = this.#reserve(4);
    writeCanonicalJson(this, value);
    this.#view.setInt32(at, this.#length - at - 4, true);
  }

  /** Count (int32), then the words. */
  int32s(values: Int32Array): void {
    this.int32(values.length);
    const at = this.#reserve(4 * values.length);
    if (isLittleEndian) {
      this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
      return;
    }
    for (let index = 0; index < values.length; index++) {
      this.#view.setInt32(at + 4 * index, values[index]!, true);
    }
  }

  /** Bytes without a length. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Room for `bytes` bytes, to be written by the {@link view} as it is then; where it begins. */
  reserve(bytes: number): number {
    return this.#reserve(bytes);
  }

  get view(): DataView<ArrayBuffer> {
    return this.#view;
  }

  padTo(multiple: number): void {
    while (this.#length % multiple !== 0) this.uint8(0);
  }

  setInt32(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length = at + bytes;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Reading past the end throws a `RangeError`, as `DataView` does. */
export class ByteReader {
  #bytes: Uint8Array;
  #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Begins with other bytes. */
  open(bytes: Uint8Array): void {
    if (
      bytes.buffer !== this.#bytes.buffer ||
      bytes.byteOffset !== this.#bytes.byteOffset ||
      bytes.byteLength !== this.#bytes.byteLength
    ) {
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#bytes = bytes;
    this.at = 0;
  }

  /** All of it, for who reads at places of its own. */
  get view(): DataView {
    return this.#view;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  uint8(): number {
    return this.#view.getUint8(this.at++);
  }
  uint16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2, true);
  }
  int32(): number {
    this.at += 4;
    return this.#view.getInt32(this.at - 4, true);
  }
  float64(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }
  text(): string {
    return this.utf8(this.int32());
  }

  utf8(length: number): string {
    const end = this.at + length;
    if (length < 0 || end > this.#bytes.length) throw new RangeError('text longer than its bytes');
    let value = '';
    while (this.at < end) {
      value += this.#ascii(end);
      if (this.at === end) break;
      const first = this.uint8();
      if (first < 0x80) value += String.fromCharCode(first);
      else if (first < 0xe0) value += String.fromCharCode(((first & 0x1f) << 6) | this.#tail(end));
      else if (first < 0xf0) {
        value += String.fromCharCode(
          ((first & 0x0f) << 12) | (this.#tail(end) << 6) | this.#tail(end),
        );
      } else {
        const code =
          ((first & 0x07) << 18) |
          (this.#tail(end) << 12) |
          (this.#tail(end) << 6) |
          this.#tail(end);
        value += String.fromCodePoint(Math.min(code, 0x10ffff));
      }
    }
    return value;
  }

  json(): unknown {
    return JSON.parse(this.text());
  }

  int32s(): Int32Array<ArrayBuffer> {
    const count = this.int32();
    if (this.at + 4 * count > this.#bytes.length) throw new RangeError('more words than bytes');
    const values = new Int32Array(count);
    if (isLittleEndian) {
      new Uint8Array(values.buffer).set(this.raw(4 * count));
      return values;
    }
    for (let index = 0; index < count; index++) values[index] = this.int32();
    return values;
  }

  /** So many bytes, where they lie. */
  raw(length: number): Uint8Array {
    this.skip(length);
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** Bytes from here to the end. */
  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** @throws RangeError past the end, as all reading does. */
  skip(bytes: number): void {
    if (bytes < 0 || this.at + bytes > this.#bytes.length) {
      throw new RangeError('longer than its bytes');
    }
    this.at += bytes;
  }

  skipTo(multiple: number): void {
    while (this.at % multiple !== 0) this.at++;
  }

  /**
   * The ASCII characters from here on, up to `end`. A call with sixteen arguments costs little more than one
   * with one, and far less than one with a list.
   */
  #ascii(end: number): string {
    const bytes = this.#bytes;
    let text = '';
    let at = this.at;
    for (; end - at >= 16; at += 16) {
      const a = bytes[at]!;
      const b = bytes[at + 1]!;
      const c = bytes[at + 2]!;
      const d = bytes[at + 3]!;
      const e = bytes[at + 4]!;
      const f = bytes[at + 5]!;
      const g = bytes[at + 6]!;
      const h = bytes[at + 7]!;
      const i = bytes[at + 8]!;
      const j = bytes[at + 9]!;
      const k = bytes[at + 10]!;
      const l = bytes[at + 11]!;
      const m = bytes[at + 12]!;
      const n = bytes[at + 13]!;
      const o = bytes[at + 14]!;
      const p = bytes[at + 15]!;
      if ((a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p) >= 0x80) break;
      text += String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
    }
    for (; end - at >= 4; at += 4) {
      const a = bytes[at]!;
      const b = bytes[at + 1]!;
      const c = bytes[at + 2]!;
      const d = bytes[at + 3]!;
      if ((a | b | c | d) >= 0x80) break;
      text += String.fromCharCode(a, b, c, d);
    }
    for (; at < end && bytes[at]! < 0x80; at++) text += String.fromCharCode(bytes[at]!);
    this.at = at;
    return text;
  }

  /** The bits of a following byte; 0 where the text ends too early. */
  #tail(end: number): number {
    return this.at < end ? this.uint8() & 0x3f : 0;
  }
}

const scratch = new ByteWriter();

/** JSON with the keys of every object in one order: equal values, equal text. */
export function canonicalJson(value: unknown): string {
  scratch.clear();
  writeCanonicalJson(scratch, value);
  return new ByteReader(scratch.bytes()).utf8(scratch.length);
}
