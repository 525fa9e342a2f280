import { forgetDisplaced } from './displacement.ts';
import { preparationEnded } from './job-preparation.ts';
import { forgetJobsOn, interruptNodeTasks, releaseEnded } from './job-release.ts';
import type { Node, NodeError } from './node.ts';
import { actOrWait, boot, comeUp, isOutdated, restart } from './node-boot.ts';
import { renewInstall } from './node-install.ts';
import { requeueRuns } from './node-runs.ts';
import { comeBack, fallSilent } from './node-silence.ts';
import type { TryEnd } from './node-task.ts';
import { isUnderWay } from './node-task.ts';
import { forgetNodeUsers } from './node-user.ts';
import { considerUpgrade } from './os-version.ts';
import { considerPoolEnd } from './pool-rules.ts';
import { considerSize } from './pool-size.ts';
import { displaced, lost } from './run-end.ts';
import { endStartTask } from './start-task.ts';
import type { World } from './world.ts';

/*
 * What executors say of nodes (semantics §2.2). False: it is about something that is over.
 */

/** The executor has the node, or has it again. */
export function nodeReady(world: World, node: Node): boolean {
  const pool = world.pools[node.pool];
  if (pool === undefined) return false;
  switch (node.state) {
    case 'creating':
      pool.nodesCreating--;
      start(world, node);
      considerSize(world, pool);
      return true;
    case 'preempted':
      world.moveNode(node, 'capacityBack');
      start(world, node);
      return true;
    case 'starting':
    case 'rebooting':
      start(world, node);
      return true;
    case 'reimaging':
      start(world, node);
      considerUpgrade(world, pool);
      return true;
    case 'unusable':
      // What has a known cause is not healed by itself.
      if (node.errors.length > 0) return false;
      if (isOutdated(pool, node)) restart(world, node, 'reimage', 'upgrade');
      else boot(world, node);
      return true;
    case 'unknown':
      if (isOutdated(pool, node)) {
        node.pending = undefined;
        requeueRuns(world, [node], displaced);
        restart(world, node, 'reimage', 'upgrade');
      } else comeBack(world, node);
      return true;
    default:
      return false;
  }
}

/** What it should have installed and cannot leaves it unusable; the next reboot tries again (semantics §10). */
function start(world: World, node: Node): void {
  const message = node.install?.applicationPackages.error;
  if (message === undefined) {
    boot(world, node);
    return;
  }
  if (node.state !== 'starting') world.moveNode(node, 'booted');
  node.osVersion = world.pools[node.pool]?.osVersion;
  node.lastBootTime = world.now;
  nodeUnusable(world, node, { code: 'ApplicationPackageError', message });
}

/** No word from the node: it takes no tasks until it is back (semantics §2.2). */
export function nodeLost(world: World, node: Node): boolean {
  switch (node.state) {
    case 'idle':
    case 'running':
    case 'offline':
    case 'waitingforstarttask':
    case 'starttaskfailed':
      fallSilent(world, node);
      return true;
    default:
      return false;
  }
}

/** It works no more; `code` only where the cause is known. */
export function nodeUnusable(world: World, node: Node, error: NodeError | undefined): boolean {
  switch (node.state) {
    case 'unusable':
    case 'preempted':
    case 'deallocating':
    case 'deallocated':
    case 'leavingpool':
    case 'gone':
      return false;
    default:
      node.errors = error === undefined ? [] : [error];
      fall(world, node, 'unusable');
      return true;
  }
}

/** A low-priority node is taken away; it comes again under its id when there is capacity. */
export function nodePreempted(world: World, node: Node): boolean {
  switch (node.state) {
    case 'preempted':
    case 'deallocating':
    case 'deallocated':
    case 'leavingpool':
    case 'gone':
      return false;
    default:
  }
  if (node.isDedicated) return false;
  if (!fall(world, node, 'preempt')) return true;
  node.startTask = undefined;
  node.diskSince = world.now;
  forgetNodeUsers(world, node);
  renewInstall(world, node);
  forgetJobsOn(world, node);
  node.sequence = world.nextSequence();
  world.effects.getNode(node.number, node.sequence);
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

/** A try of its start task is over. */
export function startTaskEnded(
  world: World,
  node: Node,
  sequence: number,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
): boolean {
  const { startTask } = node;
  if (startTask === undefined || sequence === 0 || startTask.sequence !== sequence) return false;
  const end = endStartTask(world, node, startTask, { exitCode, reported, detail });
  if (node.state !== 'waitingforstarttask' || end === 'goesOn') return true;
  if (end === 'succeeded') comeUp(world, node);
  else world.moveNode(node, 'startTaskFailed');
  return true;
}

/** A try of a preparation or release task is over. */
export function nodeTaskEnded(
  world: World,
  number: number,
  sequence: number,
  end: TryEnd,
): boolean {
  const onNode = world.jobsOnNodes.underWay(number, sequence);
  if (onNode === undefined) return false;
  if (isUnderWay(onNode.preparation)) preparationEnded(world, onNode, end);
  else releaseEnded(world, onNode, end);
  return true;
}

/** It loses what it runs, which counts nowhere. False: it leaves now, as it was to without tasks. */
function fall(world: World, node: Node, trigger: 'unusable' | 'preempt'): boolean {
  const pool = world.pools[node.pool]!;
  pool.withdraw(node.number);
  const wasCreating = node.state === 'creating';
  world.setNodeDeadline(node, undefined);
  world.moveNode(node, trigger);
  if (trigger !== 'unusable') node.errors = [];
  if (node.startTask !== undefined) node.startTask.sequence = 0;
  // It is not worth to be kept for later.
  if (node.pending === 'deallocate') node.pending = undefined;
  // One that is made anew has nothing to restart for.
  if (trigger === 'preempt' && node.pending !== 'remove') node.pending = undefined;
  requeueRuns(world, [node], lost);
  forgetDisplaced(world, node);
  interruptNodeTasks(world, node);
  const waits = node.pending !== undefined && node.isEmpty;
  if (waits && (node.state === 'unusable' || node.state === 'preempted')) actOrWait(world, node);
  considerUpgrade(world, pool);
  if (wasCreating) {
    pool.nodesCreating--;
    considerSize(world, pool);
  }
  return node.state !== 'leavingpool';
}
