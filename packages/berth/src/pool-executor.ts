import type { PoolInfo, PoolResize, PoolSpecification } from '@berth/core';
import { BatchError } from '@berth/core';
import type { PoolOptions } from '@berth/core/spec';
import type { Executor } from '@berth/executors';
import { capabilitiesOf } from '@berth/executors';
import type { AccountRuntime } from './account-runtime.ts';
import { demandInstall } from './install-demands.ts';

/** What is asked of a runtime here. */
type Executors = Pick<AccountRuntime, 'executor' | 'executorNames' | 'queries'>;

/** How durable the cause of a start must be, by the executor of its pool. */
export function durabilityIn(runtime: Executors): (executor: string) => 'written' | 'synced' {
  return (name) => (runtime.executor(name)?.onThisMachine === true ? 'written' : 'synced');
}

/** What the door has to know to read pools, in jobs as well. */
export function poolOptionsOf(runtime: Executors): PoolOptions {
  const { nodeSizes = [] } = runtime.queries.account() ?? {};
  return { durabilityOf: durabilityIn(runtime), nodeSizes };
}

type Pool = Pick<
  PoolSpecification,
  | 'executor'
  | 'targetLowPriorityNodes'
  | 'enableInterNodeCommunication'
  | 'applicationPackageReferences'
  | 'certificateReferences'
  | 'startTask'
  | 'userAccounts'
  | 'mountConfiguration'
  | 'networkConfiguration'
>;

/**
 * Throws `InvalidPropertyValue` unless the pool's executor is here, `OperationNotValidOnPool` if it cannot provide the
 * pool. `path`: of the pool, with a dot behind.
 */
export function demandExecutor(runtime: Executors, pool: Pool, path = ''): void {
  const executor = runtime.executor(pool.executor);
  if (executor === undefined) throw unknownExecutor(runtime, pool.executor, `${path}executor`);
  demandPool(executor, pool, path);
}

/** The second of these. */
export function demandPool(executor: Executor, pool: Pool, path: string): void {
  demandInstall(executor, pool, path);
  const { lowPriority, interNodeCommunication } = capabilitiesOf(executor);
  if (pool.enableInterNodeCommunication === true && !interNodeCommunication) {
    const reason = 'has no nodes that reach one another and run multi-instance tasks';
    throw cannot(
      'OperationNotValidOnPool',
      `${path}enableInterNodeCommunication`,
      executor,
      reason,
    );
  }
  if ((pool.targetLowPriorityNodes ?? 0) > 0 && !lowPriority) {
    const reason = 'has no low-priority nodes';
    throw cannot('OperationNotValidOnPool', `${path}targetLowPriorityNodes`, executor, reason);
  }
}

/** The same for the auto pool of a job, if it has one. */
export function demandExecutorOf(
  runtime: Executors,
  poolInfo: PoolInfo | undefined,
  path: string,
): void {
  if (poolInfo === undefined || !('autoPoolSpecification' in poolInfo)) return;
  const { pool } = poolInfo.autoPoolSpecification;
  demandExecutor(runtime, pool, `${path}poolInfo.autoPoolSpecification.pool.`);
}

/** Throws `OperationNotValidOnPool` if a pool, which may not be there, is to have nodes that its executor has none of. */
export function demandSize(runtime: Executors, poolId: string, resize: PoolResize): void {
  const { targetLowPriorityNodes: nodes } = resize;
  const pool = runtime.queries.pool(poolId);
  if (pool === undefined || nodes === undefined) return;
  demandExecutor(runtime, { executor: pool.executor, targetLowPriorityNodes: nodes });
}

/** Throws `OperationNotValidOnNode` if the executor of the pool, which may not be there, cannot do that to a node. */
export function demandOnNode(runtime: Executors, poolId: string, what: keyof typeof onNodes): void {
  const pool = runtime.queries.pool(poolId);
  const executor = pool && runtime.executor(pool.executor);
  if (executor === undefined || capabilitiesOf(executor)[what]) return;
  throw cannot('OperationNotValidOnNode', what, executor, onNodes[what]);
}

const onNodes = {
  reboot: 'cannot reboot its nodes',
  reimage: 'cannot reimage its nodes',
  deallocate: 'cannot deallocate its nodes',
  nodeUsers: 'has no accounts on its nodes',
} as const;

function cannot(code: string, subject: string, executor: Executor, reason: string): BatchError {
  const message = `${subject}: the executor "${executor.name}" ${reason}.`;
  return new BatchError({ code, message });
}

function unknownExecutor(runtime: Executors, executor: string, property: string): BatchError {
  const names = runtime.executorNames.map((name) => `"${name}"`).join(', ');
  return new BatchError({
    code: 'InvalidPropertyValue',
    message: `${property}: there is no executor "${executor}" here, only ${names || 'none'}.`,
    values: [
      { key: 'PropertyName', value: property },
      { key: 'PropertyValue', value: executor },
    ],
  });
}
