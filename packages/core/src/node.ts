import type { NodeState } from './machines.ts';

/** A compute node (semantics §1.3). Numbers are engine-wide and never used again. */
export interface Node {
  readonly number: number;
  /** Number of its pool; a pool that is gone keeps its nodes' entries, since tasks name their last node. */
  readonly pool: number;
  readonly poolId: string;
  /** The n of `node-<n>`. */
  readonly ordinal: number;
  readonly allocationTime: number;
  state: NodeState;
  stateTransitionTime: number;
  previousState: NodeState | undefined;
  previousStateTransitionTime: number | undefined;
  lastBootTime: number | undefined;
  /** Of the request (get, release) that its next report answers. */
  sequence: number;
  freeSlots: number;
  runningTasksCount: number;
  totalTasksRun: number;
  totalTasksSucceeded: number;
}

export function nodeId(node: Node): string {
  return `node-${node.ordinal}`;
}
