import type { TaskArena } from './task-arena.ts';
import { bytesPerRow, chunkBits, chunkRows, wordsPerRow } from './task-arena.ts';

export { bytesPerRow, wordsPerRow };

/**
 * The words of the packed row of a task, 7 of 32 bits (28 bytes).
 *
 * | word | content |
 * |---|---|
 * | 0 | state, result, failure and flags (below) |
 * | 1 | number of the last node + 1; 0: none yet |
 * | 2 | start, low 32 bits, in ms after the job's creation; of a task that never started: its end, or when it was reactivated |
 * | 3 | from there to the end of the run, or to the reactivation, in ms, low 32 bits |
 * | 4 | while running: row of its run; when completed: exit code |
 * | 5 | start, next 8 bits; duration, next 8 bits; retryCount, 16 bits (saturating) |
 * | 6 | place of its text in the job's {@link TaskText}; 0 for tasks of a factory |
 */
export const Word = {
  flags: 0,
  node: 1,
  start: 2,
  duration: 3,
  runOrExitCode: 4,
  counters: 5,
  text: 6,
} as const;

/** Word 0, low 3 bits. The order is that of {@link taskStates}. */
export const TaskState = { active: 0, preparing: 1, running: 2, completed: 3, gone: 4 } as const;
export type TaskStateNumber = (typeof TaskState)[keyof typeof TaskState];
export const stateMask = 7;

/** Word 0, from bit 3. */
export const Flag = {
  success: 0x0008,
  failure: 0x0010,
  hasExitCode: 0x0020,
  hasStart: 0x0040,
  /** A dependency is not satisfied; set for tasks given one by one, factories have it on their segment. */
  waiting: 0x0080,
  /** The ready queue still holds an entry of this row that must be skipped. */
  stale: 0x0100,
  /** Not again on the node of word 1 if another has room (ruling 14). */
  avoidNode: 0x0200,
  /** The start in words 2 and 5 was that of a retry: it is lastRetryTime. */
  startWasRetry: 0x0400,
  /** The next start will be one. */
  nextIsRetry: 0x0800,
  /** The job has a {@link RareTaskFacts} for this row. */
  rare: 0x1000,
  /** To be removed as soon as its run has ended. */
  deleting: 0x2000,
} as const;
/** Word 0, bits 16 to 23: index into {@link taskFailures}. */
export const failureShift = 16;
export const failureMask: number = 0xff << failureShift;

const firstPageBits = 4;
const smallPages = chunkBits - firstPageBits + 1;

/** The page of a row. Pages 0 … 12 hold 16, 16, 32, … 32,768 rows, all later ones 65,536. */
export function pageOf(row: number): number {
  if (row >= chunkRows) return smallPages - 1 + (row >>> chunkBits);
  return row < 1 << firstPageBits ? 0 : 32 - firstPageBits - Math.clz32(row);
}

export function firstRowOf(page: number): number {
  if (page === 0) return 0;
  return page < smallPages ? 1 << (page + firstPageBits - 1) : (page - smallPages + 1) << chunkBits;
}

/** The page has 2^bits rows. */
export function bitsOf(page: number): number {
  if (page === 0) return firstPageBits;
  return page < smallPages ? page + firstPageBits - 1 : chunkBits;
}

export function rowsOf(page: number): number {
  return 1 << bitsOf(page);
}

/** What {@link firstRowOf} of its page leaves of a row. Pages are powers of two, so it is the row less its highest bit. */
function rowInPage(row: number): number {
  if (row >= chunkRows) return row & (chunkRows - 1);
  return row < 1 << firstPageBits ? row : row ^ (1 << (31 - Math.clz32(row)));
}

/**
 * The rows of a job's tasks, in pages of the arena that start small and double up to 65,536 rows. A page is
 * made when one of its rows is first written; until then all its rows are zero, which reads as "active, never
 * started", so that a factory of any size is submitted in O(1).
 */
export class TaskRows {
  readonly #arena: TaskArena;
  /** Address of a page's first row; −1: not made. */
  readonly #addresses: number[] = [];
  /** Made when first hashed. */
  #hashes: number[] | undefined;

  constructor(arena: TaskArena) {
    this.#arena = arena;
  }

  /** Address of a row, −1 if its page is not made. */
  address(row: number): number {
    const first = this.#addresses[pageOf(row)] ?? -1;
    return first === -1 ? -1 : first + rowInPage(row);
  }

  /** Address of a row, whose page is made if need be. */
  provide(row: number): number {
    const page = pageOf(row);
    let first = this.#addresses[page] ?? -1;
    if (first === -1) {
      first = this.#arena.allocate(bitsOf(page));
      while (this.#addresses.length <= page) this.#addresses.push(-1);
      this.#addresses[page] = first;
    }
    return first + rowInPage(row);
  }

  /** A word of a row, without making its page. */
  get(row: number, word: number): number {
    const address = this.address(row);
    if (address === -1) return 0;
    return this.#arena.words(address)[this.#arena.offset(address) + word]!;
  }

  /** The words around a row, ready to be written; the row begins at {@link offset}. */
  touch(row: number): Int32Array {
    return this.#arena.touch(this.provide(row));
  }

  /** Place of the row's first word in what {@link touch} returns. */
  offset(row: number): number {
    return this.#arena.offset(this.provide(row));
  }

  /** The pages that are made, by number. */
  *pages(): IterableIterator<{ page: number; address: number; bits: number }> {
    for (const [page, address] of this.#addresses.entries()) {
      if (address !== -1) yield { page, address, bits: bitsOf(page) };
    }
  }

  /** Hash of a page that is made. */
  hashOf(page: number): number {
    const address = this.#addresses[page]!;
    this.#hashes ??= [];
    let hash = this.#hashes[page];
    if (hash === undefined || this.#arena.hasChanged(address)) {
      hash = this.#arena.hash(address, bitsOf(page));
      this.#hashes[page] = hash;
    }
    return hash;
  }

  /** The rows are no more. */
  free(): void {
    for (const { address, bits } of this.pages()) this.#arena.free(address, bits);
    this.#addresses.length = 0;
    this.#hashes = undefined;
  }
}

/** A time of 40 bits out of its low word and the 8 bits above. */
export function wideTime(low: number, high: number): number {
  return (low >>> 0) + (high & 0xff) * 0x1_0000_0000;
}
