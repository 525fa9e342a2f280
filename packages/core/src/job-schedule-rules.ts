import type { Account } from './account.ts';
import { hasActiveQuotaReached, refuseJobOrSchedule } from './account-quotas.ts';
import { releasePoolOfJob, releasePoolOfSchedule, sharesPoolWith } from './auto-pool.ts';
import type { BatchErrorBody } from './errors.ts';
import { touch } from './etag.ts';
import { considerJobEnd, deleteJob, terminate, waitNoLonger } from './job-end.ts';
import { addJobManager } from './job-manager.ts';
import { makeJob } from './job-rules.ts';
import { JobSchedule } from './job-schedule.ts';
import { isOver, isWaiting, nextDue } from './recurrence.ts';
import { refuse } from './refusal.ts';
import type {
  JobSchedulePatch,
  JobScheduleSpecification,
  ScheduledJobSpecification,
} from './specification.ts';
import { appendFactory, refuseTemplate } from './task-rules.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/** semantics §1.8, §2.6 */
export function addJobSchedule(
  world: World,
  specification: JobScheduleSpecification,
): BatchErrorBody | undefined {
  const { id, schedule } = specification;
  if (world.jobSchedule(id) !== undefined) {
    return refuse('JobScheduleExists', `The job schedule "${id}" exists already.`);
  }
  if (world.job(id) !== undefined) {
    return refuse(
      'JobWithSameIdExists',
      `There is a job "${id}", and job schedules share their ids with jobs.`,
    );
  }
  const refusal =
    refuseTasks(id, specification.jobSpecification) ?? refuseJobOrSchedule(world.accounts.current);
  if (refusal !== undefined) return refusal;
  const added = new JobSchedule({
    number: world.jobSchedules.length,
    account: world.accounts.current.number,
    specification,
    creationTime: world.now,
    lastModified: world.now,
    revision: 0,
    state: 'active',
    stateTransitionTime: world.now,
    previousState: undefined,
    previousStateTransitionTime: undefined,
    endTime: undefined,
    firstDue: schedule.doNotRunUntilMs ?? world.now,
    lastJobTime: undefined,
    jobCount: 0,
    formerJobs: { numSucceededTasks: 0, numFailedTasks: 0, numTaskRetries: 0 },
    autoPool: -1,
  });
  world.jobSchedules.push(added);
  world.accounts.current.jobScheduleById.set(idKey(id), added);
  attendSchedule(world, added);
  return undefined;
}

/** What an accepted specification is warned of, if anything (semantics §7, rule 6; ruling 17). */
export function warningOf(
  specification: ScheduledJobSpecification | undefined,
): string | undefined {
  return specification === undefined ||
    specification.taskFactory !== undefined ||
    specification.jobManagerTask !== undefined
    ? undefined
    : 'jobSpecification has neither taskFactory nor jobManagerTask, so its jobs have no tasks: each has to be given some and to be ended from outside before the next can start.';
}

/** Only jobs that are made afterwards see the change. A new `schedule` begins at its own first due time (semantics §7). */
export function patchJobSchedule(
  world: World,
  id: string,
  patch: JobSchedulePatch,
): BatchErrorBody | undefined {
  return withSchedule(world, id, (schedule) => {
    const refusal = refuseTasks(id, patch.jobSpecification);
    if (refusal !== undefined) return refusal;
    const { poolInfo } = schedule.specification.jobSpecification;
    const { jobSpecification } = patch;
    if (jobSpecification !== undefined && !sharesPoolWith(poolInfo, jobSpecification.poolInfo)) {
      releasePoolOfSchedule(world, schedule);
    }
    schedule.specification = { ...schedule.specification, ...patch };
    touch(schedule, world.now);
    if (patch.schedule !== undefined) {
      schedule.firstDue = patch.schedule.doNotRunUntilMs ?? world.now;
    }
    return undefined;
  });
}

/** Nothing is due while it is disabled; the job that there is runs on. */
export function disableJobSchedule(world: World, id: string): BatchErrorBody | undefined {
  return withSchedule(world, id, (schedule) => {
    if (schedule.state === 'active') world.moveJobSchedule(schedule, 'disable');
    return undefined;
  });
}

export function enableJobSchedule(world: World, id: string): BatchErrorBody | undefined {
  return withSchedule(world, id, (schedule) => {
    if (schedule.state === 'disabled') world.moveJobSchedule(schedule, 'enable');
    return undefined;
  });
}

/** Completed as soon as its job is. */
export function terminateJobSchedule(
  world: World,
  id: string,
  force: boolean = false,
): BatchErrorBody | undefined {
  const found = world.jobSchedule(id);
  if (force && found?.state === 'terminating') {
    waitNoLonger(world, world.jobs[found.activeJob]!);
    return undefined;
  }
  return withSchedule(world, id, (schedule) => {
    world.moveJobSchedule(schedule, 'terminate');
    const job = world.jobs[schedule.activeJob];
    if (job?.isOpen === true) terminate(world, job, 'TerminateJobSchedule', force);
    else if (force && job !== undefined) waitNoLonger(world, job);
    return undefined;
  });
}

/** Gone as soon as all of its jobs are. */
export function deleteJobSchedule(
  world: World,
  id: string,
  force: boolean = false,
): BatchErrorBody | undefined {
  const schedule = findJobSchedule(world, id);
  if (!(schedule instanceof JobSchedule)) return schedule;
  if (schedule.state !== 'deleting') world.moveJobSchedule(schedule, 'delete');
  else if (!force) return refuseUnlessOpen(schedule);
  for (const number of [...schedule.jobs]) {
    const job = world.jobs[number]!;
    if (job.state !== 'deleting') deleteJob(world, job, force);
    else if (force) waitNoLonger(world, job);
  }
  attendSchedule(world, schedule);
  return undefined;
}

/** What the end of jobs leads to: pools that they had alone go, and what they have held back comes. */
export function followUpJobs(world: World): void {
  const { endedJobs } = world;
  // A job may end as soon as it is made.
  for (let at = 0; at < endedJobs.length; at++) {
    const job = endedJobs[at]!;
    world.accounts.enter(world.accounts.of(job));
    releasePoolOfJob(world, job);
    const schedule = world.jobSchedules[job.schedule];
    if (schedule !== undefined) {
      if (schedule.activeJob === job.number) schedule.activeJob = -1;
      if (job.state === 'gone') {
        schedule.jobs.delete(job.number);
        job.schedule = -1;
      }
    }
    considerWaiting(world, world.accounts.of(job));
    if (schedule !== undefined) attendSchedule(world, schedule);
  }
  endedJobs.length = 0;
}

/** To be called when a job or schedule is not active any more: where there is a quota, another may be now. */
function considerWaiting(world: World, account: Account): void {
  const { activeJobAndJobScheduleQuota } = account.specification;
  if (activeJobAndJobScheduleQuota !== undefined) attendAllSchedules(world, account);
}

/** Occurrences that wait for a place in the account's quota may have their jobs, by creation of their schedules. */
export function attendAllSchedules(world: World, account: Account): void {
  for (const schedule of [...account.jobScheduleById.values()]) {
    if (world.jobSchedules[schedule.number] === schedule) attendSchedule(world, schedule);
  }
}

/** When a schedule has to be looked at next, though nothing happens to it; `undefined`: never. */
export function deadlineOf({ now }: World, schedule: JobSchedule): number | undefined {
  // While a job is active nothing comes of a due time: what waits is found when the job ends.
  if (schedule.activeJob !== -1) return undefined;
  const { recurrence, state } = schedule;
  const { doNotRunAfterMs } = recurrence;
  if (state === 'active') return nextDue(recurrence, now) ?? doNotRunAfterMs;
  return state === 'disabled' ? doNotRunAfterMs : undefined;
}

/** Does what is to be done now: makes the job that is due, or ends. To be called when something has happened to it. */
export function attendSchedule(world: World, schedule: JobSchedule): void {
  const { recurrence, lastJobTime } = schedule;
  const account = world.accounts.of(schedule);
  if (schedule.activeJob === -1) {
    const isDue = schedule.state === 'active' && isWaiting(recurrence, lastJobTime, world.now);
    // Where the quota has no place for it, it waits within its window (semantics §7, rule 11).
    if (isDue && !hasActiveQuotaReached(account)) makeNextJob(world, schedule);
    else if (schedule.state === 'active' || schedule.state === 'disabled') {
      if (isOver(recurrence, lastJobTime, world.now)) world.moveJobSchedule(schedule, 'over');
    }
    if (schedule.state === 'terminating') {
      world.moveJobSchedule(schedule, 'jobEnded');
      schedule.endTime = world.now;
      releasePoolOfSchedule(world, schedule);
      considerWaiting(world, account);
    }
  }
  if (schedule.state === 'deleting' && schedule.jobs.size === 0) {
    world.moveJobSchedule(schedule, 'jobsGone');
    world.jobSchedules[schedule.number] = undefined;
    const { id, jobSpecification } = schedule.specification;
    const { poolInfo } = jobSpecification;
    account.jobScheduleById.delete(idKey(id));
    const shared = world.pools[schedule.autoPool]?.specification.id;
    const poolId = 'poolId' in poolInfo ? poolInfo.poolId : shared;
    if (poolId !== undefined) {
      world.effects.remove({ accountName: account.name, poolId, jobId: id });
    }
    releasePoolOfSchedule(world, schedule);
    considerWaiting(world, account);
  }
  const deadline = deadlineOf(world, schedule);
  if (deadline === undefined) world.jobScheduleDeadlines.delete(schedule.number);
  else world.setJobScheduleDeadline(schedule.number, deadline);
}

function makeNextJob(world: World, schedule: JobSchedule): void {
  const { taskFactory, ...rest } = schedule.specification.jobSpecification;
  schedule.jobCount++;
  schedule.lastJobTime = world.now;
  const jobId = schedule.recentJobId;
  const job = makeJob(world, { id: jobId, ...rest }, schedule);
  schedule.jobs.add(job.number);
  schedule.activeJob = job.number;
  if (job.state !== 'active') return;
  addJobManager(world, job);
  // Its tasks come with it, so that onAllTasksComplete waits for them.
  if (taskFactory !== undefined) appendFactory(world, job, taskFactory);
  considerJobEnd(world, job);
}

function withSchedule(
  world: World,
  id: string,
  change: (schedule: JobSchedule) => BatchErrorBody | undefined,
): BatchErrorBody | undefined {
  const schedule = findJobSchedule(world, id);
  if (!(schedule instanceof JobSchedule)) return schedule;
  const refusal = refuseUnlessOpen(schedule) ?? change(schedule);
  if (refusal !== undefined) return refusal;
  attendSchedule(world, schedule);
  return undefined;
}

/** A factory whose tasks its jobs would refuse. */
function refuseTasks(
  id: string,
  specification: ScheduledJobSpecification | undefined,
): BatchErrorBody | undefined {
  if (specification?.taskFactory === undefined) return undefined;
  const { taskFactory, ...job } = specification;
  return refuseTemplate({ id: `${id}:job-n`, ...job }, taskFactory.repeatTask);
}

function findJobSchedule(world: World, id: string): JobSchedule | BatchErrorBody {
  return (
    world.jobSchedule(id) ?? refuse('JobScheduleNotFound', `There is no job schedule "${id}".`)
  );
}

/** The refusal of what only an active or disabled schedule allows, by the state that it has. */
function refuseUnlessOpen(schedule: JobSchedule): BatchErrorBody | undefined {
  const { id } = schedule.specification;
  switch (schedule.state) {
    case 'active':
    case 'disabled':
      return undefined;
    case 'terminating':
      return refuse('JobScheduleBeingTerminated', `The job schedule "${id}" is being terminated.`);
    case 'completed':
      return refuse('JobScheduleCompleted', `The job schedule "${id}" is completed.`);
    default:
      return refuse('JobScheduleBeingDeleted', `The job schedule "${id}" is being deleted.`);
  }
}
