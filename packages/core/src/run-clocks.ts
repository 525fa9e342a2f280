import { DeadlineHeap } from './deadline-heap.ts';
import type { RunTable } from './run-table.ts';
import { Run as sharedRun, runBits as sharedRunBits } from './run-table.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const Run = sharedRun;
const runBits = sharedRunBits;

const hasClock = 8;
const groupShift = 8;
const groupMask = 0xff;
/** Bits of a run's ending word that are the clock's. */
const clockBits = (groupMask << groupShift) | hasClock;

/** Durations that have a list of their own. */
const mostGroups = 16;
/** Group 0: a deadline of its own, in the heap. */
export const ownDeadline = 0;
const none = -1;

/**
 * The wall clocks of what runs. Runs that started with the same duration fall due in the order of their
 * starts, so each of the first durations seen has a list, and a run joins and leaves it in a step or two. What
 * has another duration, or another since an update, stands in a heap.
 */
export class RunClocks {
  readonly #runs: RunTable;
  readonly #heap = new DeadlineHeap();
  /** By group; that of the heap is not used. */
  readonly #durations: number[] = [0];
  readonly #first: number[] = [none];
  readonly #last: number[] = [none];
  /** Two words a run: the run before and after it in its list. */
  #links = new Int32Array(32);
  /** Told of every deadline that may be the next. */
  readonly #expect: (time: number) => void;

  constructor(runs: RunTable, expect: (time: number) => void) {
    this.#runs = runs;
    this.#expect = expect;
  }

  /** The list of a duration in milliseconds, {@link ownDeadline} if it has none. */
  group(durationMs: number): number {
    for (let group = 1; group < this.#durations.length; group++) {
      if (this.#durations[group] === durationMs) return group;
    }
    if (this.#durations.length > mostGroups) return ownDeadline;
    this.#first.push(none);
    this.#last.push(none);
    return this.#durations.push(durationMs) - 1;
  }

  /** The run, which starts now, has the duration of a group. */
  start(run: number, group: number): void {
    const last = this.#last[group]!;
    if (2 * run + 1 >= this.#links.length) this.#grow(run);
    const links = this.#links;
    links[2 * run] = last;
    links[2 * run + 1] = none;
    if (last !== none) links[2 * last + 1] = run;
    else {
      this.#first[group] = run;
      this.#expect(this.#runs.start(run) + this.#durations[group]!);
    }
    this.#last[group] = run;
    this.#runs.words[(run << runBits) + Run.ending]! |= hasClock | (group << groupShift);
  }

  /** Sets or moves the deadline of a run, milliseconds since the epoch. */
  set(run: number, time: number): void {
    this.stop(run);
    this.#heap.set(run, time);
    this.#runs.words[(run << runBits) + Run.ending]! |= hasClock;
    this.#expect(time);
  }

  /** The run has no deadline any more, if it had one. */
  stop(run: number): void {
    const at = (run << runBits) + Run.ending;
    const { words } = this.#runs;
    const ending = words[at]!;
    if ((ending & hasClock) === 0) return;
    words[at] = ending & ~clockBits;
    const group = (ending >>> groupShift) & groupMask;
    if (group === ownDeadline) {
      this.#heap.delete(run);
      return;
    }
    const links = this.#links;
    const before = links[2 * run]!;
    const after = links[2 * run + 1]!;
    if (before === none) this.#first[group] = after;
    else links[2 * before + 1] = after;
    if (after === none) this.#last[group] = before;
    else links[2 * after] = before;
  }

  /** The next deadline, `Infinity` if there is none. */
  get firstTime(): number {
    let time = this.#heap.firstTime;
    for (let group = 1; group < this.#first.length; group++) {
      const run = this.#first[group]!;
      if (run === none) continue;
      time = Math.min(time, this.#runs.start(run) + this.#durations[group]!);
    }
    return time;
  }

  /** The run that falls due first; of several the lowest, so that it never depends on history. −1: none. */
  get firstRun(): number {
    const time = this.firstTime;
    let lowest = this.#heap.firstTime === time ? this.#heap.firstKey : none;
    for (let group = 1; group < this.#first.length; group++) {
      let run = this.#first[group]!;
      while (run !== none && this.#runs.start(run) + this.#durations[group]! === time) {
        if (lowest === none || run < lowest) lowest = run;
        run = this.#links[2 * run + 1]!;
      }
    }
    return lowest;
  }

  #grow(run: number): void {
    const larger = new Int32Array(Math.max(2 * run + 2, 2 * this.#links.length));
    larger.set(this.#links);
    this.#links = larger;
  }
}
