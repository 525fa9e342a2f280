import type { BatchErrorBody } from './errors.ts';
import { Node, nodeId } from './node.ts';
import { act, beginDeallocation, startAgain } from './node-boot.ts';
import { findNode, refusalBy } from './node-operations.ts';
import { requeueRuns, terminateRuns } from './node-runs.ts';
import { refuse } from './refusal.ts';
import { lookForFiles } from './retained-data.ts';
import { requeued } from './run-end.ts';
import type { NodeDeallocationOption } from './specification.ts';
import type { World } from './world.ts';

/*
 * A node that is given up for a while and keeps its id (semantics §2.2). Its disk does not last (§4.4).
 */

/** At once, or when its tasks are done. One that is to leave then leaves instead. */
export function deallocateNode(
  world: World,
  poolId: string,
  id: string,
  option: NodeDeallocationOption,
): BatchErrorBody | undefined {
  const node = findNode(world, poolId, id);
  if (!(node instanceof Node)) return node;
  if (node.state !== 'idle' && node.state !== 'running') return refusalBy(node);
  world.pools[node.pool]!.withdraw(node.number);
  if (node.isEmpty && option !== 'retaineddata') {
    beginDeallocation(world, node);
    return undefined;
  }
  if (node.pending !== 'remove') {
    node.pending = 'deallocate';
    node.retains = option === 'retaineddata';
    if (node.isEmpty) lookForFiles(world, node);
  }
  if (option === 'requeue') requeueRuns(world, [node], requeued);
  else if (option === 'terminate') terminateRuns(world, [node]);
  return undefined;
}

export function startNode(world: World, poolId: string, id: string): BatchErrorBody | undefined {
  const node = findNode(world, poolId, id);
  if (!(node instanceof Node)) return node;
  if (node.state !== 'deallocated') {
    return refuse(
      'OperationInvalidForCurrentState',
      `Node "${nodeId(node)}" of pool "${node.poolId}" is ${node.state}, not deallocated.`,
    );
  }
  startAgain(world, node);
  return undefined;
}

/** The executor has given it up. */
export function nodeDeallocated(world: World, node: Node): boolean {
  if (node.state !== 'deallocating') return false;
  world.moveNode(node, 'deallocated');
  if (node.pending !== undefined) act(world, node);
  return true;
}
