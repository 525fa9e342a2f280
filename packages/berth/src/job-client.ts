import type {
  DisableTasks,
  EngineEvent,
  ExplainOptions,
  JobPreparationAndReleaseTaskStatus,
  JobStatistics,
  JobView,
  NodeTaskInfo,
  SubtaskView,
  TaskExplanation,
  TaskRefusal,
  TaskSpecification,
  TaskView,
} from '@berth/core';
import { BatchError } from '@berth/core';
import {
  parseDisableTasks,
  parseJobPatch,
  parseJobUpdate,
  parseTask,
  parseTaskConstraints,
  parseTaskFactory,
  parseTasks,
} from '@berth/core/spec';
import { SecretGroup } from '@berth/storage';
import type { AccountRuntime } from './account-runtime.ts';
import type { Condition, Force } from './condition.ts';
import { conditionOf, forceOf } from './condition.ts';
import { EventStream } from './event-stream.ts';
import { demandTask, taskRefusal } from './install-demands.ts';
import type { JobGraph, JobGraphOptions } from './job-graph.ts';
import { jobGraph } from './job-graph.ts';
import { notFound } from './not-found.ts';
import type {
  JobPatchParameters,
  JobUpdateParameters,
  TaskConstraintParameters,
  TaskFactoryParameters,
  TaskParameters,
} from './parameters.ts';
import { poolOptionsOf } from './pool-executor.ts';

type TaskCountsResult = NonNullable<ReturnType<AccountRuntime['queries']['taskCounts']>>;

export interface TaskFilter {
  state?: 'active' | 'preparing' | 'running' | 'completed';
  result?: 'success' | 'failure';
}

/** Tasks per journal entry when many are added: enough to make entries rare, small enough to keep them short. */
const tasksPerCommand = 10_000;

/** A task that the door takes, and its place in the list. */
interface AcceptedTask {
  index: number;
  task: TaskSpecification;
}

/** The tasks of one job. */
export class TaskClient {
  readonly #runtime: AccountRuntime;
  readonly #jobId: string;

  constructor(runtime: AccountRuntime, jobId: string) {
    this.#runtime = runtime;
    this.#jobId = jobId;
  }

  /** @throws BatchError `TaskExists`, `JobCompleted`, … or what is wrong with the task. */
  async add(task: TaskParameters): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parseTask(task, secrets);
    demandTask(this.#runtime, this.#jobId, parsed);
    const tasks = [parsed];
    const { refused = [] } = await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addTasks', jobId: this.#jobId, tasks }),
    );
    for (const { error } of refused) throw new BatchError(error);
  }

  /**
   * Adds any number; each succeeds or fails by itself (semantics §14.5). Resolves with those that were
   * refused, by their place in `tasks`.
   */
  async addMany(tasks: readonly TaskParameters[]): Promise<TaskRefusal[]> {
    const secrets = new SecretGroup();
    const refused: TaskRefusal[] = [];
    const accepted: AcceptedTask[] = [];
    parseTasks(tasks, secrets).forEach((parsed, index) => {
      const error = 'code' in parsed ? parsed : taskRefusal(this.#runtime, this.#jobId, parsed);
      if (error !== undefined) refused.push({ index, taskId: tasks[index]?.id ?? '', error });
      else if (!('code' in parsed)) accepted.push({ index, task: parsed });
    });
    const refusedLater = await this.#runtime.keeping(secrets, () => this.#addAccepted(accepted));
    return [...refused, ...refusedLater].sort((a, b) => a.index - b.index);
  }

  async #addAccepted(accepted: readonly AcceptedTask[]): Promise<TaskRefusal[]> {
    const refused: TaskRefusal[] = [];
    for (let from = 0; from < accepted.length; from += tasksPerCommand) {
      const part = accepted.slice(from, from + tasksPerCommand);
      const result = await this.#runtime.submit({
        type: 'addTasks',
        jobId: this.#jobId,
        tasks: part.map(({ task }) => task),
      });
      for (const { index, taskId, error } of result.refused ?? []) {
        refused.push({ index: part[index]?.index ?? index, taskId, error });
      }
    }
    return refused;
  }

  /** (extension) A parametric sweep of any size, in one step. */
  async addFactory(factory: TaskFactoryParameters): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parseTaskFactory(factory, secrets);
    demandTask(this.#runtime, this.#jobId, parsed.repeatTask);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addTaskFactory', jobId: this.#jobId, factory: parsed }),
    );
  }

  get(taskId: string): TaskView {
    const task = this.#runtime.queries.task(this.#jobId, taskId, this.#runtime.nodeRoots);
    if (task === undefined) throw notFound('Task', taskId);
    return task;
  }

  /**
   * Why the task does not run, with everything that holds it up and what would free it; `explanationSentences`
   * makes plain text of it. @throws BatchError `TaskNotFound`.
   */
  explain(taskId: string, options: ExplainOptions = {}): TaskExplanation {
    const explanation = this.#runtime.queries.explain(this.#jobId, taskId, options);
    if (explanation === undefined) throw notFound('Task', taskId);
    return explanation;
  }

  /**
   * The subtasks of a multi-instance task as it ran last, by id: the primary, which the task itself shows, is not among
   * them. Empty for every other task, and before it has started (semantics §9). @throws BatchError `TaskNotFound`.
   */
  subtasks(taskId: string): SubtaskView[] {
    const subtasks = this.#runtime.queries.subtasks(this.#jobId, taskId);
    if (subtasks === undefined) throw notFound('Task', taskId);
    return subtasks;
  }

  /** By creation. Tasks that change while you read are seen in one of their states. */
  async *list(filter: TaskFilter = {}): AsyncIterableIterator<TaskView> {
    let continuation: number | undefined = 0;
    while (continuation !== undefined) {
      const page = this.#runtime.queries.tasks(this.#jobId, { ...filter, continuation });
      if (page === undefined) throw notFound('Job', this.#jobId);
      yield* page.tasks;
      continuation = page.continuation;
      // Lets the engine go on between two pages.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async update(
    taskId: string,
    { constraints }: { constraints: TaskConstraintParameters },
    condition: Condition = {},
  ): Promise<void> {
    await this.#runtime.submit({
      type: 'updateTask',
      jobId: this.#jobId,
      taskId,
      constraints: parseTaskConstraints(constraints),
      ...conditionOf(condition),
    });
  }

  async terminate(taskId: string, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'terminateTask',
      jobId: this.#jobId,
      taskId,
      ...conditionOf(condition),
    });
  }

  async reactivate(taskId: string, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'reactivateTask',
      jobId: this.#jobId,
      taskId,
      ...conditionOf(condition),
    });
  }

  async delete(taskId: string, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'deleteTask',
      jobId: this.#jobId,
      taskId,
      ...conditionOf(condition),
    });
  }
}

/** One job. It may not exist: then what asks for it throws `JobNotFound`. */
export class JobClient {
  readonly id: string;
  readonly tasks: TaskClient;
  readonly #runtime: AccountRuntime;

  constructor(runtime: AccountRuntime, id: string) {
    this.id = id;
    this.#runtime = runtime;
    this.tasks = new TaskClient(runtime, id);
  }

  get(): JobView {
    const job = this.#runtime.queries.job(this.id);
    if (job === undefined) throw notFound('Job', this.id);
    return job;
  }

  /** Exact, in O(1) (semantics §1.15). */
  taskCounts(): TaskCountsResult {
    const counts = this.#runtime.queries.taskCounts(this.id);
    if (counts === undefined) throw notFound('Job', this.id);
    return counts;
  }

  /** Counts since it was made; with the core's exactness, in O(1) (docs/statistics.md). */
  stats(): JobStatistics {
    const stats = this.#runtime.queries.jobStatistics(this.id);
    if (stats === undefined) throw notFound('Job', this.id);
    return stats;
  }

  /**
   * The nodes on which the preparation or release task has run, gone ones as well. semantics §8
   * @throws BatchError `JobNotFound`, `JobPreparationTaskNotSpecified`
   */
  preparationAndReleaseStatus(): JobPreparationAndReleaseTaskStatus[] {
    const status = this.#runtime.queries.preparationAndReleaseStatus(this.id);
    if (!Array.isArray(status)) throw new BatchError(status);
    return status;
  }

  /** @throws BatchError `JobNotFound`, `JobPreparationTaskNotSpecified`, `JobPreparationTaskNotRunOnNode` */
  preparationOn(nodeId: string): NodeTaskInfo {
    const info = this.#runtime.queries.preparationOn(this.id, nodeId);
    if ('code' in info) throw new BatchError(info);
    return info;
  }

  /** @throws BatchError `JobNotFound`, `JobReleaseTaskNotSpecified`, `JobReleaseTaskNotRunOnNode` */
  releaseOn(nodeId: string): NodeTaskInfo {
    const info = this.#runtime.queries.releaseOn(this.id, nodeId);
    if ('code' in info) throw new BatchError(info);
    return info;
  }

  async patch(patch: JobPatchParameters, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'patchJob',
      jobId: this.id,
      patch: parseJobPatch(patch, poolOptionsOf(this.#runtime)),
      ...conditionOf(condition),
    });
  }

  /** As `patch`, but what is left out goes back to its default (PUT); `poolInfo` is that of the job. */
  async update(update: JobUpdateParameters, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'patchJob',
      jobId: this.id,
      patch: parseJobUpdate(update, poolOptionsOf(this.#runtime)),
      ...conditionOf(condition),
    });
  }

  /**
   * Nothing of the job starts any more; what runs is put back to the queue, ended for good, or left to end
   * (semantics §2.4). It is `disabled` when nothing runs any more.
   * @throws BatchError `JobNotFound`, `JobBeingTerminated`, `JobCompleted`, `JobBeingDeleted`,
   * `InvalidPropertyValue`
   */
  async disable(disableTasks: DisableTasks = 'requeue', condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'disableJob',
      jobId: this.id,
      disableTasks: parseDisableTasks(disableTasks),
      ...conditionOf(condition),
    });
  }

  /** Takes it back; of an active job it changes nothing. */
  async enable(condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({ type: 'enableJob', jobId: this.id, ...conditionOf(condition) });
  }

  /**
   * What runs is killed and waited for, unless `force`: then the job is `completed` at once, and what still runs keeps its
   * slots until it has ended. semantics §2.4
   * @throws BatchError `JobNotFound`, `JobBeingTerminated` (not with `force`), `JobCompleted`, `JobBeingDeleted`
   */
  async terminate(terminateReason?: string, options: Condition & Force = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'terminateJob',
      jobId: this.id,
      ...(terminateReason === undefined ? {} : { terminateReason }),
      ...forceOf(options),
      ...conditionOf(options),
    });
  }

  /**
   * With all of its tasks and their directories; with `force` it is gone at once, also if it is being deleted already.
   * @throws BatchError `JobNotFound`, `JobBeingDeleted` (not with `force`)
   */
  async delete(options: Condition & Force = {}): Promise<void> {
    await this.#runtime.submit({
      type: 'deleteJob',
      jobId: this.id,
      ...forceOf(options),
      ...conditionOf(options),
    });
  }

  /**
   * The job's tasks and dependencies as a directed graph of graphology, from parent to child, to analyse or to
   * draw. Ranges are written out; ids that no task has are nodes with the state `missing`. The engine goes on
   * meanwhile.
   * @throws BatchError `JobNotFound`; `InvalidPropertyValue` where there is more than `limit`.
   */
  async graph(options: JobGraphOptions = {}): Promise<JobGraph> {
    return await jobGraph(this.#runtime, this.id, options);
  }

  /** Resolves with the job when it is completed; rejects with `JobNotFound` if it is deleted first. */
  async done({ signal }: { signal?: AbortSignal } = {}): Promise<JobView> {
    this.get();
    await this.#runtime.until(() => {
      const job = this.#runtime.queries.job(this.id);
      return job === undefined || job.state === 'completed';
    }, signal);
    return this.get();
  }

  /**
   * Every change of state of the job and its tasks from now on; ends with the job's completion or deletion,
   * or when you stop.
   */
  events({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<EngineEvent> {
    this.get();
    const key = this.id.toLowerCase();
    return new EventStream(
      this.#runtime,
      (listener) => this.#runtime.listen(listener),
      (event) => 'jobId' in event && event.jobId.toLowerCase() === key,
      (event) => event.entity === 'job' && (event.to === 'completed' || event.to === 'gone'),
      signal,
    );
  }
}
