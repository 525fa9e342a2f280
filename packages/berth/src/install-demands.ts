import type { BatchErrorBody, PoolPatch, TaskTemplate } from '@berth/core';
import { BatchError } from '@berth/core';
import type { Executor } from '@berth/executors';
import { capabilitiesOf } from '@berth/executors';
import type { AccountRuntime } from './account-runtime.ts';

/*
 * What nodes are to install and their executor cannot is refused where it can be foreseen. A job's pool may be another,
 * or be there, only later: then the executor fails the task.
 */

/** Throws `OperationNotValidOnPool` if the executor does not install what a pool names. `path`: with a dot behind. */
export function demandInstall(
  executor: Executor,
  { applicationPackageReferences = [], certificateReferences = [] }: PoolPatch,
  path = '',
): void {
  const able = capabilitiesOf(executor);
  if (certificateReferences.length > 0 && !able.certificates) {
    throw new BatchError(cannot(executor, `${path}certificateReferences`, 'certificates'));
  }
  if (applicationPackageReferences.length > 0 && !able.applicationPackages) {
    throw new BatchError(noPackages(executor, path));
  }
}

/** The same for a change of a pool, which may not be there. */
export function demandInstallOn(runtime: AccountRuntime, poolId: string, patch: PoolPatch): void {
  const executor = executorOf(runtime, poolId);
  if (executor !== undefined) demandInstall(executor, patch);
}

/** Why the task cannot install its packages where its job runs now; `undefined`: it can, or nobody knows yet. */
export function packageRefusal(
  runtime: AccountRuntime,
  jobId: string,
  { applicationPackageReferences = [] }: TaskTemplate,
): BatchErrorBody | undefined {
  if (applicationPackageReferences.length === 0) return undefined;
  const poolId = runtime.queries.job(jobId)?.executionInfo.poolId;
  const executor = poolId === undefined ? undefined : executorOf(runtime, poolId);
  if (executor === undefined || capabilitiesOf(executor).applicationPackages) return undefined;
  return noPackages(executor, '');
}

/** Throws it. */
export function demandPackages(runtime: AccountRuntime, jobId: string, task: TaskTemplate): void {
  const refusal = packageRefusal(runtime, jobId, task);
  if (refusal !== undefined) throw new BatchError(refusal);
}

function executorOf(runtime: AccountRuntime, poolId: string): Executor | undefined {
  const pool = runtime.queries.pool(poolId);
  return pool && runtime.executor(pool.executor);
}

function noPackages(executor: Executor, path: string): BatchErrorBody {
  return cannot(executor, `${path}applicationPackageReferences`, 'application packages');
}

function cannot({ name }: Executor, property: string, what: string): BatchErrorBody {
  return {
    code: 'OperationNotValidOnPool',
    message: `${property}: the executor "${name}" does not install ${what}.`,
  };
}
