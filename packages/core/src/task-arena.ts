import { hashWords } from './hash.ts';

/** A row is 28 bytes; what is in them is said in task-rows.ts. */
export const wordsPerRow = 7;
export const bytesPerRow: number = 4 * wordsPerRow;

export const chunkBits = 16;
export const chunkRows: number = 1 << chunkBits;
const chunkMask = chunkRows - 1;
/** Rows that the first chunk has at first: it grows up to its full length, so that a small engine stays small. */
const firstRows = 256;

const changed = 1;
const frozen = 2;

/**
 * Where the rows of all jobs live: chunks of 65,536 rows, cut into pages of powers of two. A row is named by
 * its *address*: the chunk, and its place there. Addresses say nothing about the model: what is in snapshots
 * and hashes is named by job and row.
 */
export class TaskArena {
  readonly #chunks: (Int32Array | undefined)[] = [];
  /** By chunk: {@link changed} since it was last hashed, {@link frozen} while a snapshot has yet to read it. */
  #marks = new Uint8Array(16);
  /** Addresses of free pages, by bits. */
  readonly #free: number[][] = Array.from({ length: chunkBits + 1 }, () => []);

  /** The address of a page of 2^bits rows, all zero. */
  allocate(bits: number): number {
    const address = this.#take(bits);
    this.#provide(address >>> chunkBits, (address & chunkMask) + (1 << bits));
    this.touch(address);
    return address;
  }

  /** Gives a page back. */
  free(address: number, bits: number): void {
    if (bits === chunkBits) this.#chunks[address >>> chunkBits] = undefined;
    else {
      const words = this.touch(address);
      const at = this.offset(address);
      words.fill(0, at, at + (wordsPerRow << bits));
    }
    this.#free[bits]!.push(address);
  }

  /** The words of the row's chunk, for reading; the row begins at {@link offset}. */
  words(address: number): Int32Array {
    return this.#chunks[address >>> chunkBits]!;
  }

  /** The same, ready to be written. */
  touch(address: number): Int32Array {
    const chunk = address >>> chunkBits;
    if (this.#marks[chunk] !== changed) this.#open(chunk);
    return this.#chunks[chunk]!;
  }

  /** Place of the row's first word in its chunk. */
  offset(address: number): number {
    return (address & chunkMask) * wordsPerRow;
  }

  /** A part of the words: a page as it is now. It changes with the rows unless its chunk is frozen. */
  page(address: number, bits: number): Int32Array {
    const at = this.offset(address);
    return this.words(address).subarray(at, at + (wordsPerRow << bits));
  }

  hash(address: number, bits: number): number {
    return hashWords(this.page(address, bits));
  }

  /** Whether a row of the address's chunk may have changed since {@link settle}. */
  hasChanged(address: number): boolean {
    return (this.#marks[address >>> chunkBits]! & changed) !== 0;
  }

  /** What has changed so far is known to who asked. */
  settle(): void {
    for (let chunk = 0; chunk < this.#chunks.length; chunk++) {
      this.#marks[chunk] = this.#marks[chunk]! & ~changed;
    }
  }

  /** From now on the chunk's words are not written any more: what changes, changes in a copy. */
  freeze(address: number): void {
    const chunk = address >>> chunkBits;
    this.#marks[chunk] = this.#marks[chunk]! | frozen;
  }

  /** Nobody reads these words of the address's chunk any more, if they are still its own. */
  thaw(address: number, words: Int32Array): void {
    const chunk = address >>> chunkBits;
    if (this.#chunks[chunk]?.buffer !== words.buffer) return;
    this.#marks[chunk] = this.#marks[chunk]! & ~frozen;
  }

  #take(bits: number): number {
    const free = this.#free[bits]!.pop();
    if (free !== undefined) return free;
    if (bits === chunkBits) return this.#chunks.push(undefined) * chunkRows - chunkRows;
    const address = this.#take(bits + 1);
    this.#free[bits]!.push(address + (1 << bits));
    return address;
  }

  /** The chunk with at least so many rows. */
  #provide(chunk: number, rows: number): void {
    const words = this.#chunks[chunk];
    if (words !== undefined && words.length >= rows * wordsPerRow) return;
    let length =
      words !== undefined ? words.length / wordsPerRow : chunk === 0 ? firstRows : chunkRows;
    while (length < rows) length *= 2;
    const larger = new Int32Array(length * wordsPerRow);
    if (words !== undefined) larger.set(words);
    this.#chunks[chunk] = larger;
    if (chunk >= this.#marks.length) {
      const marks = new Uint8Array(2 * chunk);
      marks.set(this.#marks);
      this.#marks = marks;
    }
    this.#marks[chunk] = changed;
  }

  #open(chunk: number): void {
    if ((this.#marks[chunk]! & frozen) !== 0) this.#chunks[chunk] = this.#chunks[chunk]!.slice();
    this.#marks[chunk] = changed;
  }

  /** Bytes held. */
  get bytes(): number {
    let bytes = 0;
    for (const chunk of this.#chunks) bytes += chunk?.byteLength ?? 0;
    return bytes;
  }
}
