import type { Job } from './job.ts';
import { considerRunsGone } from './job-end.ts';
import type { JobOnNode } from './jobs-on-nodes.ts';
import type { NodeState } from './machines.ts';
import type { Node } from './node.ts';
import type { TryEnd } from './node-task.ts';
import { endTry, isUnderWay, newNodeTaskRun } from './node-task.ts';
import { killNodeTask, setNodeTaskDeadline } from './node-task-deadline.ts';
import { failureCodes } from './report.ts';
import { Failure, reportedFrom } from './task-failure.ts';
import type { World } from './world.ts';

/*
 * The job release task: when its job ends, on every node where one of its tasks has started (semantics §8, ruling 25).
 */

/** Nodes that are waited for, as long as there is time. */
const awaited: ReadonlySet<NodeState> = new Set(['rebooting', 'starting', 'waitingforstarttask']);
const canRun: ReadonlySet<NodeState> = new Set(['idle', 'running', 'offline']);

const unknown = reportedFrom + failureCodes.indexOf('Unknown');

/** The job is not over before its nodes are done with it. To be called when it begins to end. */
export function beginReleases(world: World, job: Job): void {
  const { onNodes } = job;
  if (onNodes === undefined) return;
  for (const onNode of onNodes.byNode.values()) {
    onNodes.setHoldsBack(onNode, true);
    if (isUnderWay(onNode.preparation)) killNodeTask(world, onNode, onNode.preparation, 'ended');
  }
}

/** The job does not wait for its nodes (`force`, semantics §2.4): what they still run for it is ended behind its back. */
export function abandonNodeTasks(world: World, job: Job): void {
  const { onNodes } = job;
  for (const onNode of [...(onNodes?.holdingBack ?? [])]) {
    for (const run of [onNode.preparation, onNode.release]) {
      if (!isUnderWay(run)) continue;
      killNodeTask(world, onNode, run, 'ended');
      run.sequence = 0;
      run.ending = undefined;
    }
    if (onNode.preparation?.state === 'running') onNode.preparation = undefined;
    if (onNode.release?.state === 'running') giveUp(world, onNode, Failure.endedByUser);
    setNodeTaskDeadline(world, onNode, undefined);
    onNodes!.setHoldsBack(onNode, false);
  }
}

/** Starts what is due, and lets go of the nodes that are done, or on which nothing will come of it. */
export function considerReleases(world: World, job: Job): void {
  const holdingBack = job.onNodes?.holdingBack;
  if (holdingBack === undefined || holdingBack.size === 0) return;
  for (const onNode of [...holdingBack]) considerRelease(world, job, onNode);
}

/** A try is over. */
export function releaseEnded(world: World, onNode: JobOnNode, end: TryEnd): void {
  const job = world.jobs[onNode.job]!;
  const { maxTaskRetryCount } = job.specification.jobReleaseTask!;
  const outcome = endTry(world, onNode.release!, maxTaskRetryCount, end);
  if (outcome === 'again') run(world, onNode);
  considerRunsGone(world, job);
}

/** Its time is over, or that of the preparation. */
export function expireNodeTask(world: World, onNode: JobOnNode): void {
  setNodeTaskDeadline(world, onNode, undefined);
  const { preparation, release } = onNode;
  const isUnfinished = release?.state === 'running';
  if (isUnderWay(preparation)) killNodeTask(world, onNode, preparation, 'wallClock');
  else if (isUnderWay(release)) killNodeTask(world, onNode, release, 'wallClock');
  else {
    // Its node did not come back in time.
    if (isUnfinished) giveUp(world, onNode, Failure.taskWallClock);
    const job = world.jobs[onNode.job]!;
    job.onNodes!.setHoldsBack(onNode, false);
    considerRunsGone(world, job);
  }
}

/** What preparations and releases ran there has ended with the node, or with what it ran. */
export function interruptNodeTasks(world: World, node: Node): void {
  for (const onNode of world.jobsOnNodes.onNode(node.number)) {
    if (onNode.preparation?.state === 'running') {
      onNode.preparation = undefined;
      setNodeTaskDeadline(world, onNode, undefined);
    }
    if (isUnderWay(onNode.release)) {
      onNode.release.sequence = 0;
      onNode.release.ending = undefined;
    }
    considerRunsGone(world, world.jobs[onNode.job]!);
  }
}

/** What preparations and releases run there must be dead before the node is back. */
export function killNodeTasks(world: World, node: Node): void {
  for (const onNode of world.jobsOnNodes.onNode(node.number)) {
    for (const run of [onNode.preparation, onNode.release]) {
      if (isUnderWay(run)) killNodeTask(world, onNode, run, 'ended');
    }
  }
}

/** The node has lost all files: it has not seen any job (semantics §4.4). */
export function forgetJobsOn(world: World, node: Node): void {
  for (const onNode of world.jobsOnNodes.onNode(node.number)) {
    onNode.isPrepared = false;
    onNode.isBarred = false;
    onNode.hasStarted = false;
  }
}

/** The node starts again, with its files: some preparations run again before the next task (ruling 24). */
export function noteBoot(world: World, node: Node): void {
  for (const onNode of world.jobsOnNodes.onNode(node.number)) {
    const { jobPreparationTask } = world.jobs[onNode.job]!.specification;
    if (jobPreparationTask?.rerunOnNodeRebootAfterSuccess === true) onNode.isPrepared = false;
  }
}

/** The node is up: what has waited for it may run. */
export function resumeReleases(world: World, node: Node): void {
  for (const onNode of world.jobsOnNodes.onNode(node.number)) {
    if (onNode.holdsBack) considerRunsGone(world, world.jobs[onNode.job]!);
  }
}

function considerRelease(world: World, job: Job, onNode: JobOnNode): void {
  const { preparation, release } = onNode;
  const releaseState = release?.state;
  if (isUnderWay(preparation) || isUnderWay(release)) return;
  const { state } = world.nodes[onNode.node]!;
  const isDue =
    job.specification.jobReleaseTask !== undefined &&
    onNode.hasStarted &&
    releaseState !== 'completed';
  if (!isDue || !(canRun.has(state) || awaited.has(state))) {
    if (releaseState === 'running') {
      giveUp(world, onNode, unknown, 'Its node was lost before it had ended.');
    }
    setNodeTaskDeadline(world, onNode, undefined);
    job.onNodes!.setHoldsBack(onNode, false);
    return;
  }
  // It starts after that node's tasks of the job are dead.
  if (runsThere(world, job, onNode.node)) return;
  if (onNode.deadline === undefined) {
    const { maxWallClockTimeMs } = job.specification.jobReleaseTask!;
    setNodeTaskDeadline(world, onNode, world.now + maxWallClockTimeMs);
  }
  if (!canRun.has(state)) return;
  onNode.release ??= newNodeTaskRun(world);
  run(world, onNode);
}

/** It will not come to an end. */
function giveUp(world: World, { release }: JobOnNode, failure: number, detail?: string): void {
  release!.state = 'completed';
  release!.endTime = world.now;
  release!.failure = failure;
  release!.failureDetail = detail;
}

function runsThere(world: World, job: Job, number: number): boolean {
  const { runs, displaced } = world;
  for (const run of world.nodes[number]!.runs()) if (runs.job(run) === job.number) return true;
  return displaced.onNode(number).some((one) => one.job === job.number);
}

function run(world: World, { node, number, release }: JobOnNode): void {
  release!.sequence = world.nextSequence();
  release!.startTime = world.now;
  const { mustSync } = world.pools[world.nodes[node]!.pool]!;
  world.effects.runJobRelease(node, number, release!.sequence, mustSync);
}
