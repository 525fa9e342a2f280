import type {
  CommandResult,
  EngineEvent,
  JobSchedulePatch,
  JobScheduleStatistics,
  JobScheduleView,
  JobView,
} from '@berth/core';
import { parseJobSchedule, parseJobSchedulePatch, parseJobScheduleUpdate } from '@berth/core/spec';
import { SecretGroup } from '@berth/storage';
import type { AccountRuntime } from './account-runtime.ts';
import type { Condition, Force } from './condition.ts';
import { conditionOf, forceOf } from './condition.ts';
import { EventStream } from './event-stream.ts';
import { demandJobTasks } from './install-demands.ts';
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
    const options = { ...poolOptionsOf(this.#runtime), seal: secrets.seal };
    const parsed = parseJobSchedule(jobSchedule, secrets, options);
    demandExecutorOf(this.#runtime, parsed.jobSpecification.poolInfo, 'jobSpecification.');
    demandJobTasks(this.#runtime, parsed.jobSpecification, 'jobSpecification.');
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

  /** Counts over all jobs that it has made, those that are gone as well. */
  stats(): JobScheduleStatistics {
    const stats = this.#runtime.queries.jobScheduleStatistics(this.id);
    if (stats === undefined) throw notFound('JobSchedule', this.id);
    return stats;
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
  async patch(
    patch: JobSchedulePatchParameters,
    condition: Condition = {},
  ): Promise<{ warning?: string }> {
    const secrets = new SecretGroup();
    const options = { ...poolOptionsOf(this.#runtime), seal: secrets.seal };
    return this.#change(parseJobSchedulePatch(patch, secrets, options), secrets, condition);
  }

  /** As `patch`, but what is left out goes back to its default. */
  async update(
    update: JobScheduleUpdateParameters,
    condition: Condition = {},
  ): Promise<{ warning?: string }> {
    const secrets = new SecretGroup();
    const options = { ...poolOptionsOf(this.#runtime), seal: secrets.seal };
    return this.#change(parseJobScheduleUpdate(update, secrets, options), secrets, condition);
  }

  /** Makes no more jobs; the one that there is runs on. */
  async disable(condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'disableJobSchedule',
      jobScheduleId: this.id,
      ...conditionOf(condition),
    });
  }

  async enable(condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'enableJobSchedule',
      jobScheduleId: this.id,
      ...conditionOf(condition),
    });
  }

  /** Terminates its job as well; with `force` it waits for nothing. */
  async terminate(options: Condition & Force = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'terminateJobSchedule',
      jobScheduleId: this.id,
      ...forceOf(options),
      ...conditionOf(options),
    });
  }

  /** Deletes all of its jobs as well; it is gone when they are, with `force` at once. */
  async delete(options: Condition & Force = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'deleteJobSchedule',
      jobScheduleId: this.id,
      ...forceOf(options),
      ...conditionOf(options),
    });
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
      (listener) => this.#runtime.listen(listener),
      (event) =>
        event.entity === 'jobSchedule'
          ? event.jobScheduleId.toLowerCase() === key
          : 'jobId' in event && event.jobId.toLowerCase().startsWith(`${key}:`),
      (event) =>
        event.entity === 'jobSchedule' && (event.to === 'completed' || event.to === 'gone'),
      signal,
    );
  }

  async #change(
    patch: JobSchedulePatch,
    secrets: SecretGroup,
    condition: Condition,
  ): Promise<{ warning?: string }> {
    const { jobSpecification } = patch;
    demandExecutorOf(this.#runtime, jobSpecification?.poolInfo, 'jobSpecification.');
    if (jobSpecification !== undefined) {
      demandJobTasks(this.#runtime, jobSpecification, 'jobSpecification.');
    }
    const { warning }: CommandResult = await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({
        type: 'patchJobSchedule',
        jobScheduleId: this.id,
        patch,
        ...conditionOf(condition),
      }),
    );
    return warning === undefined ? {} : { warning };
  }
}
