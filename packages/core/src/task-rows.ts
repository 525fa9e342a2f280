/**
 * The packed rows of a job's tasks: 7 words (28 bytes) each, in pages that start small and double up to
 * 65,536 rows. A page is made when one of its rows is first written; until then all its rows are zero,
 * which reads as "active, never started", so that a factory of any size is submitted in O(1).
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
export const wordsPerRow = 7;
export const bytesPerRow: number = 4 * wordsPerRow;
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
const largePageBits = 16;
const largePageRows = 1 << largePageBits;
const smallPages = largePageBits - firstPageBits + 1;

export interface TaskPage {
  words: Int32Array;
  /** Hash of the words; valid while `hashed`. */
  hash: number;
  hashed: boolean;
  /** A snapshot under way has yet to read these words: copy before writing. */
  frozen: boolean;
}

/** The page of a row. Pages 0 … 12 hold 16, 16, 32, … 32,768 rows, all later ones 65,536. */
export function pageOf(row: number): number {
  if (row >= largePageRows) return smallPages - 1 + (row >>> largePageBits);
  return row < 1 << firstPageBits ? 0 : 32 - firstPageBits - Math.clz32(row);
}

export function firstRowOf(page: number): number {
  if (page === 0) return 0;
  return page < smallPages
    ? 1 << (page + firstPageBits - 1)
    : (page - smallPages + 1) << largePageBits;
}

export function rowsOf(page: number): number {
  if (page === 0) return 1 << firstPageBits;
  return page < smallPages ? 1 << (page + firstPageBits - 1) : largePageRows;
}

/** What {@link firstRowOf} of its page leaves of a row. Pages are powers of two, so it is the row less its highest bit. */
function rowInPage(row: number): number {
  if (row >= largePageRows) return row & (largePageRows - 1);
  return row < 1 << firstPageBits ? row : row ^ (1 << (31 - Math.clz32(row)));
}

export class TaskRows {
  readonly pages: (TaskPage | undefined)[] = [];

  /** A word of a row, without making its page. */
  get(row: number, word: number): number {
    const page = this.pages[pageOf(row)];
    return page === undefined ? 0 : page.words[wordsPerRow * rowInPage(row) + word]!;
  }

  /** The words of the row's page, ready to be written; the row begins at {@link offset}. */
  touch(row: number): Int32Array {
    const number = pageOf(row);
    let page = this.pages[number];
    if (page === undefined) {
      page = {
        words: new Int32Array(rowsOf(number) * wordsPerRow),
        hash: 0,
        hashed: false,
        frozen: false,
      };
      this.pages[number] = page;
    } else if (page.frozen) {
      page.words = page.words.slice();
      page.frozen = false;
    }
    page.hashed = false;
    return page.words;
  }

  /** Place of the row's first word in its page. */
  offset(row: number): number {
    return wordsPerRow * rowInPage(row);
  }

  /** Bytes held. */
  get bytes(): number {
    let bytes = 0;
    for (const page of this.pages) bytes += page?.words.byteLength ?? 0;
    return bytes;
  }
}

/** A time of 40 bits out of its low word and the 8 bits above. */
export function wideTime(low: number, high: number): number {
  return (low >>> 0) + (high & 0xff) * 0x1_0000_0000;
}
