import type { BatchErrorBody } from './errors.ts';
import { Node } from './node.ts';
import { Pool } from './pool.ts';
import { joinRings } from './ready-queue.ts';
import { refuse } from './refusal.ts';
import { endRun, lost, requeued } from './run-end.ts';
import type { PoolSpecification } from './specification.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/** semantics §1.2, §2.1 */
export function addPool(
  world: World,
  specification: PoolSpecification,
): BatchErrorBody | undefined {
  const { id, targetDedicatedNodes } = specification;
  if (world.pool(id) !== undefined) return refuse('PoolExists', `The pool "${id}" exists already.`);
  const pool = new Pool(world.pools.length, specification, world.now, world.nodeTable);
  world.pools.push(pool);
  world.poolById.set(idKey(id), pool);
  for (const job of world.jobs) {
    if (job === undefined || idKey(job.specification.poolInfo.poolId) !== idKey(id)) continue;
    job.pool = pool.number;
    joinRings(world, job);
  }
  if (targetDedicatedNodes === 0) return undefined;
  world.moveAllocation(pool, 'resize');
  for (let count = 0; count < targetDedicatedNodes; count++) addNode(world, pool);
  return undefined;
}

/** Its tasks go back to active, since they may run after their job is pointed at another pool (semantics §2.1). */
export function deletePool(world: World, id: string): BatchErrorBody | undefined {
  const pool = world.pool(id);
  if (pool === undefined) return refuse('PoolNotFound', `There is no pool "${id}".`);
  if (pool.state === 'deleting') {
    return refuse('PoolBeingDeleted', `The pool "${id}" is being deleted.`);
  }
  pool.dropRings();
  world.movePool(pool, 'delete');
  if (pool.nodes.size > 0) world.moveAllocation(pool, 'resize');
  requeueRuns(world, [...pool.nodes], requeued);
  for (const node of pool.nodes) removeNode(world, pool, node);
  considerPoolEnd(world, pool);
  return undefined;
}

/** The executor has the node, or has it again. */
export function nodeReady(world: World, node: Node): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined) return false;
  if (node.state === 'creating') {
    world.moveNode(node, 'booted');
    node.lastBootTime = world.now;
    world.moveNode(node, 'ready');
    if (--pool.nodesCreating === 0) world.moveAllocation(pool, 'targetReached');
  } else if (node.state === 'unknown') {
    world.moveNode(node, 'returned');
  } else return false;
  pool.offer(node.number);
  world.stir(pool);
  return true;
}

/** No word from the node: its tasks are requeued, it takes none until it is back (semantics §2.2). */
export function nodeLost(world: World, node: Node): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined || (node.state !== 'idle' && node.state !== 'running')) return false;
  pool.withdraw(node.number);
  world.moveNode(node, 'lost');
  requeueRuns(world, [node], lost);
  return true;
}

export function nodeGone(world: World, node: Node): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined || node.state !== 'leavingpool') return false;
  world.moveNode(node, 'freed');
  pool.nodes.delete(node);
  world.runs.release(node.firstRun, pool.specification.taskSlotsPerNode);
  considerPoolEnd(world, pool);
  return true;
}

function addNode(world: World, pool: Pool): void {
  const slots = pool.specification.taskSlotsPerNode;
  const number = world.nodes.length;
  const node = new Node(world, {
    number,
    pool: pool.number,
    ordinal: pool.nextOrdinal++,
    slots,
    freeSlots: slots,
    ...world.runs.allocate(number, slots),
    succeeded: 0,
    otherwiseEnded: 0,
    state: 'creating',
    stateTransitionTime: world.now,
    previousState: undefined,
    previousStateTransitionTime: undefined,
    lastBootTime: undefined,
    sequence: world.nextSequence(),
    poolId: pool.specification.id,
    allocationTime: world.now,
  });
  world.nodes.push(node);
  pool.nodes.add(node);
  pool.nodesCreating++;
  world.effects.getNode(node.number, node.sequence);
}

function removeNode(world: World, pool: Pool, node: Node): void {
  if (node.state === 'idle' || node.state === 'running') pool.withdraw(node.number);
  world.moveNode(node, 'remove');
  node.sequence = world.nextSequence();
  world.effects.releaseNode(node.number, node.sequence);
}

/** By creation: those of one input go to the front of their jobs' queues in that order (semantics §3.3). */
function requeueRuns(world: World, nodes: readonly Node[], why: number): void {
  const { runs } = world;
  const concerned = nodes.flatMap((node) => [...node.runs()]);
  concerned.sort((a, b) => runs.job(a) - runs.job(b) || runs.task(a) - runs.task(b));
  for (const run of concerned) endRun(world, run, undefined, why, undefined);
}

function considerPoolEnd(world: World, pool: Pool): void {
  if (pool.state !== 'deleting' || pool.nodes.size > 0) return;
  if (pool.allocationState === 'resizing') world.moveAllocation(pool, 'targetReached');
  world.movePool(pool, 'lastNodeGone');
  world.pools[pool.number] = undefined;
  world.poolById.delete(idKey(pool.specification.id));
  for (const job of world.jobs) if (job?.pool === pool.number) job.pool = -1;
}
