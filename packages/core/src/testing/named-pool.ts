import type { PoolInfoView } from '../index.ts';

/** The pool that a job of these histories names: none has an auto pool. */
export function namedPool(poolInfo: PoolInfoView): string {
  if ('poolId' in poolInfo) return poolInfo.poolId;
  throw new Error('auto pools have no model here');
}
