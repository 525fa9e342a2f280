import type { ResizeError } from './pool.ts';
import type { PoolSpecification } from './specification.ts';

/** Nodes that a pool with inter-node communication has at most (semantics §12). */
export const mostCommunicatingNodes = 100;

/** How many nodes the pool can have. */
export function mostNodes({ enableInterNodeCommunication }: PoolSpecification): number {
  return enableInterNodeCommunication === true ? mostCommunicatingNodes : Infinity;
}

/** Of the nodes that are missing beside those that stay, as many as the pool can have: dedicated ones first. */
export function withinMost(
  pool: PoolSpecification,
  staying: number,
  missing: { dedicated: number; lowPriority: number },
): { dedicated: number; lowPriority: number } {
  const left = Math.max(0, mostNodes(pool) - staying);
  const dedicated = Math.min(missing.dedicated, left);
  return { dedicated, lowPriority: Math.min(missing.lowPriority, left - Math.max(0, dedicated)) };
}

/** Why a resize that is over has ended short of its targets: there are no more such nodes for one pool. */
export function beyondMost(pool: PoolSpecification): ResizeError[] {
  const { targetDedicatedNodes, targetLowPriorityNodes = 0 } = pool;
  if (targetDedicatedNodes + targetLowPriorityNodes <= mostNodes(pool)) return [];
  return [
    {
      code: 'CommunicationEnabledPoolReachedMaxVMCount',
      message: `A pool with enableInterNodeCommunication has at most ${mostCommunicatingNodes} nodes.`,
    },
  ];
}
