import type { Command } from './command.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { ReportKind } from './report.ts';

/** The input that an event goes back to: the same number names it in every replay of its history. */
export interface EventCause {
  /** Which input of the whole history it is, from 1. */
  inputNumber: number;
  /** The type of a command, the name of a report's kind. */
  kind: Command['type'] | keyof typeof ReportKind;
  /** The time that it came with, ms since the epoch. */
  at: number;
  /** The input only let the time pass at which this fell due. */
  fellDue?: true;
}

/** What an entity was and what it is. Ids are those of the REST API; `gone` is the end. */
export type StateChange = { accountName: string } & (
  | { entity: 'account'; from: string; to: string }
  | { entity: 'pool'; poolId: string; from: string; to: string }
  /** allocationState of a pool. */
  | { entity: 'allocation'; poolId: string; from: string; to: string }
  | { entity: 'node'; poolId: string; nodeId: string; from: string; to: string }
  /** schedulingState of a node. */
  | { entity: 'scheduling'; poolId: string; nodeId: string; from: string; to: string }
  | { entity: 'job'; jobId: string; from: string; to: string }
  | { entity: 'jobSchedule'; jobScheduleId: string; from: string; to: string }
  | {
      entity: 'applicationPackage';
      applicationId: string;
      version: string;
      from: string;
      to: string;
    }
  | {
      entity: 'certificate';
      thumbprintAlgorithm: string;
      thumbprint: string;
      from: string;
      to: string;
    }
  | {
      entity: 'task';
      jobId: string;
      taskId: string;
      from: string;
      to: string;
      /** On completion. */
      result?: 'success' | 'failure';
    }
);

/**
 * A change of state, for watchers. What a command adds has no event; what the engine makes by itself (the jobs of a
 * schedule) comes from `none`.
 */
export type EngineEvent = StateChange & {
  /** When it happened, ms since the epoch. */
  at: number;
  cause: EventCause;
};

/** The one place where changes of state are told; it is there while somebody listens. */
export class EventLog {
  readonly events: EngineEvent[] = [];
  /** Set while somebody wants diagnostic events. */
  readonly diagnostics: Diagnostics | undefined;
  readonly #cause: () => EventCause;
  readonly #clock: { now: number };

  constructor(
    clock: { now: number },
    cause: () => EventCause,
    diagnostics: Diagnostics | undefined,
  ) {
    this.#clock = clock;
    this.#cause = cause;
    this.diagnostics = diagnostics;
  }

  tell(change: StateChange): void {
    const at = this.#clock.now;
    this.events.push({ ...change, at, cause: this.#cause() });
    this.diagnostics?.stateChanged(change, at);
  }
}
