import { must } from '@berth/core/testing';

/** A schedule as the rules have it, in whole units of time. */
export interface NaiveSchedule {
  until?: number;
  after?: number;
  window?: number;
  interval?: number;
}

/**
 * One job schedule that counts the units of time one by one and keeps what waits (semantics §7): nothing in it is
 * computed from what has passed.
 */
export class NaiveJobSchedule {
  state = 'active';
  /** When each job was made. */
  readonly starts: number[] = [];
  /** The due time that waits for its job. */
  waiting: number | undefined;
  /** The next due time. */
  next: number | undefined;
  jobIsActive = false;
  endTime: number | undefined;
  /** Whether a job was made of the schedule as it is now. */
  #hasHadJob = false;
  #schedule: NaiveSchedule;
  #now: number;

  constructor(schedule: NaiveSchedule, now: number) {
    this.#schedule = schedule;
    this.#now = now;
    this.#begin();
  }

  /** One unit of time passes. */
  tick(): void {
    this.#now++;
    this.#fallDue();
    this.#settle();
  }

  disable(): void {
    if (this.state === 'active') this.state = 'disabled';
    this.#settle();
  }

  enable(): void {
    if (this.state === 'disabled') this.state = 'active';
    this.#settle();
  }

  update(schedule: NaiveSchedule): void {
    this.#schedule = schedule;
    this.#begin();
  }

  terminate(): void {
    this.state = 'terminating';
    this.jobIsActive = false;
    this.#settle();
  }

  endJob(): void {
    this.jobIsActive = false;
    this.#settle();
  }

  /** Rule 1: due times begin at doNotRunUntil; of those that are over the last may wait, if it has had no job. */
  #begin(): void {
    this.#hasHadJob = false;
    this.waiting = undefined;
    this.next = this.#schedule.until ?? this.#now;
    while (this.next !== undefined && this.next <= this.#now) {
      this.waiting = this.next;
      this.#advance();
    }
    const last = this.starts.at(-1);
    if (last !== undefined && this.waiting !== undefined && last >= this.waiting) {
      this.waiting = undefined;
      this.#hasHadJob = true;
    }
    this.#settle();
  }

  /** Rule 4: a fresh occurrence replaces the one that waits. */
  #fallDue(): void {
    if (this.next !== this.#now) return;
    this.waiting = this.next;
    this.#advance();
  }

  #advance(): void {
    const { interval } = this.#schedule;
    this.next = interval === undefined ? undefined : must(this.next) + interval;
  }

  #settle(): void {
    const { after = Infinity, window = Infinity, interval } = this.#schedule;
    const { waiting } = this;
    // Rule 3: lost when its window is over.
    if (waiting !== undefined && this.#now > waiting + window) this.waiting = undefined;
    // Rules 2 and 9.
    const mayStart = this.state === 'active' && !this.jobIsActive && this.#now <= after;
    if (mayStart && this.waiting !== undefined) {
      this.waiting = undefined;
      this.jobIsActive = true;
      this.#hasHadJob = true;
      this.starts.push(this.#now);
    }
    if (this.jobIsActive) return;
    const isOver = this.#now >= after || (interval === undefined && this.#hasHadJob);
    if (isOver && (this.state === 'active' || this.state === 'disabled')) {
      this.state = 'terminating';
    }
    if (this.state === 'terminating') {
      this.state = 'completed';
      this.endTime = this.#now;
    }
  }
}
