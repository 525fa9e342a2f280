import type { Account } from './account.ts';
import {
  accountCoreQuotaReached,
  accountLowPriorityCoreQuotaReached,
  roomForNodes,
} from './account-quotas.ts';
import { beyondMost, withinMost } from './communicating-pool.ts';
import type { BatchErrorBody } from './errors.ts';
import type { Node } from './node.ts';
import { addNode, leave } from './node-request.ts';
import { requeueRuns, terminateRuns } from './node-runs.ts';
import { considerOSVersion } from './os-version.ts';
import type { ResizeError } from './pool.ts';
import { Pool } from './pool.ts';
import { refuse } from './refusal.ts';
import { lookForFiles, stopWaiting } from './retained-data.ts';
import { requeued } from './run-end.ts';
import { firstToLeave } from './scale-in.ts';
import type {
  NodeDeallocationOption,
  NodeRemoval,
  PoolResize,
  PoolSpecification,
} from './specification.ts';
import type { World } from './world.ts';

/*
 * How a pool comes to another size (semantics §2.1, allocationState).
 */

export interface PoolTargets {
  targetDedicatedNodes: number;
  targetLowPriorityNodes: number;
}

export function resizePool(
  world: World,
  poolId: string,
  resize: PoolResize,
): BatchErrorBody | undefined {
  const pool = findSteadyPool(world, poolId);
  if (!(pool instanceof Pool)) return pool;
  if (pool.autoscale !== undefined) {
    return refuse(
      'OperationNotValidOnPool',
      `The size of pool "${poolId}" follows a formula: disable autoscale first.`,
    );
  }
  const { targetDedicatedNodes, targetLowPriorityNodes = 0 } = pool.specification;
  keepTimeout(pool, resize.resizeTimeoutMs);
  changeSize(
    world,
    pool,
    { targetDedicatedNodes, targetLowPriorityNodes, ...targetsOf(resize) },
    resize.nodeDeallocationOption,
    resize.resizeTimeoutMs,
  );
  return undefined;
}

export function stopResize(world: World, poolId: string): BatchErrorBody | undefined {
  const pool = findPool(world, poolId);
  if (!(pool instanceof Pool)) return pool;
  if (pool.allocationState !== 'resizing') {
    return refuse(
      'OperationInvalidForCurrentState',
      `The pool "${poolId}" is ${pool.allocationState}: there is no resize to stop.`,
    );
  }
  giveUp(world, pool);
  world.moveAllocation(pool, 'stop');
  considerSize(world, pool);
  return undefined;
}

/** Lowers the targets by the nodes that it names (semantics §2.1). */
export function removeNodes(
  world: World,
  poolId: string,
  { nodeList, resizeTimeoutMs, nodeDeallocationOption }: NodeRemoval,
): BatchErrorBody | undefined {
  const pool = findSteadyPool(world, poolId);
  if (!(pool instanceof Pool)) return pool;
  const nodes = new Set<Node>();
  for (const id of nodeList) {
    const node = pool.nodes.find(id);
    if (node === undefined) {
      return refuse('NodeNotFound', `There is no node "${id}" in pool "${poolId}".`);
    }
    if (node.state !== 'leavingpool') nodes.add(node);
  }
  const { targetDedicatedNodes, targetLowPriorityNodes = 0 } = pool.specification;
  const dedicated = [...nodes].filter(({ isDedicated }) => isDedicated).length;
  keepTimeout(pool, resizeTimeoutMs);
  begin(world, pool, nodeDeallocationOption, resizeTimeoutMs, {
    targetDedicatedNodes: Math.max(0, targetDedicatedNodes - dedicated),
    targetLowPriorityNodes: Math.max(0, targetLowPriorityNodes - (nodes.size - dedicated)),
  });
  takeAway(world, [...nodes], nodeDeallocationOption);
  considerSize(world, pool);
  return undefined;
}

/** Brings a pool to these targets, from any allocation state but `stopping`: what is under way is superseded. */
export function changeSize(
  world: World,
  pool: Pool,
  targets: PoolTargets,
  option: NodeDeallocationOption,
  timeoutMs: number | undefined,
): void {
  begin(world, pool, option, timeoutMs, targets);
  const staying = [...pool.nodes].filter(({ state }) => state !== 'leavingpool');
  const dedicated = staying.filter(({ isDedicated }) => isDedicated);
  const lowPriority = staying.filter(({ isDedicated }) => !isDedicated);
  takeAway(
    world,
    [
      ...firstToLeave(world, dedicated, dedicated.length - targets.targetDedicatedNodes),
      ...firstToLeave(world, lowPriority, lowPriority.length - targets.targetLowPriorityNodes),
    ],
    option,
  );
  const kept =
    Math.min(dedicated.length, targets.targetDedicatedNodes) +
    Math.min(lowPriority.length, targets.targetLowPriorityNodes);
  addNodes(
    world,
    pool,
    withinMost(pool.specification, kept, {
      dedicated: targets.targetDedicatedNodes - dedicated.length,
      lowPriority: targets.targetLowPriorityNodes - lowPriority.length,
    }),
  );
  considerSize(world, pool);
}

/** As many of those that are missing as the quotas of the account leave room for (semantics §12). */
function addNodes(
  world: World,
  pool: Pool,
  missing: { dedicated: number; lowPriority: number },
): void {
  const room = roomForNodes(world.accounts.of(pool), pool);
  if (missing.dedicated > room.dedicated) pool.quotaErrors.push(accountCoreQuotaReached);
  if (missing.lowPriority > room.lowPriority) {
    pool.quotaErrors.push(accountLowPriorityCoreQuotaReached);
  }
  const dedicated = Math.min(missing.dedicated, room.dedicated);
  const lowPriority = Math.min(missing.lowPriority, room.lowPriority);
  for (let n = 0; n < dedicated; n++) addNode(world, pool, true);
  for (let n = 0; n < lowPriority; n++) addNode(world, pool, false);
}

/** To be called when a node has come, or is gone: the resize may be over. */
export function considerSize(world: World, pool: Pool): void {
  if (pool.nodesCreating > 0 || pool.nodesLeaving > 0) return;
  if (pool.allocationState === 'resizing') {
    setDeadline(world, pool, undefined);
    world.moveAllocation(pool, pool.quotaErrors.length === 0 ? 'targetReached' : 'quotaReached');
    pool.resizeErrors = [...pool.quotaErrors, ...beyondMost(pool.specification)];
    pool.quotaErrors = [];
    considerOSVersion(world, pool);
  } else if (pool.allocationState === 'stopping') {
    world.moveAllocation(pool, 'stopped');
    pool.resizeErrors = [resizeStopped];
    considerOSVersion(world, pool);
  }
}

/** Its resizeTimeout is over: the targets stay, what has not come is not waited for (semantics §2.1). */
export function expireResize(world: World, pool: Pool): void {
  const errors: ResizeError[] = [];
  if (pool.nodesCreating > 0) errors.push(allocationTimedout);
  if (pool.nodesLeaving > 0) errors.push(removeNodesFailed);
  errors.push(...beyondMost(pool.specification));
  endShort(world, pool, 'timeout', errors);
}

/** The executor cannot get a node: the resize ends, what was asked for with it is given back (semantics §2.1). */
export function allocationFailed(world: World, node: Node, error: ResizeError): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined || node.state !== 'creating') return false;
  // One that is being stopped ends by itself.
  if (pool.allocationState === 'resizing') endShort(world, pool, 'allocationFailed', [error]);
  else leave(world, node);
  return true;
}

function endShort(
  world: World,
  pool: Pool,
  trigger: 'timeout' | 'allocationFailed',
  errors: readonly ResizeError[],
): void {
  const { quotaErrors } = pool;
  giveUp(world, pool);
  for (const node of pool.nodes) if (node.state === 'creating') leave(world, node);
  world.moveAllocation(pool, trigger);
  pool.resizeErrors = [...quotaErrors, ...errors];
  considerOSVersion(world, pool);
}

/** Whatever is under way is over, and nothing is left of it but nodes that have begun to leave. */
export function giveUp(world: World, pool: Pool): void {
  setDeadline(world, pool, undefined);
  pool.quotaErrors = [];
  for (const node of pool.nodes) {
    if (node.pending !== 'remove') continue;
    node.pending = undefined;
    pool.nodesLeaving--;
    stopWaiting(world, node);
    if (node.takesTasks) pool.offer(node.number);
  }
  world.stir(pool);
}

export function findPool(world: World, id: string): Pool | BatchErrorBody {
  return findPoolIn(world.accounts.current, id);
}

export function findPoolIn(account: Account, id: string): Pool | BatchErrorBody {
  const pool = account.pool(id);
  if (pool === undefined) return refuse('PoolNotFound', `There is no pool "${id}".`);
  if (pool.state === 'deleting') {
    return refuse('PoolBeingDeleted', `The pool "${id}" is being deleted.`);
  }
  return pool;
}

export function findSteadyPool(world: World, id: string): Pool | BatchErrorBody {
  const pool = findPool(world, id);
  if (!(pool instanceof Pool)) return pool;
  if (pool.state === 'upgrading') {
    return refuse(
      'PoolBeingResized',
      `The OS version of pool "${id}" is being changed: wait until it is active.`,
    );
  }
  if (pool.allocationState === 'steady') return pool;
  return refuse(
    'PoolBeingResized',
    `The pool "${id}" is ${pool.allocationState}: wait until it is steady, or stop the resize.`,
  );
}

function targetsOf({
  targetDedicatedNodes,
  targetLowPriorityNodes,
}: PoolResize): Partial<PoolTargets> {
  return {
    ...(targetDedicatedNodes === undefined ? {} : { targetDedicatedNodes }),
    ...(targetLowPriorityNodes === undefined ? {} : { targetLowPriorityNodes }),
  };
}

function keepTimeout(pool: Pool, resizeTimeoutMs: number | undefined): void {
  const { resizeTimeoutMs: _before, ...rest } = pool.specification;
  pool.specification = { ...rest, ...(resizeTimeoutMs === undefined ? {} : { resizeTimeoutMs }) };
}

function begin(
  world: World,
  pool: Pool,
  option: NodeDeallocationOption,
  timeoutMs: number | undefined,
  targets: PoolTargets,
): void {
  giveUp(world, pool);
  const shrinks = sizeOf(targets) < sizeOf(pool.specification);
  pool.specification = { ...pool.specification, ...targets };
  pool.resizeErrors = [];
  world.moveAllocation(pool, 'resize');
  world.events?.diagnostics?.resizeStarted(pool, shrinks ? option : undefined);
  setDeadline(world, pool, timeoutMs === undefined ? undefined : world.now + timeoutMs);
}

function sizeOf({
  targetDedicatedNodes,
  targetLowPriorityNodes = 0,
}: Pick<PoolSpecification, 'targetDedicatedNodes' | 'targetLowPriorityNodes'>): number {
  return targetDedicatedNodes + targetLowPriorityNodes;
}

function setDeadline(world: World, pool: Pool, time: number | undefined): void {
  pool.resizeDeadline = time;
  if (time === undefined) world.poolDeadlines.delete(pool.number);
  else world.setPoolDeadline(pool.number, time);
}

/** The nodes leave: at once, or when their tasks are done (semantics §2.2). */
function takeAway(world: World, nodes: readonly Node[], option: NodeDeallocationOption): void {
  for (const node of nodes) {
    world.pools[node.pool]!.withdraw(node.number);
    node.pending = undefined;
  }
  if (option === 'requeue') requeueRuns(world, nodes, requeued);
  else if (option === 'terminate') terminateRuns(world, nodes);
  for (const node of nodes) {
    const retains = option === 'retaineddata';
    if (node.isEmpty && !retains) leave(world, node);
    else {
      node.pending = 'remove';
      node.retains = retains;
      world.pools[node.pool]!.nodesLeaving++;
      if (node.isEmpty) lookForFiles(world, node);
    }
  }
}

const allocationTimedout: ResizeError = {
  code: 'AllocationTimedout',
  message:
    'Not all nodes were there before the resizeTimeout; those that were not are not waited for.',
};
const removeNodesFailed: ResizeError = {
  code: 'RemoveNodesFailed',
  message: 'Not all nodes had left before the resizeTimeout; those that still ran tasks stay.',
};
const resizeStopped: ResizeError = {
  code: 'ResizeStopped',
  message: 'The resize was stopped before it reached its targets.',
};
