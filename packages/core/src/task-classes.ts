/**
 * The words of a class: 16 of 32 bits, one cache line. Names end in what they count; a class is named by the
 * place of its first word.
 */
export const Class = {
  /** Number of the job. */
  job: 0,
  /** That each of its tasks asks for. */
  slots: 1,
  /** Rows in its queue that are not stale: its job is in the pool's ring of this size while there are any. */
  live: 2,
  /** The head of the queue: rows `headRow … headRow + headLeft − 1` come next. */
  headRow: 3,
  headLeft: 4,
  /** So many of them lie one behind the other from `headAddress` on, and have the same limits. */
  pieceLeft: 5,
  headAddress: 6,
  /** {@link ClassFlag}. */
  flags: 7,
  running: 8,
  succeeded: 9,
  failed: 10,
  /** Tasks that are there and not completed; those running are among them. */
  unfinished: 11,
  /** The job's class of the next larger size, {@link noClass}: none. */
  next: 12,
  /** The job's creation, ms since the epoch: two words, read as one number. */
  creationTime: 14,
} as const;

export const ClassFlag = {
  /** Some rows of the queue are stale: they are skipped when they come up. */
  stale: 1,
  /** Rows of the piece may have a wall clock. */
  limited: 2,
  /** The end of a task may mean more than its counts: somebody depends on it, or the job is on its way out. */
  watched: 4,
} as const;

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

  /** The classes of a job are no more. */
  free(job: number): void {
    for (let at = this.first(job); at !== noClass; at = this.words[at + Class.next]!) {
      this.#free.push(at);
    }
    this.ofJob[job] = noClass;
  }

  /** The job's class of the smallest size. */
  first(job: number): number {
    return job < this.ofJob.length ? this.ofJob[job]! : noClass;
  }

  /** A word of all the job's classes, added up. */
  sum(job: number, word: number): number {
    let sum = 0;
    for (let at = this.first(job); at !== noClass; at = this.words[at + Class.next]!) {
      sum += this.words[at + word]!;
    }
    return sum;
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
