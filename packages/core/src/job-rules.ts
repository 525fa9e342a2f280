import { refuseJobOrSchedule } from './account-quotas.ts';
import { changesKeepAliveOnly, isSamePool, provideAutoPool } from './auto-pool.ts';
import type { BatchErrorBody } from './errors.ts';
import { touch } from './etag.ts';
import { Job } from './job.ts';
import {
  considerJobEnd,
  deleteJob,
  disable,
  enable,
  failToStart,
  terminate,
  waitNoLonger,
} from './job-end.ts';
import { addJobManager, noteDisplacement } from './job-manager.ts';
import type { JobSchedule } from './job-schedule.ts';
import { assignPool } from './pool-jobs.ts';
import { joinRings, leaveRings } from './ready-queue.ts';
import { refuse } from './refusal.ts';
import type { DisableTasks, JobPatch, JobSpecification, PoolInfo } from './specification.ts';
import { idKey } from './task-text.ts';
import { refuseUsersOf } from './user-identity.ts';
import type { World } from './world.ts';

/** semantics §1.4, §2.4 */
export function addJob(world: World, specification: JobSpecification): BatchErrorBody | undefined {
  const { id } = specification;
  if (world.job(id) !== undefined) return refuse('JobExists', `The job "${id}" exists already.`);
  if (world.jobSchedule(id) !== undefined) {
    return refuse(
      'JobScheduleWithSameIdExists',
      `There is a job schedule "${id}", and jobs share their ids with job schedules.`,
    );
  }
  const refusal =
    refuseUsersOf(world, specification) ?? refuseJobOrSchedule(world.accounts.current);
  if (refusal !== undefined) return refusal;
  const job = makeJob(world, specification);
  if (job.state === 'active') addJobManager(world, job);
  considerJobEnd(world, job);
  return undefined;
}

/** A job that has no tasks yet, whose end is still to be considered. `schedule`: the one that makes it. */
export function makeJob(
  world: World,
  specification: JobSpecification,
  schedule?: JobSchedule,
): Job {
  const { id, poolInfo, constraints } = specification;
  const account = world.accounts.current;
  const job = new Job(world.jobs.length, account.number, specification, world.now, world);
  if (schedule !== undefined) job.schedule = schedule.number;
  world.jobs.push(job);
  account.jobById.set(idKey(id), job);
  if (specification.allowTaskPreemption === true) world.letDisplace(job);
  if (schedule !== undefined) {
    world.events?.tell({
      entity: 'job',
      accountName: account.name,
      jobId: id,
      from: 'none',
      to: job.state,
    });
  }
  if (constraints.maxWallClockTimeMs !== undefined) {
    world.setJobDeadline(job.number, world.now + constraints.maxWallClockTimeMs);
  }
  if ('poolId' in poolInfo) job.poolId = poolInfo.poolId;
  else {
    const made = provideAutoPool(world, id, poolInfo.autoPoolSpecification, schedule);
    if ('code' in made) failToStart(world, job, made);
    else {
      job.poolId = made.specification.id;
      job.autoPool = made.number;
    }
  }
  assignPool(job, undefined, world.pool(job.poolId));
  return job;
}

/** semantics §1.4: an absent element stays, `onAllTasksComplete` never goes back; the pool that it has is no change. */
export function patchJob(world: World, id: string, given: JobPatch): BatchErrorBody | undefined {
  const found = findJob(world, id);
  if (!(found instanceof Job)) return found;
  const job = found;
  const refusal = refuseUnlessOpen(job);
  if (refusal !== undefined) return refusal;
  const before = job.specification;
  const patch = withoutSamePool(before.poolInfo, given);
  if (patch.onAllTasksComplete === 'noaction' && before.onAllTasksComplete === 'terminatejob') {
    return refuse(
      'InvalidPropertyValue',
      `onAllTasksComplete of job "${id}" is terminatejob and cannot go back to noaction.`,
      { PropertyName: 'onAllTasksComplete', PropertyValue: 'noaction' },
    );
  }
  if (patch.poolInfo !== undefined && job.state !== 'disabled') {
    return refuse(
      'OperationInvalidForCurrentState',
      `The job "${id}" is ${job.state}: its pool can change only while it is disabled.`,
    );
  }
  const badPool = refusePool(id, before.poolInfo, patch.poolInfo);
  if (badPool !== undefined) return badPool;
  leaveRings(world, job);
  job.specification = patched(before, patch);
  touch(job, world.now);
  if (patch.poolInfo !== undefined && 'poolId' in patch.poolInfo) {
    moveToPool(world, job, patch.poolInfo.poolId);
  }
  job.watch();
  joinRings(world, job);
  considerDisplacement(world, job);
  if (patch.constraints !== undefined) {
    const { maxWallClockTimeMs } = patch.constraints;
    if (maxWallClockTimeMs === undefined) world.jobDeadlines.delete(job.number);
    else world.setJobDeadline(job.number, job.creationTime + maxWallClockTimeMs);
  }
  considerJobEnd(world, job);
  return undefined;
}

function withoutSamePool(before: PoolInfo, patch: JobPatch): JobPatch {
  const { poolInfo, ...rest } = patch;
  return poolInfo !== undefined && isSamePool(before, poolInfo) ? rest : patch;
}

/** Others may be placed in the place of its tasks now, or may not any more. */
function considerDisplacement(world: World, job: Job): void {
  noteDisplacement(world, job);
  const pool = world.poolOf(job);
  if (
    job.specification.allowTaskPreemption === true &&
    pool !== undefined &&
    pool.state !== 'deleting'
  )
    world.stir(pool);
}

function patched(
  before: JobSpecification,
  { maxParallelTasks, allowTaskPreemption, ...patch }: JobPatch,
): JobSpecification {
  const after: JobSpecification = { ...before, ...patch };
  if (maxParallelTasks === -1) delete after.maxParallelTasks;
  else if (maxParallelTasks !== undefined) after.maxParallelTasks = maxParallelTasks;
  if (allowTaskPreemption === true) after.allowTaskPreemption = true;
  else if (allowTaskPreemption === false) delete after.allowTaskPreemption;
  return after;
}

/** semantics §7: a job with a pool of its own keeps it, and may say only whether it stays; no other can be given one. */
function refusePool(
  id: string,
  before: PoolInfo,
  after: PoolInfo | undefined,
): BatchErrorBody | undefined {
  if (after === undefined || ('poolId' in before && 'poolId' in after)) return undefined;
  if (changesKeepAliveOnly(before, after)) return undefined;
  return refuse(
    'InvalidPropertyValue',
    'poolId' in before
      ? `The job "${id}" names its pool, so it cannot be given an auto pool: name another poolId.`
      : `The job "${id}" has an auto pool: of its poolInfo nothing can change but keepAlive, and that only where poolLifetimeOption is job.`,
    { PropertyName: 'poolInfo' },
  );
}

/** What its tasks have left on the nodes of the other pool stays there until the job is deleted. */
function moveToPool(world: World, job: Job, poolId: string): void {
  const formerPoolId = job.poolId;
  job.poolId = poolId;
  assignPool(job, world.poolOf(job), world.pool(poolId));
  const others = job.formerPoolIds.filter((id) => idKey(id) !== idKey(formerPoolId));
  job.formerPoolIds = [...others, formerPoolId].filter((id) => idKey(id) !== idKey(poolId));
}

/** semantics §2.4: also while it is being disabled, with another choice for what runs. */
export function disableJob(
  world: World,
  id: string,
  disableTasks: DisableTasks,
): BatchErrorBody | undefined {
  const job = findJob(world, id);
  if (!(job instanceof Job)) return job;
  const refusal = refuseUnlessOpen(job);
  if (refusal === undefined) disable(world, job, disableTasks);
  return refusal;
}

/** semantics §2.4: of an active job it changes nothing. */
export function enableJob(world: World, id: string): BatchErrorBody | undefined {
  const job = findJob(world, id);
  if (!(job instanceof Job)) return job;
  const refusal = refuseUnlessOpen(job);
  if (refusal === undefined) enable(world, job);
  return refusal;
}

/** With `force` also one that is on its way there (semantics §2.4). */
export function terminateJob(
  world: World,
  id: string,
  reason: string,
  force: boolean = false,
): BatchErrorBody | undefined {
  const job = findJob(world, id);
  if (!(job instanceof Job)) return job;
  if (force && job.state === 'terminating') {
    waitNoLonger(world, job);
    return undefined;
  }
  const refusal = refuseUnlessOpen(job);
  if (refusal === undefined) terminate(world, job, reason, force);
  return refusal;
}

/** The same. */
export function removeJob(
  world: World,
  id: string,
  force: boolean = false,
): BatchErrorBody | undefined {
  const job = findJob(world, id);
  if (!(job instanceof Job)) return job;
  if (job.state !== 'deleting') deleteJob(world, job, force);
  else if (force) waitNoLonger(world, job);
  else return refuseUnlessOpen(job);
  return undefined;
}

export function findJob(world: World, id: string): Job | BatchErrorBody {
  return world.job(id) ?? refuse('JobNotFound', `There is no job "${id}".`);
}

/** The refusal of what a job no longer allows that is over or on its way there, by the state that it has. */
export function refuseUnlessOpen(job: Job): BatchErrorBody | undefined {
  const { id } = job.specification;
  if (job.isOpen) return undefined;
  switch (job.state) {
    case 'terminating':
      return refuse('JobBeingTerminated', `The job "${id}" is being terminated.`);
    case 'completed':
      return refuse('JobCompleted', `The job "${id}" is completed.`);
    default:
      return refuse('JobBeingDeleted', `The job "${id}" is being deleted.`);
  }
}
