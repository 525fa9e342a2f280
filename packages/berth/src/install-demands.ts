import type {
  BatchErrorBody,
  PoolPatch,
  PoolSpecification,
  ScheduledJobSpecification,
  TaskTemplate,
  UserIdentity,
} from '@berth/core';
import { BatchError } from '@berth/core';
import type { JobFile } from '@berth/core/spec';
import type { Executor } from '@berth/executors';
import { capabilitiesOf } from '@berth/executors';
import type { AccountRuntime } from './account-runtime.ts';

/*
 * What nodes are to install or be, and their executor cannot, is refused where it can be foreseen. A job's pool may be
 * another, or be there, only later: then the executor fails the task.
 */

type Demands = PoolPatch &
  Partial<Pick<PoolSpecification, 'userAccounts' | 'mountConfiguration' | 'networkConfiguration'>>;

/** Throws `OperationNotValidOnPool` if the executor cannot do what a pool names. `path`: with a dot behind. */
export function demandInstall(executor: Executor, pool: Demands, path = ''): void {
  const able = capabilitiesOf(executor);
  const { applicationPackageReferences = [], certificateReferences = [] } = pool;
  if (certificateReferences.length > 0 && !able.certificates) {
    throw cannot(executor, `${path}certificateReferences`, 'does not install certificates');
  }
  if (applicationPackageReferences.length > 0 && !able.applicationPackages) {
    throw new BatchError(noPackages(executor, path));
  }
  if (pool.userAccounts !== undefined && !able.userAccounts) {
    throw cannot(executor, `${path}userAccounts`, 'has no user accounts on its nodes');
  }
  if (pool.mountConfiguration !== undefined && !able.mounts) {
    throw cannot(executor, `${path}mountConfiguration`, 'mounts no file systems');
  }
  if (pool.networkConfiguration !== undefined && !able.networks) {
    throw new BatchError(noNetworks(executor, path));
  }
  const refusal = userRefusal(executor, pool.startTask, `${path}startTask.`);
  if (refusal !== undefined) throw new BatchError(refusal);
}

/** The same for a change of a pool, which may not be there. */
export function demandInstallOn(runtime: AccountRuntime, poolId: string, patch: PoolPatch): void {
  const executor = executorOf(runtime, poolId);
  if (executor !== undefined) demandInstall(executor, patch);
}

/**
 * Throws `OperationNotValidOnPool` if the executor of the pool that a job names cannot run what it brings with it; of an
 * auto pool, which is the job's, and of one that is there already. `path`: with a dot behind.
 */
export function demandJobTasks(
  runtime: AccountRuntime,
  job: ScheduledJobSpecification,
  path = '',
): void {
  const { poolInfo } = job;
  const executor =
    'poolId' in poolInfo
      ? executorOf(runtime, poolInfo.poolId)
      : runtime.executor(poolInfo.autoPoolSpecification.pool.executor);
  if (executor !== undefined) demandJob(executor, job, path);
}

/** The same of all that a job file has, whose pool is not there yet. */
export function demandFile(
  executor: Executor,
  { job, tasks, taskFactory }: Pick<JobFile, 'job' | 'tasks' | 'taskFactory'>,
): void {
  demandJob(executor, job, 'job.');
  const refusal =
    refusalOf(executor, taskFactory?.repeatTask, 'taskFactory.repeatTask.') ??
    tasks
      .map((task, index) => refusalOf(executor, task, `tasks[${index}].`))
      .find((one) => one !== undefined);
  if (refusal !== undefined) throw new BatchError(refusal);
}

function demandJob(executor: Executor, job: JobDemands, path: string): void {
  if (job.networkConfiguration !== undefined && !capabilitiesOf(executor).networks) {
    throw new BatchError(noNetworks(executor, path));
  }
  const refusal =
    refusalOf(executor, job.jobManagerTask, `${path}jobManagerTask.`) ??
    refusalOf(executor, job.jobPreparationTask, `${path}jobPreparationTask.`) ??
    refusalOf(executor, job.jobReleaseTask, `${path}jobReleaseTask.`) ??
    refusalOf(executor, job.taskFactory?.repeatTask, `${path}taskFactory.repeatTask.`);
  if (refusal !== undefined) throw new BatchError(refusal);
}

/** Why the task cannot run where its job runs now; `undefined`: it can, or nobody knows yet. */
export function taskRefusal(
  runtime: AccountRuntime,
  jobId: string,
  task: TaskTemplate,
): BatchErrorBody | undefined {
  if (task.applicationPackageReferences === undefined && task.userIdentity === undefined) {
    return undefined;
  }
  const poolId = runtime.queries.job(jobId)?.executionInfo.poolId;
  const executor = poolId === undefined ? undefined : executorOf(runtime, poolId);
  return executor && refusalOf(executor, task, '');
}

/** Throws it. */
export function demandTask(runtime: AccountRuntime, jobId: string, task: TaskTemplate): void {
  const refusal = taskRefusal(runtime, jobId, task);
  if (refusal !== undefined) throw new BatchError(refusal);
}

type JobDemands = Partial<
  Pick<
    ScheduledJobSpecification,
    | 'networkConfiguration'
    | 'jobManagerTask'
    | 'jobPreparationTask'
    | 'jobReleaseTask'
    | 'taskFactory'
  >
>;

type WithDemands = Partial<Pick<TaskTemplate, 'applicationPackageReferences' | 'userIdentity'>>;

function refusalOf(
  executor: Executor,
  task: WithDemands | undefined,
  path: string,
): BatchErrorBody | undefined {
  const packages = task?.applicationPackageReferences ?? [];
  if (packages.length > 0 && !capabilitiesOf(executor).applicationPackages) {
    return noPackages(executor, path);
  }
  return userRefusal(executor, task, path);
}

function userRefusal(
  executor: Executor,
  task: { userIdentity?: UserIdentity } | undefined,
  path: string,
): BatchErrorBody | undefined {
  if (task?.userIdentity === undefined) return undefined;
  const able = capabilitiesOf(executor);
  if ('userName' in task.userIdentity) {
    if (able.userAccounts) return undefined;
    return body(executor, `${path}userIdentity`, 'runs nothing as a user account');
  }
  if (able.autoUsers) return undefined;
  const what = 'runs nothing as another auto user than that of scope pool without rights';
  return body(executor, `${path}userIdentity`, what);
}

function executorOf(runtime: AccountRuntime, poolId: string): Executor | undefined {
  const pool = runtime.queries.pool(poolId);
  return pool && runtime.executor(pool.executor);
}

function noPackages(executor: Executor, path: string): BatchErrorBody {
  const property = `${path}applicationPackageReferences`;
  return body(executor, property, 'does not install application packages');
}

function noNetworks(executor: Executor, path: string): BatchErrorBody {
  return body(executor, `${path}networkConfiguration`, 'has no networks to choose');
}

function cannot(executor: Executor, property: string, what: string): BatchError {
  return new BatchError(body(executor, property, what));
}

function body({ name }: Executor, property: string, what: string): BatchErrorBody {
  const message = `${property}: the executor "${name}" ${what}.`;
  return { code: 'OperationNotValidOnPool', message };
}
