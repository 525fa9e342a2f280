import type { JobScheduleState } from './machines.ts';
import type { Recurrence } from './recurrence.ts';
import type { JobScheduleSpecification } from './specification.ts';
import type { TaskStatistics } from './statistics.ts';

/** A job schedule in snapshots. */
export interface JobScheduleRecord {
  readonly number: number;
  /** Number of the account that it belongs to. */
  readonly account: number;
  specification: JobScheduleSpecification;
  readonly creationTime: number;
  lastModified: number;
  /** How often it has changed. */
  revision: number;
  state: JobScheduleState;
  stateTransitionTime: number;
  previousState: JobScheduleState | undefined;
  previousStateTransitionTime: number | undefined;
  endTime: number | undefined;
  /** The first due time: doNotRunUntil, or when `schedule` was set. */
  firstDue: number;
  /** When the latest job was made. */
  lastJobTime: number | undefined;
  /** Jobs that were made: the n of the latest one's id. */
  jobCount: number;
  /** What the tasks of those that are gone have come to. */
  formerJobs: TaskStatistics;
  /** Number of the pool that its jobs share; −1: they have none. */
  autoPool: number;
}

/** A job schedule (semantics §1.8, §7). */
export class JobSchedule implements JobScheduleRecord {
  readonly number: number;
  readonly account: number;
  specification: JobScheduleSpecification;
  readonly creationTime: number;
  lastModified: number;
  revision: number;
  state: JobScheduleState;
  stateTransitionTime: number;
  previousState: JobScheduleState | undefined;
  previousStateTransitionTime: number | undefined;
  endTime: number | undefined;
  firstDue: number;
  lastJobTime: number | undefined;
  jobCount: number;
  formerJobs: TaskStatistics;
  autoPool: number;
  /** Numbers of its jobs that are there, by creation. */
  readonly jobs: Set<number> = new Set();
  /** Number of the one that is not completed; −1: there is none. */
  activeJob = -1;

  constructor(record: JobScheduleRecord) {
    this.number = record.number;
    this.account = record.account;
    this.specification = record.specification;
    this.creationTime = record.creationTime;
    this.lastModified = record.lastModified;
    this.revision = record.revision;
    this.state = record.state;
    this.stateTransitionTime = record.stateTransitionTime;
    this.previousState = record.previousState;
    this.previousStateTransitionTime = record.previousStateTransitionTime;
    this.endTime = record.endTime;
    this.firstDue = record.firstDue;
    this.lastJobTime = record.lastJobTime;
    this.jobCount = record.jobCount;
    this.formerJobs = record.formerJobs;
    this.autoPool = record.autoPool;
  }

  record(): JobScheduleRecord {
    const { jobs: _jobs, activeJob: _activeJob, ...record } = this;
    return record;
  }

  get recurrence(): Recurrence {
    return { ...this.specification.schedule, firstDue: this.firstDue };
  }

  /** Of the latest that was made (semantics §7, rule 5). */
  get recentJobId(): string {
    return `${this.specification.id}:job-${this.jobCount}`;
  }
}
