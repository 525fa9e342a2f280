import type { JobOnNode } from './jobs-on-nodes.ts';
import type { NodeTaskRun } from './node-task.ts';
import type { World } from './world.ts';

/** `undefined`: it has none any more. */
export function setNodeTaskDeadline(
  world: World,
  onNode: JobOnNode,
  time: number | undefined,
): void {
  onNode.deadline = time;
  if (time === undefined) world.nodeTaskDeadlines.delete(onNode.number);
  else {
    world.nodeTaskDeadlines.set(onNode.number, time);
    world.expect(time);
  }
}

/** Tells the try under way to end; it is over when that is confirmed (ruling 33). */
export function killNodeTask(
  world: World,
  { node, number }: JobOnNode,
  run: NodeTaskRun,
  ending: 'ended' | 'wallClock',
): void {
  if (run.ending !== undefined) return;
  run.ending = ending;
  world.effects.killNodeTask(node, number, run.sequence, ending);
}
