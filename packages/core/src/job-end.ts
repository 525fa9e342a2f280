import type { SchedulingError } from './auto-pool.ts';
import type { KillReason } from './effect.ts';
import { endGangAs } from './gang-end.ts';
import type { Job } from './job.ts';
import { endsJob, endWait } from './job-manager.ts';
import { abandonNodeTasks, beginReleases, considerReleases } from './job-release.ts';
import { assignPool } from './pool-jobs.ts';
import { leavePreparing } from './preparing-runs.ts';
import { dropQueues, joinRings, leaveRings } from './ready-queue.ts';
import { filesGone } from './retained-data.ts';
import { Ending } from './run-table.ts';
import type { DisableTasks } from './specification.ts';
import { keepStatistics } from './statistics.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/*
 * How a job stops, for a while or for good (semantics §2.4, §3.10).
 */

/** active → disabling → disabled as soon as nothing of it runs. What waits keeps its place. */
export function disable(world: World, job: Job, disableTasks: DisableTasks): void {
  leaveRings(world, job);
  world.moveJob(job, 'disable');
  job.watch();
  if (disableTasks === 'requeue') endRuns(world, job, Ending.requeued);
  else if (disableTasks === 'terminate') endRuns(world, job, Ending.byUser);
  considerRunsGone(world, job);
}

/** disabled → enabling → active. What is still to be requeued will be. */
export function enable(world: World, job: Job): void {
  if (job.state === 'active') return;
  world.moveJob(job, 'enable');
  world.moveJob(job, 'enabled');
  job.watch();
  joinRings(world, job);
  considerJobManagerEnd(world, job);
  considerJobEnd(world, job);
  considerTermination(world, job);
}

/** active → terminating: what runs is killed, what waits never runs. */
export function terminate(world: World, job: Job, reason: string, force: boolean = false): void {
  stop(world, job, 'terminate');
  world.jobDeadlines.delete(job.number);
  job.terminateReason = reason;
  endRuns(world, job, Ending.byUser);
  if (force) waitNoLonger(world, job);
  else considerRunsGone(world, job);
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
export function deleteJob(world: World, job: Job, force: boolean = false): void {
  stop(world, job, 'delete');
  world.jobDeadlines.delete(job.number);
  endRuns(world, job, Ending.byUser);
  if (force) waitNoLonger(world, job);
  else considerRunsGone(world, job);
}

/**
 * terminating → completed, deleting → gone, though something of it may still run (`force`, semantics §2.4): that keeps
 * its slots until its end is confirmed (ruling 33), and is nobody's business any more.
 */
export function waitNoLonger(world: World, job: Job): void {
  abandonNodeTasks(world, job);
  if (job.state === 'terminating') complete(world, job);
  else if (job.state === 'deleting') vanish(world, job);
}

/** To be called when a task may have been the last that was not completed. */
export function considerJobEnd(world: World, job: Job): void {
  if (job.state !== 'active' || !job.allCompleted) return;
  if (job.specification.onAllTasksComplete === 'terminatejob') {
    terminate(world, job, 'AllTasksComplete');
  }
}

/** To be called when the job manager may have completed: before all else that may end the job (semantics §2.4). */
export function considerJobManagerEnd(world: World, job: Job): void {
  if (job.state === 'active' && endsJob(job)) terminate(world, job, 'JMComplete');
}

/** To be called when a run of the job is over. */
export function runLeft(world: World, job: Job): void {
  considerRunsGone(world, job);
  considerJobEnd(world, job);
  considerRoom(world, job);
}

/** Where so many may run at a time, there is room for another. */
export function considerRoom(world: World, job: Job): void {
  if (job.specification.maxParallelTasks !== undefined) joinRings(world, job);
}

/** To be called when a task of the job has completed: its exit conditions may stop the job (semantics §3.7). */
export function considerJobAction(world: World, job: Job, row: number): void {
  if (job.specification.onTaskFailure === undefined || !job.isOpen) return;
  const { jobAction } = job.exitOptionsOf(row);
  if (jobAction === 'terminate') {
    job.terminationDue = true;
    considerTermination(world, job);
  } else if (jobAction === 'disable' && job.state === 'active') disable(world, job, 'requeue');
}

function considerTermination(world: World, job: Job): void {
  if (job.terminationDue && job.state === 'active') terminate(world, job, 'TaskFailed');
}

/** Nothing of the job is placed again. */
function stop(world: World, job: Job, trigger: 'terminate' | 'delete'): void {
  const isFirst = job.isOpen;
  endWait(world, job);
  dropQueues(world, job);
  world.ageDeadlines.delete(job.number);
  world.moveJob(job, trigger);
  job.watch();
  // Not twice: a job that is deleted after its end has had its releases (semantics §8).
  if (isFirst) beginReleases(world, job);
}

function endRuns(world: World, job: Job, ending: Ending): void {
  if (!job.hasRuns) return;
  for (const run of world.runs) {
    if (world.runs.job(run) === job.number) endRunAs(world, run, ending);
  }
}

/**
 * Tells a run to end; what it was told first decides what becomes of its task. Only a task that was to be requeued
 * may still be ended for good.
 */
export function endRunAs(world: World, run: number, ending: Ending): void {
  if (world.runs.isInstance(run)) {
    endGangAs(world, world.gangs.of(run)!.gang, ending);
    return;
  }
  const before = world.runs.ending(run);
  if (before === Ending.none || before === Ending.requeued) world.runs.setEnding(run, ending);
  if (world.runs.isPreparing(run)) {
    leavePreparing(world, run, 'lost');
    return;
  }
  if (before !== Ending.none) return;
  world.clocks.stop(run);
  world.kill(run, killReason(ending));
}

export function killReason(ending: Ending): KillReason {
  return ending === Ending.taskWallClock || ending === Ending.jobWallClock ? 'wallClock' : 'ended';
}

/** To be called when a run of the job is over, and the job is not. */
export function considerRunsGone(world: World, job: Job): void {
  if (job.state === 'active') return;
  considerReleases(world, job);
  if (job.hasRuns || world.displaced.hasJob(job.number)) return;
  if (world.gangs.hasJob(job.number)) return;
  if (job.onNodes !== undefined && job.onNodes.holdingBack.size > 0) return;
  if (job.state === 'disabling') world.moveJob(job, 'nothingRuns');
  else if (job.state === 'terminating') complete(world, job);
  else if (job.state === 'deleting') vanish(world, job);
  else if (job.state === 'gone') forgetJob(world, job);
}

function complete(world: World, job: Job): void {
  world.moveJob(job, 'allEnded');
  job.endTime = world.now;
  world.endedJobs.push(job);
}

/** Nobody finds it any more; its id is free, and its files go. */
function vanish(world: World, job: Job): void {
  keepStatistics(world, job);
  world.moveJob(job, 'allEnded');
  assignPool(job, world.poolOf(job), undefined);
  world.displaceable.delete(job.number);
  world.jobsOnNodes.forget(job);
  world.retentionDeadlines.delete(job.number);
  job.retention = undefined;
  if (world.filesDeadlines.firstTime !== Infinity) {
    for (const node of world.nodes) filesGone(world, node);
  }
  const { id } = job.specification;
  const account = world.accounts.of(job);
  account.jobById.delete(idKey(id));
  for (const poolId of [...job.formerPoolIds, job.poolId]) {
    if (poolId === '') continue;
    world.effects.remove({
      accountName: account.name,
      poolId: account.pool(poolId)?.specification.id ?? poolId,
      jobId: id,
    });
  }
  world.endedJobs.push(job);
  considerRunsGone(world, job);
}

/** What is kept of a job for the sake of its runs, which may outlive it (`force`). */
function forgetJob(world: World, job: Job): void {
  world.jobs[job.number] = undefined;
  world.classes.free(job.number);
  job.rows.free();
}

/** active → completed: there is no pool for it, nor will there be (semantics §1.9). */
export function failToStart(world: World, job: Job, error: SchedulingError): void {
  world.moveJob(job, 'autoPoolFailed');
  job.schedulingError = error;
  job.endTime = world.now;
  world.jobDeadlines.delete(job.number);
  world.endedJobs.push(job);
}
