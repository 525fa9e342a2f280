import type { Queries } from '@berth/core';

/**
 * How a job stands that nobody but its file's run touches: `over`, all that could happen has happened; `stalled`, what
 * waits can never start; `underway`.
 */
export type Standing = 'over' | 'stalled' | 'underway';

/** A node comes out of these only by something that nobody is there to do. */
const restingStates: ReadonlySet<string> = new Set([
  'idle',
  'offline',
  'starttaskfailed',
  'unusable',
]);

export function standingOf(queries: Queries, jobId: string, poolId: string): Standing {
  const state = queries.job(jobId)?.state;
  const counts = queries.taskCounts(jobId)?.taskCounts;
  if (state === 'completed') return 'over';
  if (counts === undefined || counts.running > 0) return 'underway';
  if (counts.active === 0) return state === 'active' || state === 'disabled' ? 'over' : 'underway';
  // The exit of a task has disabled it, and nobody is there to enable it.
  if (state === 'disabled') return 'stalled';
  if (state !== 'active') return 'underway';
  // Either the pool's nodes are still coming up, or nothing that waits can ever start.
  const nodes = queries.nodes(poolId) ?? [];
  // A formula may still add nodes for what is ready.
  if (nodes.length === 0 && queries.pool(poolId)?.enableAutoScale) {
    return queries.readyCount(jobId) === 0 ? 'stalled' : 'underway';
  }
  const areSteady = nodes.every(({ state }) => restingStates.has(state));
  return areSteady && queries.pool(poolId) !== undefined ? 'stalled' : 'underway';
}
