import type { Queries } from '@berth/core';

/**
 * Where a job has tasks that wait and none that run: either the pool's nodes are still coming up, or nothing that
 * waits can ever start.
 */
export function nothingCanStart(queries: Queries, poolId: string): boolean {
  const nodes = queries.nodes(poolId) ?? [];
  return nodes.every(({ state }) => state === 'idle') && queries.pool(poolId) !== undefined;
}
