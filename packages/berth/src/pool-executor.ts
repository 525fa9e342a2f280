import type { PoolInfo } from '@berth/core';
import { BatchError } from '@berth/core';
import type { PoolOptions } from '@berth/core/spec';
import type { Runtime } from './runtime.ts';

/** How durable the cause of a start must be, by the executor of its pool. */
export function durabilityIn(runtime: Runtime): (executor: string) => 'written' | 'synced' {
  return (name) => (runtime.executor(name)?.onThisMachine === true ? 'written' : 'synced');
}

/** What the door has to know to read pools, in jobs as well. */
export function poolOptionsOf(runtime: Runtime): PoolOptions {
  return { durabilityOf: durabilityIn(runtime) };
}

/** Throws `InvalidPropertyValue` unless the executor is here. `path`: of the pool that names it, with a dot behind. */
export function demandExecutor(runtime: Runtime, executor: string, path = ''): void {
  if (runtime.executor(executor) !== undefined) return;
  const names = runtime.executorNames.map((name) => `"${name}"`).join(', ');
  const property = `${path}executor`;
  throw new BatchError({
    code: 'InvalidPropertyValue',
    message: `${property}: there is no executor "${executor}" here, only ${names || 'none'}.`,
    values: [
      { key: 'PropertyName', value: property },
      { key: 'PropertyValue', value: executor },
    ],
  });
}

/** The same for the auto pool of a job, if it has one. */
export function demandExecutorOf(
  runtime: Runtime,
  poolInfo: PoolInfo | undefined,
  path: string,
): void {
  if (poolInfo === undefined || !('autoPoolSpecification' in poolInfo)) return;
  const { executor } = poolInfo.autoPoolSpecification.pool;
  demandExecutor(runtime, executor, `${path}poolInfo.autoPoolSpecification.pool.`);
}
