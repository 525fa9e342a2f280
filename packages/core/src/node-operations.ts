import type { BatchErrorBody } from './errors.ts';
import { endRunAs } from './job-end.ts';
import type { NodeState } from './machines.ts';
import { Node, nodeId } from './node.ts';
import { restart } from './node-boot.ts';
import { requeueRuns, terminateRuns } from './node-runs.ts';
import { refuse } from './refusal.ts';
import { lookForFiles } from './retained-data.ts';
import { requeued } from './run-end.ts';
import { Ending } from './run-table.ts';
import type { NodeDeallocationOption, NodeDisableSchedulingOption } from './specification.ts';
import type { World } from './world.ts';

/*
 * What users ask of single nodes (semantics §2.2).
 */

/** The node takes no new tasks, through boots as well, until it is enabled again. */
export function disableScheduling(
  world: World,
  poolId: string,
  id: string,
  option: NodeDisableSchedulingOption,
): BatchErrorBody | undefined {
  const node = findNode(world, poolId, id);
  if (!(node instanceof Node)) return node;
  if (node.schedulingState === 'disabled') return alreadyThere(node);
  world.moveScheduling(node, 'disable');
  world.pools[node.pool]!.withdraw(node.number);
  if (node.state === 'idle') world.moveNode(node, 'disable');
  if (option === 'taskcompletion') return undefined;
  // The node stays, so an end takes effect when it is confirmed (ruling 33).
  const ending = option === 'requeue' ? Ending.requeued : Ending.byUser;
  for (const run of node.runs()) endRunAs(world, run, ending);
  return undefined;
}

export function enableScheduling(
  world: World,
  poolId: string,
  id: string,
): BatchErrorBody | undefined {
  const node = findNode(world, poolId, id);
  if (!(node instanceof Node)) return node;
  if (node.schedulingState === 'enabled') return alreadyThere(node);
  world.moveScheduling(node, 'enable');
  if (node.state === 'offline') world.moveNode(node, 'enable');
  if (!node.takesTasks) return undefined;
  const pool = world.pools[node.pool]!;
  pool.offer(node.number);
  world.stir(pool);
  return undefined;
}

/** At once, or when its tasks are done. One that is to leave then leaves instead. */
export function restartNode(
  world: World,
  poolId: string,
  id: string,
  action: 'reboot' | 'reimage',
  option: NodeDeallocationOption,
): BatchErrorBody | undefined {
  const node = findNode(world, poolId, id);
  if (!(node instanceof Node)) return node;
  const refusal = restartable.has(node.state) ? undefined : refusalBy(node);
  if (refusal !== undefined) return refusal;
  world.pools[node.pool]!.withdraw(node.number);
  if (node.isEmpty && option !== 'retaineddata') {
    restart(world, node, action);
    return undefined;
  }
  // Set first: what ends the last task does it.
  if (node.pending !== 'remove') {
    node.pending = action;
    node.retains = option === 'retaineddata';
    if (node.isEmpty) lookForFiles(world, node);
  }
  if (option === 'taskcompletion' || option === 'retaineddata') return undefined;
  if (option === 'requeue') requeueRuns(world, [node], requeued);
  else terminateRuns(world, [node]);
  return undefined;
}

export function findNode(world: World, poolId: string, id: string): Node | BatchErrorBody {
  const pool = world.pool(poolId);
  if (pool === undefined) return refuse('PoolNotFound', `There is no pool "${poolId}".`);
  const node = pool.nodes.find(id);
  return node ?? refuse('NodeNotFound', `There is no node "${id}" in pool "${poolId}".`);
}

/** Ruling 23. */
const restartable: ReadonlySet<NodeState> = new Set([
  'idle',
  'running',
  'offline',
  'starttaskfailed',
  'unusable',
]);

/** Why a node in this state cannot be told to start again. */
export function refusalBy(node: Node): BatchErrorBody {
  const sentence = `Node "${nodeId(node)}" of pool "${node.poolId}" is ${node.state}.`;
  switch (node.state) {
    case 'creating':
      return refuse('NodeBeingCreated', sentence);
    case 'starting':
    case 'waitingforstarttask':
      return refuse('NodeBeingStarted', sentence);
    case 'rebooting':
      return refuse('NodeBeingRebooted', sentence);
    case 'reimaging':
      return refuse('NodeBeingReimaged', sentence);
    default:
      return refuse('NodeStateUnusable', sentence);
  }
}

function alreadyThere(node: Node): BatchErrorBody {
  return refuse(
    'NodeAlreadyInTargetSchedulingState',
    `Scheduling on node "${nodeId(node)}" of pool "${node.poolId}" is ${node.schedulingState} already.`,
  );
}
