import type {
  CommandResult,
  EngineEvent,
  JobSchedulePatch,
  JobScheduleView,
  JobView,
} from '@berth/core';
import { parseJobSchedule, parseJobSchedulePatch, parseJobScheduleUpdate } from '@berth/core/spec';
import { SecretGroup } from '@berth/storage';
import type { AccountRuntime } from './account-runtime.ts';
import { EventStream } from './event-stream.ts';
import { notFound } from './not-found.ts';
import type {
  JobScheduleParameters,
  JobSchedulePatchParameters,
  JobScheduleUpdateParameters,
} from './parameters.ts';
import { demandExecutorOf, poolOptionsOf } from './pool-executor.ts';

export class JobSchedulesClient {
  readonly #runtime: AccountRuntime;

  constructor(runtime: AccountRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Its first job is made at once, or at `doNotRunUntil` (semantics §7).
   * @throws BatchError `JobScheduleExists`, `JobWithSameIdExists`, or what is wrong with the schedule.
   */
  async add(jobSchedule: JobScheduleParameters): Promise<JobScheduleClient> {
    const secrets = new SecretGroup();
    const parsed = parseJobSchedule(jobSchedule, secrets, poolOptionsOf(this.#runtime));
    demandExecutorOf(this.#runtime, parsed.jobSpecification.poolInfo, 'jobSpecification.');
    const { warning } = await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addJobSchedule', jobSchedule: parsed }),
    );
    return new JobScheduleClient(this.#runtime, parsed.id, warning);
  }

  /** A client of the schedule; whether it exists shows when it is used. */
  get(jobScheduleId: string): JobScheduleClient {
    return new JobScheduleClient(this.#runtime, jobScheduleId);
  }

  list(): JobScheduleView[] {
    return this.#runtime.queries.jobSchedules();
  }

  async gone(jobScheduleId: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { queries } = this.#runtime;
    await this.#runtime.until(() => queries.jobSchedule(jobScheduleId) === undefined, signal);
  }
}

/** One job schedule. It may not exist: then what asks for it throws `JobScheduleNotFound`. */
export class JobScheduleClient {
  readonly id: string;
  /** What the answer to its addition warns of (ruling 17); absent: nothing. */
  readonly warning: string | undefined;
  readonly #runtime: AccountRuntime;

  /** @internal */
  constructor(runtime: AccountRuntime, id: string, warning?: string) {
    this.id = id;
    this.warning = warning;
    this.#runtime = runtime;
  }

  get(): JobScheduleView {
    const schedule = this.#runtime.queries.jobSchedule(this.id);
    if (schedule === undefined) throw notFound('JobSchedule', this.id);
    return schedule;
  }

  /** The jobs that it has made and that are there, by creation. */
  jobs(): JobView[] {
    const jobs = this.#runtime.queries.jobsOfSchedule(this.id);
    if (jobs === undefined) throw notFound('JobSchedule', this.id);
    return jobs;
  }

  /**
   * Changes what it is given, for jobs that are made afterwards; a given `schedule` begins anew. Resolves with what
   * the answer warns of, if anything.
   * @throws BatchError `JobScheduleCompleted`, …
   */
  async patch(patch: JobSchedulePatchParameters): Promise<{ warning?: string }> {
    const secrets = new SecretGroup();
    return this.#change(
      parseJobSchedulePatch(patch, secrets, poolOptionsOf(this.#runtime)),
      secrets,
    );
  }

  /** As `patch`, but what is left out goes back to its default. */
  async update(update: JobScheduleUpdateParameters): Promise<{ warning?: string }> {
    const secrets = new SecretGroup();
    return this.#change(
      parseJobScheduleUpdate(update, secrets, poolOptionsOf(this.#runtime)),
      secrets,
    );
  }

  /** Makes no more jobs; the one that there is runs on. */
  async disable(): Promise<void> {
    await this.#runtime.submit({ type: 'disableJobSchedule', jobScheduleId: this.id });
  }

  async enable(): Promise<void> {
    await this.#runtime.submit({ type: 'enableJobSchedule', jobScheduleId: this.id });
  }

  /** Terminates its job as well. */
  async terminate(): Promise<void> {
    await this.#runtime.submit({ type: 'terminateJobSchedule', jobScheduleId: this.id });
  }

  /** Deletes all of its jobs as well; it is gone when they are. */
  async delete(): Promise<void> {
    await this.#runtime.submit({ type: 'deleteJobSchedule', jobScheduleId: this.id });
  }

  /** Resolves with the schedule when it is completed; rejects with `JobScheduleNotFound` if it is deleted first. */
  async done({ signal }: { signal?: AbortSignal } = {}): Promise<JobScheduleView> {
    this.get();
    await this.#runtime.until(() => {
      const schedule = this.#runtime.queries.jobSchedule(this.id);
      return schedule === undefined || schedule.state === 'completed';
    }, signal);
    return this.get();
  }

  /**
   * Every change of state of the schedule, its jobs and their tasks from now on; ends with its completion or deletion,
   * or when you stop.
   */
  events({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<EngineEvent> {
    this.get();
    const key = this.id.toLowerCase();
    return new EventStream(
      this.#runtime,
      (event) =>
        event.entity === 'jobSchedule'
          ? event.jobScheduleId.toLowerCase() === key
          : 'jobId' in event && event.jobId.toLowerCase().startsWith(`${key}:`),
      (event) =>
        event.entity === 'jobSchedule' && (event.to === 'completed' || event.to === 'gone'),
      signal,
    );
  }

  async #change(patch: JobSchedulePatch, secrets: SecretGroup): Promise<{ warning?: string }> {
    demandExecutorOf(this.#runtime, patch.jobSpecification?.poolInfo, 'jobSpecification.');
    const { warning }: CommandResult = await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'patchJobSchedule', jobScheduleId: this.id, patch }),
    );
    return warning === undefined ? {} : { warning };
  }
}
