import { forgetDisplaced } from './displacement.ts';
import { forgetJobsOn, interruptNodeTasks, noteBoot, resumeReleases } from './job-release.ts';
import type { Node } from './node.ts';
import { renewInstall } from './node-install.ts';
import { leave } from './node-request.ts';
import { forgetNodeUsers } from './node-user.ts';
import type { Pool } from './pool.ts';
import { awaitFiles } from './retained-data.ts';
import { beginStartTask } from './start-task.ts';
import type { World } from './world.ts';

/*
 * How a node comes up, and what it does when its tasks are done (semantics §2.2).
 */

/** Its operating system is up: → starting, then what its pool says. */
export function boot(world: World, node: Node): void {
  const pool = world.pools[node.pool]!;
  const { startTask } = pool.specification;
  // One that was deallocated is starting already.
  if (node.state !== 'rebooting' && node.state !== 'unusable') node.diskSince = world.now;
  if (node.state !== 'starting') world.moveNode(node, 'booted');
  node.osVersion = pool.osVersion;
  node.lastBootTime = world.now;
  noteBoot(world, node);
  if (startTask === undefined) node.startTask = undefined;
  else {
    beginStartTask(world, node, startTask);
    if (startTask.waitForSuccess) {
      world.moveNode(node, 'startTask');
      return;
    }
  }
  comeUp(world, node);
}

/** → idle, or offline: from starting, or when its start task has succeeded. */
export function comeUp(world: World, node: Node): void {
  world.moveNode(node, node.schedulingState === 'enabled' ? 'ready' : 'readyDisabled');
  settle(world, node);
}

/** A node without tasks does what waited for that, or takes tasks. */
export function settle(world: World, node: Node): void {
  resumeReleases(world, node);
  if (node.pending !== undefined && node.isEmpty) actOrWait(world, node);
  else if (node.takesTasks) {
    const pool = world.pools[node.pool]!;
    pool.offer(node.number);
    world.stir(pool);
  }
}

/** The last task of a node that takes no tasks is over. */
export function emptied(world: World, node: Node): void {
  const wasExclusive = node.isExclusive;
  node.isExclusive = false;
  if (node.state === 'running') {
    if (node.pending !== undefined) actOrWait(world, node);
    else if (node.schedulingState === 'disabled') world.moveNode(node, 'drained');
    else if (wasExclusive) {
      world.moveNode(node, 'lastTaskGone');
      settle(world, node);
    }
  } else if (node.pending === 'remove') actOrWait(world, node);
}

/** What it has been told to do waits for its tasks, and perhaps for the files that they have left. */
export function actOrWait(world: World, node: Node): void {
  if (node.retains && node.state !== 'preempted') awaitFiles(world, node);
  else act(world, node);
}

/** What a node without tasks has been told to do as soon as it has none. */
export function act(world: World, node: Node): void {
  const { pending } = node;
  if (pending === 'remove') leave(world, node);
  else if (pending !== undefined) {
    node.pending = undefined;
    if (pending === 'deallocate') beginDeallocation(world, node);
    else restart(world, node, pending);
  }
}

/** → deallocating. A start task that runs there ends with it. */
export function beginDeallocation(world: World, node: Node): void {
  world.pools[node.pool]!.withdraw(node.number);
  world.setFilesDeadline(node, undefined);
  node.diskSince = world.now;
  world.moveNode(node, 'deallocate');
  forgetDisplaced(world, node);
  forgetJobsOn(world, node);
  interruptNodeTasks(world, node);
  forgetNodeUsers(world, node);
  node.startTask = undefined;
  node.sequence = world.nextSequence();
  world.effects.deallocateNode(node.number, node.sequence);
}

/** deallocated → starting: the executor is asked for it anew. */
export function startAgain(world: World, node: Node): void {
  world.moveNode(node, 'start');
  renewInstall(world, node);
  node.sequence = world.nextSequence();
  world.effects.getNode(node.number, node.sequence);
}

/** → rebooting or reimaging. What still runs there, a start task, ends with it. */
export function restart(
  world: World,
  node: Node,
  action: 'reboot' | 'reimage',
  trigger: 'reboot' | 'reimage' | 'upgrade' = action,
): void {
  const pool = world.pools[node.pool]!;
  pool.withdraw(node.number);
  // One that was away while the version of its pool changed has to come to that.
  const isAnew = action === 'reimage' || isOutdated(pool, node);
  world.setNodeDeadline(node, undefined);
  world.setFilesDeadline(node, undefined);
  world.moveNode(node, isAnew && action === 'reboot' ? 'upgrade' : trigger);
  forgetDisplaced(world, node);
  if (isAnew) forgetJobsOn(world, node);
  interruptNodeTasks(world, node);
  node.errors = [];
  if (node.startTask !== undefined) node.startTask.sequence = 0;
  renewInstall(world, node);
  node.sequence = world.nextSequence();
  if (isAnew) {
    forgetNodeUsers(world, node);
    node.diskSince = world.now;
  }
  if (isAnew) world.effects.reimageNode(node.number, node.sequence);
  else world.effects.rebootNode(node.number, node.sequence);
}

/** Whether it does not run the OS version of its pool. */
export function isOutdated(pool: Pool, node: Node): boolean {
  return node.osVersion !== undefined && node.osVersion !== pool.osVersion;
}
