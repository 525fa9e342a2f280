/**
 * The words of a class: 16 of 32 bits, one cache line. Names end in what they count; a class is named by the
 * place of its first word.
 */
export const Class = {
  /** Number of the job. */
  job: 0,
  /** That each of its tasks asks for. */
  slots: 1,
  /**
   * The piece: rows at the head of the queue that lie one behind the other from `headAddress` up to, not
   * including, `pieceEnd`. All of them are to be placed, with the same limits. Equal: no piece is open.
   */
  headAddress: 2,
  pieceEnd: 3,
  /** A row of the piece less its address. */
  rowLessAddress: 4,
  /** The head of the queue while no piece is open: rows from `headRow` up to, not including, `headEnd`. */
  headRow: 5,
  headEnd: 6,
  /** Rows of the queue to be placed, those of the piece not counted. */
  rest: 7,
  /** {@link ClassFlag}. */
  flags: 8,
  /** Tasks that are running or completed. */
  begun: 9,
  succeeded: 10,
  failed: 11,
  /** Tasks there are. */
  total: 12,
  /** The job's class of the next larger size, {@link noClass}: none. */
  next: 13,
  /** The job's creation, ms since the epoch: two words, read as one number. */
  creationTime: 14,
} as const;

export const ClassFlag = {
  /** Some rows of the queue may be stale: they are skipped when they come up. */
  stale: 1,
  /** Each row of the piece may have a wall clock of its own. */
  limited: 2,
  /** The end of a task may mean more than its counts: somebody depends on it, or the job is on its way out. */
  watched: 4,
  /** No row of the piece has ever been written: they need not be read. */
  fresh: 8,
  /** The job may have so many running at a time: each start is counted. */
  counted: 16,
  /** A row of the piece may name the node that it wants. */
  choosy: 32,
  /** The job's tasks may not go to every node, or need something there first: no piece is ever opened. */
  careful: 64,
} as const;

/** The flags from here on: the clock of all rows of the piece (run-clocks.ts), 0 if they have none. */
export const clockShift = 8;

export const noClass = 0;

const wordBits = 4;
const words = 1 << wordBits;

/**
 * The hot part of *classes*: the tasks of one job that ask for one number of slots. Placement and completion
 * touch this one line of a job and nothing else of it, so that many jobs cost what few do; what is rarely
 * needed stands in {@link ReadyClass}.
 */
export class TaskClasses {
  words: Int32Array<ArrayBuffer> = new Int32Array(16 * words);
  #doubles = new Float64Array(this.words.buffer);
  /** First class of a job, by its number: that of the smallest size. */
  ofJob: Int32Array<ArrayBuffer> = new Int32Array(16);
  /** Place 0 is none. */
  #length = words;
  readonly #free: number[] = [];

  add(job: number, slots: number, creationTime: number): number {
    const at = this.#free.pop() ?? this.#length;
    if (at === this.#length) {
      this.#length += words;
      if (this.#length > this.words.length) this.#grow();
    }
    this.words.fill(0, at, at + words);
    this.words[at + Class.job] = job;
    this.words[at + Class.slots] = slots;
    this.#doubles[(at + Class.creationTime) >>> 1] = creationTime;
    this.#link(job, at, slots);
    return at;
  }

  creationTime(at: number): number {
    return this.#doubles[(at + Class.creationTime) >>> 1]!;
  }

  /** Rows to be placed: the job is in the pool's ring of this size while there are any. */
  live(at: number): number {
    const { words } = this;
    return words[at + Class.rest]! + words[at + Class.pieceEnd]! - words[at + Class.headAddress]!;
  }

  /** The first row of the queue. */
  headRow(at: number): number {
    const { words } = this;
    const address = words[at + Class.headAddress]!;
    return address === words[at + Class.pieceEnd]
      ? words[at + Class.headRow]!
      : address + words[at + Class.rowLessAddress]!;
  }

  closePiece(at: number): void {
    const { words } = this;
    const left = words[at + Class.pieceEnd]! - words[at + Class.headAddress]!;
    if (left === 0) return;
    words[at + Class.headRow] = this.headRow(at);
    words[at + Class.rest]! += left;
    words[at + Class.pieceEnd] = words[at + Class.headAddress]!;
  }

  running(at: number): number {
    const { words } = this;
    return words[at + Class.begun]! - words[at + Class.succeeded]! - words[at + Class.failed]!;
  }

  /** Tasks that are not completed, the running among them. */
  unfinished(at: number): number {
    const { words } = this;
    return words[at + Class.total]! - words[at + Class.succeeded]! - words[at + Class.failed]!;
  }

  /** The classes of a job, by size. */
  *of(job: number): IterableIterator<number> {
    for (let at = this.first(job); at !== noClass; at = this.words[at + Class.next]!) yield at;
  }

  /** The classes of a job are no more. */
  free(job: number): void {
    for (const at of this.of(job)) this.#free.push(at);
    this.ofJob[job] = noClass;
  }

  /** The job's class of the smallest size. */
  first(job: number): number {
    return job < this.ofJob.length ? this.ofJob[job]! : noClass;
  }

  #link(job: number, at: number, slots: number): void {
    if (job >= this.ofJob.length) {
      const larger = new Int32Array(Math.max(job + 1, 2 * this.ofJob.length));
      larger.set(this.ofJob);
      this.ofJob = larger;
    }
    let before = noClass;
    let next = this.ofJob[job]!;
    while (next !== noClass && this.words[next + Class.slots]! < slots) {
      before = next;
      next = this.words[next + Class.next]!;
    }
    this.words[at + Class.next] = next;
    if (before === noClass) this.ofJob[job] = at;
    else this.words[before + Class.next] = at;
  }

  #grow(): void {
    const larger = new Int32Array(2 * this.words.length);
    larger.set(this.words);
    this.words = larger;
    this.#doubles = new Float64Array(larger.buffer);
  }
}
