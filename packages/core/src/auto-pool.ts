import { canonicalJson } from './bytes.ts';
import type { BatchErrorBody } from './errors.ts';
import type { Job } from './job.ts';
import type { JobSchedule } from './job-schedule.ts';
import { longestId } from './limits.ts';
import type { Pool } from './pool.ts';
import { addPool, deletePool } from './pool-rules.ts';
import type { AutoPoolSpecification, PoolInfo } from './specification.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/*
 * Pools that are made for a job or for all jobs of a schedule, and go with them (semantics §1.9, §7).
 */

/** Why a job could not be scheduled at all (semantics §13.5). */
export interface SchedulingError {
  category: 'usererror';
  code: string;
  message: string;
}

export function autoPoolOf(poolInfo: PoolInfo | undefined): AutoPoolSpecification | undefined {
  return poolInfo !== undefined && 'autoPoolSpecification' in poolInfo
    ? poolInfo.autoPoolSpecification
    : undefined;
}

/** The pool of a job that is being made, or why there is none. `schedule`: of the one that makes the job. */
export function provideAutoPool(
  world: World,
  jobId: string,
  specification: AutoPoolSpecification,
  schedule: JobSchedule | undefined,
): Pool | SchedulingError {
  if (schedule === undefined || specification.poolLifetimeOption === 'job') {
    return makePool(world, jobId, specification);
  }
  const shared = world.pools[schedule.autoPool];
  if (shared !== undefined && shared.state !== 'deleting') return shared;
  const made = makePool(world, schedule.specification.id, specification);
  if (!('code' in made)) schedule.autoPool = made.number;
  return made;
}

function makePool(
  world: World,
  ownerId: string,
  { autoPoolIdPrefix = '', pool }: AutoPoolSpecification,
): Pool | SchedulingError {
  const id = freePoolId(world, autoPoolIdPrefix + ownerId.replaceAll(':', '-'));
  const refusal = addPool(world, { id, ...pool });
  if (refusal !== undefined) return schedulingError(refusal);
  const made = world.pool(id)!;
  world.events?.tell({
    entity: 'pool',
    accountName: world.accounts.nameOf(made),
    poolId: id,
    from: 'none',
    to: made.state,
  });
  return made;
}

/** `{name}-{n}`, cut to the length of an id, with the smallest n that is free. */
function freePoolId(world: World, name: string): string {
  for (let n = 1; ; n++) {
    const ending = `-${n}`;
    const id = name.slice(0, longestId - ending.length) + ending;
    if (world.pool(id) === undefined) return id;
  }
}

/** semantics §13.5 */
function schedulingError({ code, message }: BatchErrorBody): SchedulingError {
  const byCode: Record<string, string> = {
    AutoScalingFormulaSyntaxError: 'InvalidAutoScaleFormulaInAutoPool',
    AutoScaleFormulaTooLong: 'InvalidAutoScaleFormulaInAutoPool',
    InvalidCertificateReferences: 'InvalidCertificatesInAutoPool',
    CertificateStateDeleteFailed: 'InvalidCertificatesInAutoPool',
    InvalidApplicationPackageReferences: 'InvalidApplicationPackageReferencesInAutoPool',
    PoolQuotaReached: 'AutoPoolCreationFailedWithQuotaReached',
  };
  return { category: 'usererror', code: byCode[code] ?? 'InvalidAutoPoolSettings', message };
}

/** The job is over: a pool that was made for it alone goes with it, unless it is to be kept. */
export function releasePoolOfJob(world: World, job: Job): void {
  const specification = autoPoolOf(job.specification.poolInfo);
  if (specification?.poolLifetimeOption !== 'job' || specification.keepAlive) return;
  remove(world, job.autoPool);
}

/** The schedule is over, or wants another pool. */
export function releasePoolOfSchedule(world: World, schedule: JobSchedule): void {
  const { jobSpecification } = schedule.specification;
  const { autoPool } = schedule;
  schedule.autoPool = -1;
  if (autoPoolOf(jobSpecification.poolInfo)?.keepAlive !== true) remove(world, autoPool);
}

/** Whether jobs of the changed specification may go on in the pool that those of the former one have shared. */
export function sharesPoolWith(former: PoolInfo, changed: PoolInfo): boolean {
  const [one, other] = [autoPoolOf(former), autoPoolOf(changed)];
  if (one === undefined || other?.poolLifetimeOption !== 'jobschedule') return false;
  return canonicalJson(one.pool) === canonicalJson(other.pool);
}

/** Whether nothing differs but keepAlive, and the pool is the job's own (semantics §7). */
export function changesKeepAliveOnly(former: PoolInfo, changed: PoolInfo): boolean {
  const [one, other] = [autoPoolOf(former), autoPoolOf(changed)];
  if (one?.poolLifetimeOption !== 'job' || other === undefined) return false;
  const { keepAlive: _one, ...before } = one;
  const { keepAlive: _other, ...after } = other;
  return canonicalJson(before) === canonicalJson(after);
}

/** Whether nothing differs. */
export function isSamePool(one: PoolInfo, other: PoolInfo): boolean {
  if ('poolId' in one && 'poolId' in other) return idKey(one.poolId) === idKey(other.poolId);
  return canonicalJson(one) === canonicalJson(other);
}

function remove(world: World, number: number): void {
  const pool = world.pools[number];
  if (pool !== undefined && pool.state !== 'deleting') deletePool(world, pool.specification.id);
}
