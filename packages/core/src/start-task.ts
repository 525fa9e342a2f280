import type { Node } from './node.ts';
import type { NodeTaskRun, TryEnd } from './node-task.ts';
import { endTry, newNodeTaskRun } from './node-task.ts';
import type { StartTask } from './specification.ts';
import type { World } from './world.ts';

/*
 * What a node runs before, or beside, its first tasks (semantics §2.3, §4.3).
 */

/** The start task of one boot; what its pool says later counts from the next boot on. */
export interface StartTaskRun extends NodeTaskRun {
  readonly specification: StartTask;
}

/** What became of a try. */
export type StartTaskEnd = 'succeeded' | 'failed' | 'goesOn';

export function beginStartTask(world: World, node: Node, specification: StartTask): void {
  node.startTask = { specification, ...newNodeTaskRun(world) };
  run(world, node, node.startTask);
}

/** The same try once more: it was lost with what ran it, which counts nowhere. */
export function rerunStartTask(world: World, node: Node): void {
  const { startTask } = node;
  if (startTask?.state === 'running') run(world, node, startTask);
}

export function endStartTask(
  world: World,
  node: Node,
  startTask: StartTaskRun,
  end: TryEnd,
): StartTaskEnd {
  const outcome = endTry(world, startTask, startTask.specification.maxTaskRetryCount, end);
  if (outcome !== 'again') return outcome;
  run(world, node, startTask);
  return 'goesOn';
}

function run(world: World, node: Node, startTask: StartTaskRun): void {
  startTask.sequence = world.nextSequence();
  startTask.startTime = world.now;
  world.effects.runStartTask(node.number, startTask.sequence, world.pools[node.pool]!.mustSync);
}
