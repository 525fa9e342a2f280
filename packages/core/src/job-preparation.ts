import { isPrepared, startGang } from './gang-start.ts';
import type { Job } from './job.ts';
import { considerRunsGone } from './job-end.ts';
import type { JobOnNode } from './jobs-on-nodes.ts';
import type { Node } from './node.ts';
import type { TryEnd } from './node-task.ts';
import { endTry, isUnderWay, newNodeTaskRun } from './node-task.ts';
import { setNodeTaskDeadline } from './node-task-deadline.ts';
import { beginRun, leavePreparing } from './preparing-runs.ts';
import type { World } from './world.ts';

/*
 * The job preparation task: before, or beside, the first tasks of its job on a node (semantics §8).
 */

/** A task of the job has been placed on the node. True: it has to wait for the preparation. */
export function prepareFor(world: World, job: Job, node: number): boolean {
  const { jobPreparationTask } = job.specification;
  if (jobPreparationTask === undefined) return false;
  const onNode = world.jobsOnNodes.provide(job, node);
  if (onNode.isPrepared) return false;
  if (!isUnderWay(onNode.preparation)) {
    onNode.preparation = newNodeTaskRun(world);
    run(world, job, onNode);
  }
  return jobPreparationTask.waitForSuccess;
}

/** A try is over: the tasks that wait for it go on, or go elsewhere. */
export function preparationEnded(world: World, onNode: JobOnNode, end: TryEnd): void {
  const job = world.jobs[onNode.job]!;
  const { waitForSuccess, constraints } = job.specification.jobPreparationTask!;
  const outcome = endTry(world, onNode.preparation!, constraints.maxTaskRetryCount ?? 0, end);
  if (outcome === 'again') {
    run(world, job, onNode);
    return;
  }
  setNodeTaskDeadline(world, onNode, undefined);
  if (job.isOpen) {
    onNode.isPrepared = outcome === 'succeeded' || !waitForSuccess;
    const waiting = preparingRuns(world, job, world.nodes[onNode.node]!);
    if (onNode.isPrepared) for (const one of waiting) begin(world, one);
    else {
      onNode.isBarred = true;
      // Those of one input go to the front by creation (semantics §3.3).
      waiting.sort((a, b) => world.runs.task(a) - world.runs.task(b));
      for (const one of waiting) {
        world.events?.diagnostics?.preparationFailed(job, world.runs.task(one));
        leavePreparing(world, one, 'displaced');
      }
    }
  }
  considerRunsGone(world, job);
}

/** An instance of a multi-instance task waits for the nodes of all others as well. */
function begin(world: World, run: number): void {
  const gang = world.runs.isInstance(run) ? world.gangs.of(run)?.gang : undefined;
  if (gang === undefined) beginRun(world, run);
  else if (isPrepared(world, gang)) startGang(world, gang);
}

/** In the order in which they were placed. */
function preparingRuns({ runs }: World, job: Job, node: Node): number[] {
  return [...node.runs()]
    .filter((run) => runs.isPreparing(run) && runs.job(run) === job.number)
    .sort((a, b) => runs.start(a) - runs.start(b) || runs.sequence(b) - runs.sequence(a));
}

function run(world: World, job: Job, onNode: JobOnNode): void {
  const { number, node, preparation } = onNode;
  const { maxWallClockTimeMs } = job.specification.jobPreparationTask!.constraints;
  preparation!.sequence = world.nextSequence();
  preparation!.startTime = world.now;
  const deadline = maxWallClockTimeMs === undefined ? undefined : world.now + maxWallClockTimeMs;
  setNodeTaskDeadline(world, onNode, deadline);
  const { mustSync } = world.pools[world.nodes[node]!.pool]!;
  world.effects.runJobPreparation(node, number, preparation!.sequence, mustSync);
}
