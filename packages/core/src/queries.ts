import { Account } from './account.ts';
import type { AccountKeys } from './account-specification.ts';
import { plainAccount } from './account-specification.ts';
import type { AccountView } from './account-view.ts';
import { accountView } from './account-view.ts';
import type { ApplicationView } from './application-view.ts';
import { applicationView } from './application-view.ts';
import type { SchedulingError } from './auto-pool.ts';
import { formatTime } from './calendar.ts';
import type { CertificateName } from './certificate.ts';
import { certificateKey } from './certificate.ts';
import type { CertificateView } from './certificate-view.ts';
import { certificateView } from './certificate-view.ts';
import type { TaskDependency } from './dependency-list.ts';
import { listDependencies } from './dependency-list.ts';
import type { BatchErrorBody } from './errors.ts';
import { eTagOf, taskETag } from './etag.ts';
import type { ExplainOptions } from './explain.ts';
import { explainTask } from './explain.ts';
import type { TaskExplanation } from './explanation.ts';
import type { Job, TaskTally } from './job.ts';
import type { JobSchedule } from './job-schedule.ts';
import type { NodeState } from './machines.ts';
import { taskMachine } from './machines.ts';
import type { Node, NodeError } from './node.ts';
import { affinityIdOf, nodeId } from './node.ts';
import type {
  FailureView,
  JobPreparationAndReleaseTaskStatus,
  NodeTaskInfo,
} from './node-task-view.ts';
import {
  nodeTaskInfo,
  preparationAndReleaseStatus,
  preparationOn,
  releaseOn,
  withDetail,
} from './node-task-view.ts';
import type { OSVersions } from './os-version.ts';
import type { Pool, ResizeError } from './pool.ts';
import type { AutoScaleRun, AutoScaleRunError } from './pool-autoscale.ts';
import { tryFormula } from './pool-autoscale.ts';
import type { MountConfigurationView, PoolInfoView, UserAccountView } from './pool-secrets.ts';
import { poolInfoView, poolWithoutSecrets } from './pool-secrets.ts';
import { recentFailures } from './recent-failures.ts';
import { nextDue } from './recurrence.ts';
import type { RuleOptions } from './rule-options.ts';
import { secretHandlesIn } from './secret-mark.ts';
import type {
  ApplicationPackageContent,
  CertificateReference,
  CloudServiceConfiguration,
  JobScheduleSpecification,
  JobSpecification,
  OutputFile,
  PoolInfo,
  PoolSpecification,
  ScheduledJobSpecification,
  TaskTemplate,
} from './specification.ts';
import type { JobScheduleStatistics, JobStatistics, PoolStatistics } from './statistics.ts';
import { jobScheduleStatistics, jobStatistics, poolStatistics } from './statistics.ts';
import type { SubtaskView } from './subtasks.ts';
import { listSubtasks } from './subtasks.ts';
import type { EffectiveSetting } from './system-environment.ts';
import { effectiveEnvironment } from './system-environment.ts';
import { Failure, reportedFrom, taskFailure, wallClockExitCode } from './task-failure.ts';
import { Flag, failureMask, failureShift, stateMask, TaskState, Word } from './task-rows.ts';
import { idKey } from './task-text.ts';
import { durationOf, retryCountOf, startTimeOf } from './task-transitions.ts';
import type { World } from './world.ts';
import { mergedEnvironment } from './world.ts';

/** What every entity tells of its state; times are ISO 8601. */
export interface StateView {
  state: string;
  /** Opaque; another one whenever it has changed, and no other entity ever has the same (semantics §14.2). */
  eTag: string;
  /** Changes of a pool's nodes, a job's tasks or a schedule's jobs are none of its own. */
  lastModified: string;
  creationTime: string;
  stateTransitionTime: string;
  previousState?: string;
  previousStateTransitionTime?: string;
}

/** An evaluation of a formula, and what it came to (semantics §6.7). */
export interface AutoScaleRunView {
  timestamp: string;
  /** `$TargetDedicatedNodes=1;$NodeDeallocationOption=requeue;$x=2` */
  results: string;
  error?: AutoScaleRunError;
}

export interface PoolView
  extends Omit<
      PoolSpecification,
      | 'enableAutoScale'
      | 'enableInterNodeCommunication'
      | 'cloudServiceConfiguration'
      | 'userAccounts'
      | 'mountConfiguration'
    >,
    StateView {
  /** With what its nodes run. */
  cloudServiceConfiguration?: CloudServiceConfiguration & { currentOSVersion: string };
  /** Without what is secret, as all that follows. */
  userAccounts?: UserAccountView[];
  mountConfiguration?: MountConfigurationView[];
  allocationState: string;
  allocationStateTransitionTime: string;
  currentDedicatedNodes: number;
  targetLowPriorityNodes: number;
  currentLowPriorityNodes: number;
  enableAutoScale: boolean;
  enableInterNodeCommunication: boolean;
  /** The latest evaluation, while autoscale is enabled. */
  autoScaleRun?: AutoScaleRunView;
  /** Only while steady, and only if the last resize ended short of its targets. */
  resizeErrors?: ResizeError[];
}

export interface NodeView {
  id: string;
  poolId: string;
  /** By which the other nodes of its pool reach it. The runtime has it of the executor; absent: that has said nothing. */
  ipAddress?: string;
  /** What a task's affinityInfo names to run here. */
  affinityId: string;
  state: string;
  stateTransitionTime: string;
  allocationTime: string;
  /** False: low-priority. */
  isDedicated: boolean;
  schedulingState: 'enabled' | 'disabled';
  lastBootTime?: string;
  runningTasksCount: number;
  runningTaskSlotsCount: number;
  totalTasksRun: number;
  totalTasksSucceeded: number;
  /** (extension) Runs that have failed here within the last hour, retried ones included; absent: none. */
  recentFailures?: number;
  /**
   * The last that have started here, the latest first, each once; where one node is asked for, and the option
   * `keepsRecentTasks` is on. Absent: none has.
   */
  recentTasks?: RecentTaskView[];
  /** Of its latest boot; absent if there was none. */
  startTaskInfo?: NodeTaskInfo;
  /** Of its latest boot; absent if there are none. */
  certificateReferences?: CertificateReference[];
  /** Only while it is unusable and the cause is known. */
  errors?: NodeError[];
}

/** A task that has started on a node; state and executionInfo are those of the task now. semantics §1.3 */
export interface RecentTaskView {
  jobId: string;
  taskId: string;
  /** Of a multi-instance task of which the node has had another instance than the primary. */
  subtaskId?: number;
  taskState: string;
  executionInfo: TaskView['executionInfo'];
}

export interface NodeUserView {
  name: string;
  isAdmin: boolean;
  expiryTime: string;
}

/** How many nodes are in which state (semantics §14.6). */
export interface NodeCounts {
  creating: number;
  starting: number;
  waitingForStartTask: number;
  startTaskFailed: number;
  idle: number;
  running: number;
  offline: number;
  rebooting: number;
  reimaging: number;
  unknown: number;
  unusable: number;
  preempted: number;
  leavingPool: number;
  deallocating: number;
  deallocated: number;
  /** Always 0: a node whose OS version changes is reimaged (semantics §2.2). */
  upgradingOS: number;
  total: number;
}

export interface PoolNodeCounts {
  poolId: string;
  dedicated: NodeCounts;
  lowPriority: NodeCounts;
}

export interface JobView
  extends Omit<
      JobSpecification,
      'onTaskFailure' | 'maxParallelTasks' | 'allowTaskPreemption' | 'poolInfo'
    >,
    StateView {
  poolInfo: PoolInfoView;
  onTaskFailure: 'noaction' | 'performexitoptionsjobaction';
  /** −1: any number. */
  maxParallelTasks: number;
  allowTaskPreemption: boolean;
  executionInfo: {
    startTime: string;
    /** Of the pool that it names, or that was made for it. */
    poolId?: string;
    /** Why no pool could be made for it (semantics §13.5). */
    schedulingError?: SchedulingError;
    endTime?: string;
    terminateReason?: string;
  };
}

export interface JobScheduleView
  extends Omit<JobScheduleSpecification, 'jobSpecification'>,
    StateView {
  jobSpecification: Omit<ScheduledJobSpecification, 'poolInfo'> & { poolInfo: PoolInfoView };
  executionInfo: {
    /** The next due time; a disabled schedule has the one after it was disabled. Absent: none comes any more. */
    nextRunTime?: string;
    /** The latest that was made, which may be gone. */
    recentJob?: { id: string };
    endTime?: string;
  };
}

/** semantics §1.15: `running` is running and preparing. */
export interface TaskCounts {
  active: number;
  running: number;
  completed: number;
  succeeded: number;
  failed: number;
}

export interface TaskView extends TaskTemplate, StateView {
  id: string;
  executionInfo: {
    startTime?: string;
    endTime?: string;
    exitCode?: number;
    result?: 'success' | 'failure';
    failureInfo?: FailureView;
    /** 2016's name for it, only when the failure is not the program's exit code (ruling 3). */
    schedulingError?: FailureView;
    retryCount: number;
    lastRetryTime?: string;
    requeueCount: number;
    lastRequeueTime?: string;
  };
  nodeInfo?: { poolId: string; nodeId: string; affinityId: string };
  /** What its process got or would get, where one task is asked for (ruling 29); null: not known, or a token. */
  effectiveEnvironment?: EffectiveSetting[];
}

/** Says what only executors know: AZ_BATCH_NODE_ROOT_DIR of a node. */
export type NodeRoots = (poolId: string, nodeId: string) => string | undefined;
type WithFiles = Pick<TaskTemplate, 'resourceFiles' | 'multiInstanceSettings'> & {
  outputFiles?: OutputFile[];
};

export interface TaskList {
  tasks: TaskView[];
  /** Hand it to the next call; absent: that was all. */
  continuation?: number;
}

/** What those see who ask for an account that there is not. */
const noAccount = new Account({
  number: -1,
  specification: plainAccount(''),
  creationTime: 0,
  state: 'disabled',
  applications: [],
  certificates: [],
});

/** Reads of the state of one account of the engine. Nothing that they return changes later. */
export class Queries {
  readonly #world: World;
  readonly #accountName: string | undefined;

  /** `accountName` absent: of the default account. */
  constructor(world: World, accountName?: string) {
    this.#world = world;
    this.#accountName = accountName;
  }

  /** Reads of another account; one that there is not (any more) has nothing in it. */
  of(accountName: string | undefined): Queries {
    return new Queries(this.#world, accountName);
  }

  /** The account itself; `undefined` if there is none of this name. */
  account(): AccountView | undefined {
    const account = this.#world.accounts.named(this.#accountName);
    return account === undefined ? undefined : accountView(account);
  }

  /** Handles of its keys, as marks. */
  accountKeys(): AccountKeys | undefined {
    return this.#world.accounts.named(this.#accountName)?.specification.keys;
  }

  /** All of them, by creation; the first is the default one. */
  accounts(): AccountView[] {
    return [...this.#world.accounts].map(accountView);
  }

  get #account(): Account {
    return this.#world.accounts.named(this.#accountName) ?? noAccount;
  }

  pool(id: string): PoolView | undefined {
    const pool = this.#account.pool(id);
    return pool === undefined ? undefined : poolView(pool);
  }

  pools(): PoolView[] {
    return [...this.#account.poolById.values()].map(poolView);
  }

  /**
   * What a formula would come to now on a pool on which autoscale is enabled; it changes nothing. An error of the
   * evaluation is in the run, that of the formula itself a refusal: `PoolNotFound`, `PoolBeingDeleted`,
   * `OperationNotValidOnPool`, `AutoScalingFormulaSyntaxError`, `AutoScaleFormulaTooLong`. semantics §6.7
   */
  evaluateAutoScale(poolId: string, autoScaleFormula: string): AutoScaleRunView | BatchErrorBody {
    const run = tryFormula(this.#world, this.#account, poolId, autoScaleFormula);
    return 'timestamp' in run ? autoScaleRunView(run) : run;
  }

  /** The options that count now. */
  options(): RuleOptions {
    return { ...this.#world.options };
  }

  /** What a node's reports must name, by its number; `undefined` if there is no such node. */
  nodeRequest(node: number): { sequence: number; state: NodeState } | undefined {
    const found = this.#world.nodes[node];
    return found && { sequence: found.sequence, state: found.state };
  }

  /** The versions of operating systems that executors have, as they were told. */
  osVersions(): OSVersions[] {
    return this.#world.osVersions.map((one) => ({ ...one, versions: [...one.versions] }));
  }

  /** The nodes of a pool by ordinal; `undefined` if there is no such pool. */
  nodes(poolId: string): NodeView[] | undefined {
    const pool = this.#account.pool(poolId);
    if (pool === undefined) return undefined;
    return [...pool.nodes].map((node) => nodeView(this.#world, pool, node));
  }

  node(poolId: string, id: string): NodeView | undefined {
    const pool = this.#account.pool(poolId);
    const node = pool?.nodes.find(id);
    if (pool === undefined || node === undefined) return undefined;
    const recentTasks = this.#recentTasks(node);
    const view = nodeView(this.#world, pool, node);
    return recentTasks.length === 0 ? view : { ...view, recentTasks };
  }

  /** (extension) The accounts for logging in to a node, without what is secret; `undefined`: there is no such node. */
  nodeUsers(poolId: string, id: string): NodeUserView[] | undefined {
    const node = this.#account.pool(poolId)?.nodes.find(id);
    return (
      node &&
      (node.users?.users ?? []).map(({ name, isAdmin, expiryTimeMs }) => ({
        name,
        isAdmin,
        expiryTime: formatTime(expiryTimeMs),
      }))
    );
  }

  /** Of every pool. O(nodes). */
  nodeCounts(): PoolNodeCounts[] {
    return [...this.#account.poolById.values()].map((pool) => {
      const nodes = [...pool.nodes];
      return {
        poolId: pool.specification.id,
        dedicated: countNodes(nodes.filter(({ isDedicated }) => isDedicated)),
        lowPriority: countNodes(nodes.filter(({ isDedicated }) => !isDedicated)),
      };
    });
  }

  application(id: string): ApplicationView | undefined {
    const application = this.#account.applications.get(idKey(id));
    return application === undefined ? undefined : applicationView(application);
  }

  /** By creation. */
  applications(): ApplicationView[] {
    return [...this.#account.applications.values()].map(applicationView);
  }

  certificate(name: CertificateName): CertificateView | undefined {
    const certificate = this.#account.certificates.get(certificateKey(name));
    return certificate === undefined ? undefined : certificateView(certificate);
  }

  /** By creation. */
  certificates(): CertificateView[] {
    return [...this.#account.certificates.values()].map(certificateView);
  }

  job(id: string): JobView | undefined {
    const job = this.#account.job(id);
    return job === undefined ? undefined : jobView(job);
  }

  jobs(): JobView[] {
    return [...this.#account.jobById.values()].map(jobView);
  }

  jobSchedule(id: string): JobScheduleView | undefined {
    const schedule = this.#account.jobSchedule(id);
    return schedule === undefined ? undefined : jobScheduleView(schedule, this.#world.now);
  }

  jobSchedules(): JobScheduleView[] {
    const { now } = this.#world;
    return [...this.#account.jobScheduleById.values()].map((schedule) =>
      jobScheduleView(schedule, now),
    );
  }

  /** The jobs of a schedule, by creation; `undefined` if there is no such schedule. */
  jobsOfSchedule(id: string): JobView[] | undefined {
    const schedule = this.#account.jobSchedule(id);
    if (schedule === undefined) return undefined;
    return [...schedule.jobs].map((number) => jobView(this.#world.jobs[number]!));
  }

  /**
   * The nodes on which the preparation or release task of a job has run, gone ones as well; or `JobNotFound`,
   * `JobPreparationTaskNotSpecified`. semantics §8
   */
  preparationAndReleaseStatus(
    jobId: string,
  ): JobPreparationAndReleaseTaskStatus[] | BatchErrorBody {
    return preparationAndReleaseStatus(this.#world, this.#account.job(jobId), jobId);
  }

  /** On one node; or `JobNotFound`, `JobPreparationTaskNotSpecified`, `JobPreparationTaskNotRunOnNode`. */
  preparationOn(jobId: string, id: string): NodeTaskInfo | BatchErrorBody {
    return preparationOn(this.#world, this.#account.job(jobId), jobId, id);
  }

  /** On one node; or `JobNotFound`, `JobReleaseTaskNotSpecified`, `JobReleaseTaskNotRunOnNode`. */
  releaseOn(jobId: string, id: string): NodeTaskInfo | BatchErrorBody {
    return releaseOn(this.#world, this.#account.job(jobId), jobId, id);
  }

  /** O(1). */
  taskCounts(jobId: string): { taskCounts: TaskCounts; taskSlotCounts: TaskCounts } | undefined {
    const job = this.#account.job(jobId);
    if (job === undefined) return undefined;
    return {
      taskCounts: counts(job, job.tasks),
      taskSlotCounts: counts(job, job.slots),
    };
  }

  /** How many tasks of the job are queued to be placed: neither waiting for a dependency nor running. O(1). */
  readyCount(jobId: string): number {
    return this.#account.job(jobId)?.live ?? 0;
  }

  /**
   * The subtasks of a multi-instance task as it ran last, by id, the primary not among them; empty for every other task,
   * and before it has started. `undefined` if there is no such task. semantics §9
   */
  subtasks(jobId: string, taskId: string): SubtaskView[] | undefined {
    const job = this.#account.job(jobId);
    const row = job?.find(taskId) ?? -1;
    return job === undefined || row === -1 ? undefined : listSubtasks(this.#world, job, row);
  }

  /** `nodeRoots`: for the paths in its effectiveEnvironment, which are null without. */
  task(jobId: string, taskId: string, nodeRoots?: NodeRoots): TaskView | undefined {
    const job = this.#account.job(jobId);
    const row = job?.find(taskId) ?? -1;
    if (job === undefined || row === -1) return undefined;
    const view = this.#taskView(job, row);
    return { ...view, effectiveEnvironment: this.#environment(job, view, nodeRoots) };
  }

  #environment(job: Job, task: TaskView, nodeRoots: NodeRoots | undefined): EffectiveSetting[] {
    const { id: jobId, commonEnvironmentSettings, jobPreparationTask } = job.specification;
    const jobPreparationTaskId = jobPreparationTask?.id;
    const { poolId = '', nodeId: id = '' } = task.nodeInfo ?? {};
    const node = this.#account.pool(poolId)?.nodes.find(id);
    const nodeRoot = nodeRoots?.(poolId, id);
    return effectiveEnvironment(
      mergedEnvironment(commonEnvironmentSettings, task.environmentSettings),
      {
        accountName: this.#world.accounts.nameOf(job),
        task: {
          jobId,
          taskId: task.id,
          ...(jobPreparationTaskId !== undefined && { jobPreparationTaskId }),
        },
        ...(node !== undefined && { node: { poolId, nodeId: id, isDedicated: node.isDedicated } }),
        ...(nodeRoot !== undefined && { nodeRoot }),
      },
    );
  }

  /** `stats` of a pool; `undefined` if there is no such pool. O(nodes). */
  poolStatistics(id: string): PoolStatistics | undefined {
    const pool = this.#account.pool(id);
    return pool === undefined ? undefined : poolStatistics(this.#world, pool);
  }

  /** `stats` of a job. O(1). */
  jobStatistics(id: string): JobStatistics | undefined {
    const job = this.#account.job(id);
    return job === undefined ? undefined : jobStatistics(this.#world, job);
  }

  /** `stats` of a job schedule. Costs its jobs that are there. */
  jobScheduleStatistics(id: string): JobScheduleStatistics | undefined {
    const schedule = this.#account.jobSchedule(id);
    return schedule === undefined ? undefined : jobScheduleStatistics(this.#world, schedule);
  }

  /**
   * Tasks by creation. A call looks at no more than `scanLimit` rows and returns at most `limit` tasks, so an
   * answer may be short, or empty, with a continuation.
   */
  tasks(
    jobId: string,
    {
      state,
      result,
      limit = 1000,
      scanLimit = 100_000,
      continuation = 0,
    }: {
      state?: 'active' | 'preparing' | 'running' | 'completed';
      result?: 'success' | 'failure';
      limit?: number;
      scanLimit?: number;
      continuation?: number;
    } = {},
  ): TaskList | undefined {
    const job = this.#account.job(jobId);
    if (job === undefined) return undefined;
    const tasks: TaskView[] = [];
    let row = continuation;
    const end = Math.min(job.rowCount, row + scanLimit);
    for (; row < end && tasks.length < limit; row++) {
      const flags = job.rows.get(row, Word.flags);
      if ((flags & stateMask) === TaskState.gone) continue;
      if (state !== undefined && stateOf(job, flags) !== state) continue;
      if (result !== undefined && resultOf(job, flags) !== result) continue;
      tasks.push(this.#taskView(job, row));
    }
    return row < job.rowCount ? { tasks, continuation: row } : { tasks };
  }

  /**
   * Why a task does not run, and which event would free it; `undefined` if there is no such task. Costs the nodes
   * of its pool, its own dependencies and `searchLimit`, never the tasks of the job.
   */
  explain(
    jobId: string,
    taskId: string,
    options: ExplainOptions = {},
  ): TaskExplanation | undefined {
    const job = this.#account.job(jobId);
    const row = job?.find(taskId) ?? -1;
    if (job === undefined || row === -1) return undefined;
    return explainTask(this.#world, job, row, this.#taskView(job, row), options);
  }

  /**
   * The dependencies of a job's tasks by child, ranges written out, in slices of `sliceSize`, of which some may be
   * empty; `undefined` if there is no such job. The engine may go on between two slices: dependencies are told as
   * they were or as they are.
   */
  dependencies(
    jobId: string,
    sliceSize: number = 10_000,
  ): IterableIterator<TaskDependency[]> | undefined {
    const job = this.#account.job(jobId);
    if (job === undefined) return undefined;
    return listDependencies(job, () => this.#world.jobs[job.number] === job, sliceSize);
  }

  /** Of all accounts: how many pools there have been and are no more. */
  get gonePools(): number {
    const { pools, accounts } = this.#world;
    return [...accounts].reduce((gone, { poolById }) => gone - poolById.size, pools.length);
  }

  /** Of all accounts: handles of all secrets that somebody may still ask for. O(specifications). */
  secretHandles(): Set<string> {
    const handles = new Set<string>();
    const addUrl = (url: string): void => {
      for (const handle of secretHandlesIn(url)) handles.add(handle);
    };
    const add = ({ resourceFiles, outputFiles, multiInstanceSettings }: WithFiles): void => {
      for (const file of [
        ...resourceFiles,
        ...(multiInstanceSettings?.commonResourceFiles ?? []),
      ]) {
        if ('httpUrl' in file) addUrl(file.httpUrl);
        else if ('storageContainerUrl' in file) addUrl(file.storageContainerUrl);
      }
      for (const { destination } of outputFiles ?? []) {
        if ('containerUrl' in destination.container) addUrl(destination.container.containerUrl);
      }
    };
    const addPackages = (packages: Iterable<{ content: ApplicationPackageContent }>): void => {
      for (const { content } of packages) {
        if ('httpUrl' in content)
          for (const one of secretHandlesIn(content.httpUrl)) handles.add(one);
      }
    };
    for (const { specification, certificates, applications } of this.#world.accounts) {
      const { primary = '', secondary = '' } = specification.keys;
      for (const mark of [primary, secondary]) {
        for (const handle of secretHandlesIn(mark)) handles.add(handle);
      }
      for (const certificate of certificates.values()) {
        const { data, password = '' } = certificate.specification;
        for (const handle of secretHandlesIn(data + password)) handles.add(handle);
      }
      for (const { packages } of applications.values()) addPackages(packages.values());
    }
    const addPool = (pool: Omit<PoolSpecification, 'id'>): void => {
      if (pool.startTask !== undefined) add(pool.startTask);
      for (const secret of [pool.userAccounts, pool.mountConfiguration]) {
        for (const handle of secretHandlesIn(JSON.stringify(secret ?? []))) handles.add(handle);
      }
    };
    const addPoolInfo = (poolInfo: PoolInfo): void => {
      if ('autoPoolSpecification' in poolInfo) addPool(poolInfo.autoPoolSpecification.pool);
    };
    for (const pool of this.#world.pools) {
      // What nodes are getting may have been given another content meanwhile.
      for (const { install } of pool?.nodes ?? []) {
        if (install) addPackages(install.applicationPackages.packages);
      }
      for (const { users } of pool?.nodes ?? []) {
        for (const { password = '' } of users?.users ?? []) {
          for (const handle of secretHandlesIn(password)) handles.add(handle);
        }
      }
      if (pool !== undefined) addPool(pool.specification);
      // Those that were booted under another one run that until their next boot.
      for (const { startTask } of pool?.nodes ?? []) if (startTask) add(startTask.specification);
    }
    const addSpecial = (job: ScheduledJobSpecification): void => {
      const { jobManagerTask, jobPreparationTask, jobReleaseTask } = job;
      addPoolInfo(job.poolInfo);
      for (const task of [jobManagerTask, jobPreparationTask, jobReleaseTask])
        if (task !== undefined) add(task);
    };
    for (const job of this.#world.jobs) {
      if (job !== undefined) addSpecial(job.specification);
      for (const { template } of job?.given?.templates ?? []) add(template);
      for (const { factory } of job?.segments ?? []) if (factory) add(factory.repeatTask);
    }
    for (const schedule of this.#world.jobSchedules) {
      if (schedule === undefined) continue;
      const { jobSpecification } = schedule.specification;
      addSpecial(jobSpecification);
      const { taskFactory } = jobSpecification;
      if (taskFactory !== undefined) add(taskFactory.repeatTask);
    }
    return handles;
  }

  #recentTasks(node: Node): RecentTaskView[] {
    const views = new Map<string, RecentTaskView>();
    for (const { job: number, row, instance } of this.#world.recentStarts.of(node.number)) {
      const job = this.#world.jobs[number];
      const key = `${number} ${row} ${instance}`;
      if (job === undefined || job.state === 'gone' || views.has(key)) continue;
      if ((job.rows.get(row, Word.flags) & stateMask) === TaskState.gone) continue;
      const { id, state, executionInfo } = this.#taskView(job, row);
      const jobId = job.specification.id;
      const subtaskId = instance === 0 ? {} : { subtaskId: instance };
      views.set(key, { jobId, taskId: id, ...subtaskId, taskState: state, executionInfo });
    }
    return [...views.values()];
  }

  #taskView(job: Job, row: number): TaskView {
    const flags = job.rows.get(row, Word.flags);
    const rare = job.rareOf(row);
    const state = stateOf(job, flags);
    const expired = isExpired(job, flags);
    const started = (flags & Flag.hasStart) !== 0;
    const creationTime = job.creationTimeOf(row);
    const startTime = startTimeOf(job, row);
    const completed = state === 'completed';
    const endTime = expired
      ? (job.expiredAt ?? 0)
      : startTime + (started ? durationOf(job, row) : 0);
    const exitCode = expired
      ? started
        ? wallClockExitCode
        : undefined
      : (flags & Flag.hasExitCode) === 0
        ? undefined
        : rare?.failedInstance !== undefined && (flags & failureMask) !== 0
          ? undefined
          : job.rows.get(row, Word.runOrExitCode);
    const failureInfo = completed ? failureView(job, row) : undefined;
    const result = resultOf(job, flags);
    const lastRetryTime = (flags & Flag.startWasRetry) !== 0 ? startTime : rare?.lastRetryTime;
    const node = this.#world.nodes[job.rows.get(row, Word.node) - 1];
    const template = job.templateOf(row);
    const stateTransitionTime = completed
      ? endTime
      : state === 'running'
        ? startTime
        : state === 'preparing'
          ? this.#world.runs.start(job.rows.get(row, Word.runOrExitCode))
          : activeSince(job, row, creationTime);
    const lastModified = Math.max(stateTransitionTime, rare?.lastModified ?? 0);
    return {
      id: job.idOf(row),
      ...template,
      ...(rare?.constraints === undefined ? {} : { constraints: rare.constraints }),
      state,
      eTag: taskETag(job, row),
      lastModified: formatTime(lastModified),
      creationTime: formatTime(creationTime),
      stateTransitionTime: formatTime(stateTransitionTime),
      executionInfo: {
        ...(started ? { startTime: formatTime(startTime) } : {}),
        ...(completed ? { endTime: formatTime(endTime) } : {}),
        ...(completed && exitCode !== undefined ? { exitCode } : {}),
        ...(result === undefined ? {} : { result }),
        ...(failureInfo === undefined ? {} : { failureInfo }),
        ...(failureInfo === undefined || failureInfo.failureKind === 'application'
          ? {}
          : { schedulingError: failureInfo }),
        retryCount: retryCountOf(job, row),
        ...(lastRetryTime === undefined ? {} : { lastRetryTime: formatTime(lastRetryTime) }),
        requeueCount: rare?.requeueCount ?? 0,
        ...(rare?.lastRequeueTime === undefined
          ? {}
          : { lastRequeueTime: formatTime(rare.lastRequeueTime) }),
      },
      ...(node === undefined || state === 'active'
        ? {}
        : {
            nodeInfo: { poolId: node.poolId, nodeId: nodeId(node), affinityId: affinityIdOf(node) },
          }),
    };
  }
}

/** Ruling 4: after the job's wall clock what was not completed reads as completed. */
function isExpired(job: Job, flags: number): boolean {
  return job.expiredAt !== undefined && (flags & stateMask) === TaskState.active;
}

function stateOf(job: Job, flags: number): string {
  return isExpired(job, flags) ? 'completed' : taskMachine.states[flags & stateMask]!;
}

/** When the task was added, came back from a run, or was reactivated. */
function activeSince(job: Job, row: number, creationTime: number): number {
  const startTime = startTimeOf(job, row);
  return (job.rows.get(row, Word.flags) & Flag.hasStart) === 0
    ? Math.max(creationTime, startTime)
    : startTime + durationOf(job, row);
}

function resultOf(job: Job, flags: number): 'success' | 'failure' | undefined {
  if ((flags & Flag.success) !== 0) return 'success';
  return (flags & Flag.failure) !== 0 || isExpired(job, flags) ? 'failure' : undefined;
}

function failureView(job: Job, row: number): FailureView | undefined {
  const flags = job.rows.get(row, Word.flags);
  const number = isExpired(job, flags)
    ? Failure.jobWallClock
    : (flags & failureMask) >>> failureShift;
  const failure = taskFailure(number);
  if (failure === undefined) return undefined;
  const view = withDetail(failure, job.rareOf(row)?.failureDetail);
  const instance = failedInstance(job, row, number);
  if (instance === undefined) return view;
  const subtask = { name: 'subtaskId', value: String(instance) };
  return { ...view, details: [...(view.details ?? []), subtask] };
}

/** Which instance of a multi-instance task has failed (semantics §9, rule 5). */
function failedInstance(job: Job, row: number, failure: number): number | undefined {
  if (failure !== Failure.exitCode && failure < reportedFrom) return undefined;
  return job.limitsOf(row).instances === 0 ? undefined : (job.rareOf(row)?.failedInstance ?? 0);
}

function counts(job: Job, tally: TaskTally): TaskCounts {
  const waiting = tally.unfinished - tally.running;
  const expired = job.expiredAt === undefined ? 0 : waiting;
  return {
    active: waiting - expired,
    running: tally.running,
    completed: tally.succeeded + tally.failed + expired,
    succeeded: tally.succeeded,
    failed: tally.failed + expired,
  };
}

function stateView(entity: Pool | Job | JobSchedule): StateView {
  const { state, previousState, previousStateTransitionTime } = entity;
  return {
    state,
    eTag: eTagOf(entity),
    lastModified: formatTime(entity.lastModified),
    creationTime: formatTime(entity.creationTime),
    stateTransitionTime: formatTime(entity.stateTransitionTime),
    ...(previousState === undefined ? {} : { previousState }),
    ...(previousStateTransitionTime === undefined
      ? {}
      : { previousStateTransitionTime: formatTime(previousStateTransitionTime) }),
  };
}

function autoScaleRunView(run: AutoScaleRun): AutoScaleRunView {
  return { ...run, timestamp: formatTime(run.timestamp) };
}

function poolView(pool: Pool): PoolView {
  const { cloudServiceConfiguration, ...specification } = pool.specification;
  return {
    ...poolWithoutSecrets(specification),
    ...(cloudServiceConfiguration !== undefined && {
      cloudServiceConfiguration: {
        ...cloudServiceConfiguration,
        currentOSVersion: pool.currentOSVersion ?? '',
      },
    }),
    ...stateView(pool),
    allocationState: pool.allocationState,
    allocationStateTransitionTime: formatTime(pool.allocationStateTransitionTime),
    targetLowPriorityNodes: pool.specification.targetLowPriorityNodes ?? 0,
    currentDedicatedNodes: pool.nodes.dedicated,
    currentLowPriorityNodes: pool.nodes.lowPriority,
    enableAutoScale: pool.autoscale !== undefined,
    enableInterNodeCommunication: pool.specification.enableInterNodeCommunication === true,
    ...(pool.autoscale?.run === undefined
      ? {}
      : { autoScaleRun: autoScaleRunView(pool.autoscale.run) }),
    ...(pool.resizeErrors.length === 0 ? {} : { resizeErrors: [...pool.resizeErrors] }),
  };
}

function nodeView(world: World, pool: Pool, node: Node): NodeView {
  const failures = recentFailures(world, node);
  return {
    id: nodeId(node),
    poolId: node.poolId,
    affinityId: affinityIdOf(node),
    state: node.state,
    stateTransitionTime: formatTime(node.stateTransitionTime),
    allocationTime: formatTime(node.allocationTime),
    isDedicated: node.isDedicated,
    schedulingState: node.schedulingState,
    ...(node.lastBootTime === undefined ? {} : { lastBootTime: formatTime(node.lastBootTime) }),
    runningTasksCount: node.runningTasksCount,
    runningTaskSlotsCount: pool.specification.taskSlotsPerNode - node.freeSlots,
    totalTasksRun: node.totalTasksRun,
    totalTasksSucceeded: node.totalTasksSucceeded,
    ...(failures === 0 ? {} : { recentFailures: failures }),
    ...(node.startTask === undefined ? {} : { startTaskInfo: nodeTaskInfo(node.startTask) }),
    ...certificatesOf(node),
    ...(node.errors.length === 0 ? {} : { errors: [...node.errors] }),
  };
}

function certificatesOf({ install }: Node): Pick<NodeView, 'certificateReferences'> {
  const certificates = install?.certificates ?? [];
  if (certificates.length === 0) return {};
  return {
    certificateReferences: certificates.map(
      ({ thumbprint, thumbprintAlgorithm, storeLocation, storeName, visibility }) => ({
        thumbprint,
        thumbprintAlgorithm,
        storeLocation,
        storeName,
        visibility: [...visibility],
      }),
    ),
  };
}

function countNodes(nodes: readonly Node[]): NodeCounts {
  const count = (state: NodeState): number => nodes.filter((node) => node.state === state).length;
  return {
    creating: count('creating'),
    starting: count('starting'),
    waitingForStartTask: count('waitingforstarttask'),
    startTaskFailed: count('starttaskfailed'),
    idle: count('idle'),
    running: count('running'),
    offline: count('offline'),
    rebooting: count('rebooting'),
    reimaging: count('reimaging'),
    unknown: count('unknown'),
    unusable: count('unusable'),
    preempted: count('preempted'),
    leavingPool: count('leavingpool'),
    deallocating: count('deallocating'),
    deallocated: count('deallocated'),
    upgradingOS: 0,
    total: nodes.length,
  };
}

function jobView(job: Job): JobView {
  const { endTime, terminateReason } = job;
  return {
    ...job.specification,
    poolInfo: poolInfoView(job.specification.poolInfo),
    onTaskFailure: job.specification.onTaskFailure ?? 'noaction',
    maxParallelTasks: job.specification.maxParallelTasks ?? -1,
    allowTaskPreemption: job.specification.allowTaskPreemption ?? false,
    ...stateView(job),
    executionInfo: {
      startTime: formatTime(job.creationTime),
      ...(job.poolId === '' ? {} : { poolId: job.poolId }),
      ...(job.schedulingError === undefined ? {} : { schedulingError: job.schedulingError }),
      ...(endTime === undefined ? {} : { endTime: formatTime(endTime) }),
      ...(endTime === undefined || terminateReason === undefined ? {} : { terminateReason }),
    },
  };
}

function jobScheduleView(schedule: JobSchedule, now: number): JobScheduleView {
  const { state, endTime } = schedule;
  const { jobSpecification } = schedule.specification;
  const next =
    state === 'active' || state === 'disabled'
      ? nextDue(schedule.recurrence, state === 'active' ? now : schedule.stateTransitionTime)
      : undefined;
  return {
    ...schedule.specification,
    jobSpecification: {
      ...jobSpecification,
      poolInfo: poolInfoView(jobSpecification.poolInfo),
    },
    ...stateView(schedule),
    executionInfo: {
      ...(next === undefined ? {} : { nextRunTime: formatTime(next) }),
      ...(schedule.jobCount === 0 ? {} : { recentJob: { id: schedule.recentJobId } }),
      ...(endTime === undefined ? {} : { endTime: formatTime(endTime) }),
    },
  };
}
