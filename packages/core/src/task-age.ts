import type { Job } from './job.ts';
import { endWait } from './job-manager.ts';
import { taskLifetimeMs } from './limits.ts';
import { takeOutBefore } from './ready-queue.ts';
import type { World } from './world.ts';

/*
 * A task starts within its lifetime, counted from its creation, or never (semantics §3.1, rule 1; ruling 19). Rows stand
 * by creation, so those that are too old are the first of their job: one number says which, and no life of a task has to
 * do with it. Nobody has to wake up for it either, since nothing starts without an input.
 */

/** To be called when rows have been added. `row`: the first of them. */
export function expectAge(world: World, job: Job, row: number): void {
  if (row === job.agedRows) setAgeDeadline(world, job);
}

/** The oldest tasks of the job never start from now on. */
export function ageTasks(world: World, job: Job): void {
  job.agedRows = firstRowAfter(job, world.now - taskLifetimeMs);
  takeOutBefore(world, job, job.agedRows);
  if (job.jobManager !== undefined && job.jobManager.row < job.agedRows) endWait(world, job);
  setAgeDeadline(world, job);
}

/** When the oldest of its tasks that may still start is too old. */
export function setAgeDeadline(world: World, job: Job): void {
  const { agedRows, rowCount } = job;
  if (agedRows === rowCount) world.ageDeadlines.delete(job.number);
  else world.setAgeDeadline(job.number, job.creationTimeOf(agedRows) + taskLifetimeMs);
}

/** The first row that was made after this time. */
function firstRowAfter(job: Job, time: number): number {
  let low = job.agedRows;
  let high = job.rowCount;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (job.creationTimeOf(middle) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
