import type { ByteReader, ByteWriter } from './bytes.ts';
import type { TaskClasses } from './task-classes.ts';
import { Class as sharedClass } from './task-classes.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const Class = sharedClass;

/**
 * Why a run has been told to end; 0: it has not. What is `requeued` goes back to its queue when the end is
 * confirmed, and counts as such; every other end completes its task.
 */
export const Ending = {
  none: 0,
  byUser: 1,
  taskWallClock: 2,
  jobWallClock: 3,
  requeued: 4,
  /** Of an instance of a multi-instance task: another has failed, or is lost (gang-end.ts). */
  instanceFailed: 5,
  instanceLost: 6,
  /** The same, when all start anew with another OS version: that counts nowhere. */
  instanceDisplaced: 7,
} as const;
export type Ending = (typeof Ending)[keyof typeof Ending];

/** The words of a run: 8 of 32 bits. */
export const Run = {
  /** Class of its task (task-classes.ts). */
  class: 0,
  /** Row of its task, and where that lies in the arena. */
  task: 1,
  address: 2,
  node: 3,
  /** 0: the row is free; below 0: the run waits for a preparation. */
  sequence: 4,
  /** {@link Ending} and what its clock keeps (run-clocks.ts); of a free row the next free one of its node + 1. */
  ending: 5,
  /** Its start, ms since the epoch: two words, read as one number. */
  start: 6,
} as const;

export const runBits = 3;
const words = 1 << runBits;
export const endingMask = 7;
/** Of the ending word: its row was fresh when it started, and nothing has written it since. */
export const isPlain = 0x1_0000;
/** Of the ending word: it is an instance of a multi-instance task (gang.ts). */
export const isInstance = 0x2_0000;

/** Runs as a snapshot has them. */
const wordsInSnapshot = 6;

/**
 * The runs there are: one row per slot of the nodes, those of a node one behind the other. A run is named by
 * its row and its sequence number.
 */
export class RunTable {
  words: Int32Array<ArrayBuffer> = new Int32Array(16 * words);
  starts: Float64Array<ArrayBuffer> = new Float64Array(this.words.buffer);
  #length = 0;
  readonly #classes: TaskClasses;
  /** Blocks of nodes that are gone, by size: the last given back is used first. */
  readonly #free = new Map<number, number[]>();

  constructor(classes: TaskClasses) {
    this.#classes = classes;
  }

  /** Rows there are; free ones have `sequence` 0. */
  get length(): number {
    return this.#length;
  }

  /** Rows for a node of so many slots. */
  allocate(node: number, slots: number): { firstRun: number; nextRun: number } {
    const again = this.#free.get(slots)?.pop();
    const firstRun = again ?? this.#length;
    if (again === undefined) {
      this.#length += slots;
      this.#reach(this.#length);
    }
    for (let slot = 0; slot < slots; slot++) {
      const run = firstRun + slot;
      this.words[(run << runBits) + Run.node] = node;
      this.words[(run << runBits) + Run.ending] = slot + 1 < slots ? run + 2 : 0;
    }
    return { firstRun, nextRun: firstRun + 1 };
  }

  /** The rows of a node that is gone; none of them is in use. */
  release(firstRun: number, slots: number): void {
    const free = this.#free.get(slots);
    if (free === undefined) this.#free.set(slots, [firstRun]);
    else free.push(firstRun);
  }

  is(run: number, sequence: number): boolean {
    return run >= 0 && run < this.#length && sequence > 0 && this.sequence(run) === sequence;
  }

  class(run: number): number {
    return this.words[(run << runBits) + Run.class]!;
  }
  job(run: number): number {
    return this.#classes.words[this.class(run) + Class.job]!;
  }
  isInstance(run: number): boolean {
    return (this.words[(run << runBits) + Run.ending]! & isInstance) !== 0;
  }
  setInstance(run: number, is: boolean): void {
    const at = (run << runBits) + Run.ending;
    this.words[at] = is ? this.words[at]! | isInstance : this.words[at]! & ~isInstance;
  }
  slots(run: number): number {
    return this.#classes.words[this.class(run) + Class.slots]!;
  }
  task(run: number): number {
    return this.words[(run << runBits) + Run.task]!;
  }
  address(run: number): number {
    return this.words[(run << runBits) + Run.address]!;
  }
  node(run: number): number {
    return this.words[(run << runBits) + Run.node]!;
  }
  /** Whether it holds its slots and waits for a preparation (semantics §2.5): nobody has been told of it. */
  isPreparing(run: number): boolean {
    return this.sequence(run) < 0;
  }
  /** What has waited starts now, under a number that others may know. */
  begin(run: number, sequence: number, time: number): void {
    this.words[(run << runBits) + Run.sequence] = sequence;
    this.starts[((run << runBits) + Run.start) >>> 1] = time;
  }
  sequence(run: number): number {
    return this.words[(run << runBits) + Run.sequence]!;
  }
  ending(run: number): Ending {
    return (this.words[(run << runBits) + Run.ending]! & endingMask) as Ending;
  }
  setEnding(run: number, ending: Ending): void {
    const at = (run << runBits) + Run.ending;
    this.words[at] = (this.words[at]! & ~endingMask) | ending;
  }
  /** The row of the run's task is written by somebody else while it runs. */
  noteWritten(run: number): void {
    this.words[(run << runBits) + Run.ending]! &= ~isPlain;
  }
  start(run: number): number {
    return this.starts[((run << runBits) + Run.start) >>> 1]!;
  }

  /** Rows in use, ascending. */
  *[Symbol.iterator](): IterableIterator<number> {
    yield* this.of(0, this.#length);
  }

  /** Those in use among some, ascending. */
  *of(firstRun: number, count: number): IterableIterator<number> {
    for (let run = firstRun; run < firstRun + count; run++) if (this.sequence(run) !== 0) yield run;
  }

  /** By job and task, not by class and address, which are no part of the model. */
  write(writer: ByteWriter): void {
    writer.json([...this.#free].sort(([a], [b]) => a - b));
    const rows = new Int32Array(this.#length * wordsInSnapshot);
    for (let run = 0, at = 0; run < this.#length; run++) {
      const live = this.sequence(run) !== 0;
      rows[at++] = live ? this.job(run) : 0;
      rows[at++] = live ? this.task(run) : 0;
      rows[at++] = this.node(run);
      rows[at++] = live ? this.slots(run) : 0;
      rows[at++] = this.sequence(run);
      rows[at++] = live ? this.ending(run) : this.words[(run << runBits) + Run.ending]!;
    }
    writer.int32s(rows);
    for (let run = 0; run < this.#length; run++) {
      writer.float64(this.sequence(run) === 0 ? 0 : this.start(run));
    }
  }

  /** `find`: class and address of the task of a run. */
  read(
    reader: ByteReader,
    find: (
      job: number,
      task: number,
      slots: number,
      run: number,
    ) => { taskClass: number; address: number },
  ): void {
    // The cast is the snapshot format's promise, checked by its checksum.
    for (const [slots, blocks] of reader.json() as [number, number[]][]) {
      this.#free.set(slots, blocks);
    }
    const rows = reader.int32s();
    this.#length = rows.length / wordsInSnapshot;
    this.#reach(this.#length);
    for (let run = 0; run < this.#length; run++) {
      const from = run * wordsInSnapshot;
      const at = run << runBits;
      this.words[at + Run.node] = rows[from + 2]!;
      this.words[at + Run.ending] = rows[from + 5]!;
      if (rows[from + 4] === 0) continue;
      const { taskClass, address } = find(rows[from]!, rows[from + 1]!, rows[from + 3]!, run);
      this.words[at + Run.class] = taskClass;
      this.words[at + Run.task] = rows[from + 1]!;
      this.words[at + Run.address] = address;
      this.words[at + Run.sequence] = rows[from + 4]!;
    }
    for (let run = 0; run < this.#length; run++) {
      this.starts[((run << runBits) + Run.start) >>> 1] = reader.float64();
    }
  }

  #reach(length: number): void {
    const needed = length << runBits;
    if (needed <= this.words.length) return;
    const larger = new Int32Array(Math.max(needed, 2 * this.words.length));
    larger.set(this.words);
    this.words = larger;
    this.starts = new Float64Array(larger.buffer);
  }
}
