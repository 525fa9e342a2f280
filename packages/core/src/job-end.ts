import type { Job } from './job.ts';
import { dropQueues } from './ready-queue.ts';
import { Ending } from './run-table.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/*
 * How a job comes to its end (semantics §2.4, §3.10).
 */

/** active → terminating: what runs is killed, what waits never runs. */
export function terminate(world: World, job: Job, reason: string): void {
  stop(world, job, 'terminate');
  world.jobDeadlines.delete(job.number);
  job.terminateReason = reason;
  endRuns(world, job, Ending.byUser);
  considerRunsGone(world, job);
}

/** The same when its wall clock expires: every task that is not completed ends with it (ruling 4). */
export function expire(world: World, job: Job): void {
  stop(world, job, 'terminate');
  job.terminateReason = 'MaxWallClockTimeExpiry';
  job.expiredAt = world.now;
  endRuns(world, job, Ending.jobWallClock);
  considerRunsGone(world, job);
}

/** any → deleting → gone, as soon as nothing of it runs. */
export function deleteJob(world: World, job: Job): void {
  stop(world, job, 'delete');
  world.jobDeadlines.delete(job.number);
  endRuns(world, job, Ending.byUser);
  considerRunsGone(world, job);
}

/** To be called when a task may have been the last that was not completed. */
export function considerJobEnd(world: World, job: Job): void {
  if (job.state !== 'active' || !job.allCompleted) return;
  if (job.specification.onAllTasksComplete === 'terminatejob') {
    terminate(world, job, 'AllTasksComplete');
  }
}

/** To be called when a run of the job is over. */
export function runLeft(world: World, job: Job): void {
  considerRunsGone(world, job);
  considerJobEnd(world, job);
}

/** Nothing of the job is placed again. */
function stop(world: World, job: Job, trigger: 'terminate' | 'delete'): void {
  dropQueues(world, job);
  world.moveJob(job, trigger);
  job.watch();
}

function endRuns(world: World, job: Job, ending: Ending): void {
  if (!job.hasRuns) return;
  for (const run of world.runs) {
    if (world.runs.job(run) !== job.number || world.runs.ending(run) !== Ending.none) continue;
    endRunAs(world, run, ending);
  }
}

/** Tells a run to end; what it ended for decides how its task completes. */
export function endRunAs(world: World, run: number, ending: Ending): void {
  world.runs.setEnding(run, ending);
  world.clocks.stop(run);
  world.kill(run, ending === Ending.byUser ? 'ended' : 'wallClock');
}

/** To be called when a run of the job is over, and the job is not. */
export function considerRunsGone(world: World, job: Job): void {
  if (job.state === 'active' || job.hasRuns) return;
  if (job.state === 'terminating') {
    world.moveJob(job, 'allEnded');
    job.endTime = world.now;
  } else if (job.state === 'deleting') {
    world.moveJob(job, 'allEnded');
    world.jobs[job.number] = undefined;
    world.classes.free(job.number);
    job.rows.free();
    world.jobById.delete(idKey(job.specification.id));
    const { id, poolInfo } = job.specification;
    const poolId = world.pool(poolInfo.poolId)?.specification.id ?? poolInfo.poolId;
    world.effects.remove({ poolId, jobId: id });
  }
}
