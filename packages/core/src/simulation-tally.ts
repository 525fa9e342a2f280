import type { Command } from './command.ts';
import type { BatchErrorBody } from './errors.ts';

/** What has happened from the beginning of a simulation. */
export interface SimulationResult {
  /** To the end of the last run. */
  makespanMs: number;
  startedRuns: number;
  /** Those that were reported: by themselves or killed. */
  endedRuns: number;
  killedRuns: number;
  /** Those that went with their node. */
  lostRuns: number;
  /** The most slots of nodes that were up at one moment. */
  mostSlots: number;
  /** Slots that were taken, times how long. */
  busySlotMs: number;
  /** Slots of the nodes that were up, times how long: to the end of the last run, or to now if there are runs. */
  slotMs: number;
  /** The part of `slotMs` that was busy; 0 if there was none. */
  utilization: number;
  /** Scheduled commands that were refused. */
  refusals: readonly Refused[];
}

export interface Refused {
  at: number;
  command: Command;
  error: BatchErrorBody;
}

/** The virtual clock, and what adds up while it goes. */
export class SimulationTally {
  readonly #begin: number;
  #now: number;
  #upSlots = 0;
  #mostSlots = 0;
  #slotMs = 0;
  #busySlots = 0;
  #busySlotMs = 0;
  #lastEnd: number;
  #slotMsAtLastEnd = 0;
  #startedRuns = 0;
  #endedRuns = 0;
  killedRuns = 0;
  #lostRuns = 0;
  readonly refusals: Refused[] = [];

  constructor(now: number) {
    this.#begin = now;
    this.#now = now;
    this.#lastEnd = now;
  }

  get now(): number {
    return this.#now;
  }

  pass(to: number): void {
    const passed = to - this.#now;
    this.#now = to;
    this.#slotMs += this.#upSlots * passed;
    this.#busySlotMs += this.#busySlots * passed;
  }

  /** Slots came up, or went if they are less than 0. */
  changed(slots: number): void {
    this.#upSlots += slots;
    if (this.#upSlots > this.#mostSlots) this.#mostSlots = this.#upSlots;
  }

  started(slots: number): void {
    this.#startedRuns++;
    this.#busySlots += slots;
  }

  ended(slots: number): void {
    this.#endedRuns++;
    this.#leave(slots);
  }

  lost(slots: number): void {
    this.#lostRuns++;
    this.#leave(slots);
  }

  result(): SimulationResult {
    const slotMs = this.#busySlots > 0 ? this.#slotMs : this.#slotMsAtLastEnd;
    return {
      makespanMs: this.#lastEnd - this.#begin,
      startedRuns: this.#startedRuns,
      endedRuns: this.#endedRuns,
      killedRuns: this.killedRuns,
      lostRuns: this.#lostRuns,
      mostSlots: this.#mostSlots,
      busySlotMs: this.#busySlotMs,
      slotMs,
      utilization: slotMs === 0 ? 0 : this.#busySlotMs / slotMs,
      refusals: this.refusals,
    };
  }

  #leave(slots: number): void {
    this.#busySlots -= slots;
    this.#lastEnd = this.#now;
    this.#slotMsAtLastEnd = this.#slotMs;
  }
}
