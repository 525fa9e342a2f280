import type { Job } from './job.ts';
import { joinRings } from './ready-queue.ts';
import type { JobManagerTask, TaskSpecification } from './specification.ts';
import { expectAge } from './task-age.ts';
import { Flag, stateMask, TaskState, Word } from './task-rows.ts';
import type { World } from './world.ts';

/*
 * The job manager: the task of a job that is made with it, starts before all others, and starts again before them
 * (semantics §1.7, ruling 15). It is a task as others are, but waits outside of the queues of its job.
 */

/** What a job knows of its manager; it has none any more once that is deleted. */
export interface JobManager {
  readonly row: number;
  /** For its first start, which holds back the tasks of its job, or for another; absent: for none. */
  waits: 'first' | 'again' | undefined;
}

/** Made in the same transaction as its job (semantics §2.4). */
export function addJobManager(world: World, job: Job): void {
  const { jobManagerTask } = job.specification;
  if (jobManagerTask === undefined) return;
  const row = job.addTask(asTask(jobManagerTask), world.now);
  job.dependencies?.added(jobManagerTask.id, row);
  job.jobManager = { row, waits: 'first' };
  expectAge(world, job, row);
  noteWaiting(world, job);
}

export function isJobManager(job: Job, row: number): boolean {
  return job.jobManager?.row === row;
}

/** It is active, and to be placed. One that has never started starts before all others, however often it was placed. */
export function awaitStart(world: World, job: Job): void {
  const { jobManager } = job;
  if (jobManager === undefined || jobManager.row < job.agedRows) return;
  const started = (job.rows.get(jobManager.row, Word.flags) & Flag.hasStart) !== 0;
  jobManager.waits = started ? 'again' : 'first';
  noteWaiting(world, job);
}

/** It has been placed, or is not to be placed any more. */
export function endWait(world: World, job: Job): void {
  if (job.jobManager?.waits === undefined) return;
  job.jobManager.waits = undefined;
  noteWaiting(world, job);
}

/** It is no more. */
export function forgetJobManager(world: World, job: Job): void {
  endWait(world, job);
  job.jobManager = undefined;
  job.watch();
}

/** Its completion is to end the job, and it is completed (semantics §2.4). */
export function endsJob({ specification, jobManager, rows }: Job): boolean {
  if (specification.jobManagerTask?.killJobOnCompletion !== true) return false;
  if (jobManager === undefined) return false;
  return (rows.get(jobManager.row, Word.flags) & stateMask) === TaskState.completed;
}

/** Whether tasks of others may have to go for tasks of this job, or its own for others (semantics §3.5). */
export function noteDisplacement(world: World, job: Job): void {
  const { allowTaskPreemption } = job.specification;
  if (allowTaskPreemption === true || job.jobManager?.waits === 'again') {
    world.letDisplace(job);
  } else world.displaceable.delete(job.number);
}

function noteWaiting(world: World, job: Job): void {
  noteDisplacement(world, job);
  job.watch();
  joinRings(world, job);
}

function asTask({
  killJobOnCompletion: _kill,
  runExclusive: _exclusive,
  allowLowPriorityNode: _lowPriority,
  ...task
}: JobManagerTask): TaskSpecification {
  return task;
}
