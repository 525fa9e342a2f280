import { forgetDisplaced } from './displacement.ts';
import { interruptNodeTasks, killNodeTasks } from './job-release.ts';
import type { Node } from './node.ts';
import { settle } from './node-boot.ts';
import { requeueRuns, runsOf } from './node-runs.ts';
import { lost } from './run-end.ts';
import { rerunStartTask } from './start-task.ts';
import type { World } from './world.ts';

/*
 * A node that is not heard of (semantics §2.2): it keeps what runs there for the nodeLostRequeueDelay.
 */

/** → unknown. */
export function fallSilent(world: World, node: Node): void {
  world.pools[node.pool]!.withdraw(node.number);
  world.moveNode(node, 'lost');
  const { nodeLostRequeueDelayMs } = world.options;
  if (nodeLostRequeueDelayMs === 0) giveUp(world, node);
  else world.setNodeDeadline(node, world.now + nodeLostRequeueDelayMs);
}

/** The delay is over. Should what runs there still be alive, it must be ended before the node is back. */
export function expireSilence(world: World, node: Node): void {
  for (const run of runsOf(world, [node]))
    if (!world.runs.isPreparing(run)) world.kill(run, 'ended');
  killNodeTasks(world, node);
  giveUp(world, node);
}

/** unknown → the state that it had. Where it is back in time it has what it ran. */
export function comeBack(world: World, node: Node): void {
  const inTime = node.givenUpAt !== undefined;
  world.setNodeDeadline(node, undefined);
  if (hasFailed(node)) world.moveNode(node, 'returnedFailed');
  else if (waits(node)) world.moveNode(node, 'returnedWaiting');
  else if (!node.isEmpty) world.moveNode(node, 'returnedRunning');
  else world.moveNode(node, node.schedulingState === 'enabled' ? 'returned' : 'returnedDisabled');
  // It may have come to its end meanwhile, and only from idle a node is deallocated.
  if (node.state === 'offline' && node.pending === 'deallocate') node.pending = undefined;
  if (!inTime && node.pending === undefined) rerunStartTask(world, node);
  settle(world, node);
}

/** Its start task may have ended meanwhile. */
function hasFailed({ previousState, startTask }: Node): boolean {
  if (previousState === 'starttaskfailed') return true;
  return (
    previousState === 'waitingforstarttask' &&
    startTask?.failure !== undefined &&
    startTask.state === 'completed'
  );
}

function waits({ previousState, startTask }: Node): boolean {
  return previousState === 'waitingforstarttask' && startTask?.state !== 'completed';
}

/** What it ran is active again, which counts nowhere. */
function giveUp(world: World, node: Node): void {
  world.setNodeDeadline(node, undefined);
  if (node.pending === 'deallocate') node.pending = undefined;
  if (node.startTask !== undefined) node.startTask.sequence = 0;
  requeueRuns(world, [node], lost);
  forgetDisplaced(world, node);
  interruptNodeTasks(world, node);
}
