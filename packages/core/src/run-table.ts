import type { ByteReader, ByteWriter } from './bytes.ts';

/** Why a run has been told to end; 0: it has not. */
export const Ending = { none: 0, byUser: 1, taskWallClock: 2, jobWallClock: 3 } as const;
export type Ending = (typeof Ending)[keyof typeof Ending];

const wordsPerRun = 6;
const jobWord = 0;
const taskWord = 1;
const nodeWord = 2;
const slotsWord = 3;
/** 0: the row is free. */
const sequenceWord = 4;
/** {@link Ending}; of a free row the next free row + 1. */
const endingWord = 5;

/**
 * The runs there are: one row per task that holds slots now, so its size is that of the slots. Rows are
 * used again, last freed first; a run is named by its row and its sequence number.
 */
export class RunTable {
  #words = new Int32Array(16 * wordsPerRun);
  #starts = new Float64Array(16);
  #length = 0;
  #firstFree = 0;
  #live = 0;

  /** Rows ever in use at once; free ones have `sequence` 0. */
  get length(): number {
    return this.#length;
  }

  get live(): number {
    return this.#live;
  }

  add(
    job: number,
    task: number,
    node: number,
    slots: number,
    sequence: number,
    start: number,
  ): number {
    let run: number;
    if (this.#firstFree !== 0) {
      run = this.#firstFree - 1;
      this.#firstFree = this.#words[run * wordsPerRun + endingWord]!;
    } else {
      run = this.#length++;
      if (run === this.#starts.length) this.#grow();
    }
    const at = run * wordsPerRun;
    const words = this.#words;
    words[at + jobWord] = job;
    words[at + taskWord] = task;
    words[at + nodeWord] = node;
    words[at + slotsWord] = slots;
    words[at + sequenceWord] = sequence;
    words[at + endingWord] = Ending.none;
    this.#starts[run] = start;
    this.#live++;
    return run;
  }

  free(run: number): void {
    const at = run * wordsPerRun;
    this.#words[at + sequenceWord] = 0;
    this.#words[at + endingWord] = this.#firstFree;
    this.#firstFree = run + 1;
    this.#live--;
  }

  is(run: number, sequence: number): boolean {
    return run >= 0 && run < this.#length && sequence > 0 && this.sequence(run) === sequence;
  }

  job(run: number): number {
    return this.#words[run * wordsPerRun + jobWord]!;
  }
  task(run: number): number {
    return this.#words[run * wordsPerRun + taskWord]!;
  }
  node(run: number): number {
    return this.#words[run * wordsPerRun + nodeWord]!;
  }
  slots(run: number): number {
    return this.#words[run * wordsPerRun + slotsWord]!;
  }
  sequence(run: number): number {
    return this.#words[run * wordsPerRun + sequenceWord]!;
  }
  ending(run: number): Ending {
    return this.#words[run * wordsPerRun + endingWord]! as Ending;
  }
  setEnding(run: number, ending: Ending): void {
    this.#words[run * wordsPerRun + endingWord] = ending;
  }
  start(run: number): number {
    return this.#starts[run]!;
  }

  /** Rows in use, ascending. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let run = 0; run < this.#length; run++) if (this.sequence(run) !== 0) yield run;
  }

  write(writer: ByteWriter): void {
    writer.int32(this.#firstFree);
    writer.int32(this.#live);
    writer.int32s(this.#words.subarray(0, this.#length * wordsPerRun));
    for (let run = 0; run < this.#length; run++) writer.float64(this.#starts[run]!);
  }

  read(reader: ByteReader): void {
    this.#firstFree = reader.int32();
    this.#live = reader.int32();
    const words = reader.int32s();
    this.#length = words.length / wordsPerRun;
    const capacity = Math.max(16, this.#length);
    this.#words = new Int32Array(capacity * wordsPerRun);
    this.#words.set(words);
    this.#starts = new Float64Array(capacity);
    for (let run = 0; run < this.#length; run++) this.#starts[run] = reader.float64();
  }

  #grow(): void {
    const words = new Int32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
    const starts = new Float64Array(2 * this.#starts.length);
    starts.set(this.#starts);
    this.#starts = starts;
  }
}
