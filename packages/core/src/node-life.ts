import { forgetDisplaced } from './displacement.ts';
import type { Node } from './node.ts';
import { requeueRuns } from './node-runs.ts';
import { considerPoolEnd } from './pool-rules.ts';
import { considerSize } from './pool-size.ts';
import { lost } from './run-end.ts';
import type { World } from './world.ts';

/*
 * What executors say of nodes (semantics §2.2).
 */

/** The executor has the node, or has it again. */
export function nodeReady(world: World, node: Node): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined) return false;
  if (node.state === 'creating') {
    world.moveNode(node, 'booted');
    node.lastBootTime = world.now;
    world.moveNode(node, 'ready');
    pool.nodesCreating--;
  } else if (node.state === 'unknown') {
    world.moveNode(node, 'returned');
  } else return false;
  if (node.takesTasks) pool.offer(node.number);
  world.stir(pool);
  considerSize(world, pool);
  return true;
}

/** No word from the node: its tasks are requeued, it takes none until it is back (semantics §2.2). */
export function nodeLost(world: World, node: Node): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined || (node.state !== 'idle' && node.state !== 'running')) return false;
  pool.withdraw(node.number);
  world.moveNode(node, 'lost');
  requeueRuns(world, [node], lost);
  forgetDisplaced(world, node);
  return true;
}

export function nodeGone(world: World, node: Node): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined || node.state !== 'leavingpool') return false;
  world.moveNode(node, 'freed');
  pool.nodes.delete(node);
  pool.nodesLeaving--;
  world.runs.release(node.firstRun, pool.specification.taskSlotsPerNode);
  considerSize(world, pool);
  considerPoolEnd(world, pool);
  return true;
}
