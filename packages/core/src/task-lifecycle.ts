import type { Job } from './job.ts';
import { considerJobEnd, considerJobManagerEnd } from './job-end.ts';
import { forgetJobManager, isJobManager } from './job-manager.ts';
import { TaskTrigger } from './machines.ts';
import { filesGone } from './retained-data.ts';
import { release } from './run-end.ts';
import { Class } from './task-classes.ts';
import { Failure } from './task-failure.ts';
import { Flag, failureMask, stateMask, TaskState, Word } from './task-rows.ts';
import {
  classOf,
  move,
  setDuration,
  setRetryCount,
  setStart,
  startTimeOf,
  withFailure,
} from './task-transitions.ts';
import type { World } from './world.ts';

/*
 * What a user does to a task that is not running (semantics §2.5).
 */

/** active → completed: the task is ended before it runs, by a user. */
export function endActive(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const before = words[at + Word.flags]!;
  const taskClass = classOf(job, row);
  const flags = move(world, taskClass, row, before, TaskTrigger.end, 'failure');
  const started = (flags & Flag.hasStart) !== 0;
  if (started) setDuration(words, at, world.now - startTimeOf(job, row));
  else setStart(words, at, world.now - job.creationTime);
  words[at + Word.flags] = withFailure(flags, Failure.endedByUser);
  world.classes.words[taskClass + Class.begun]!++;
  world.classes.words[taskClass + Class.failed]!++;
  if (job.dependencies !== undefined && job.satisfies(row)) {
    job.dependencies.satisfied(row, job.integerOf(row));
    release(world, job);
  }
  if (isJobManager(job, row)) considerJobManagerEnd(world, job);
  considerJobEnd(world, job);
}

/** completed → active, at the middle of the queue unless it still waits for a dependency (semantics §2.5). */
export function reactivate(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const taskClass = classOf(job, row);
  if (job.satisfies(row)) job.dependencies?.withdrawn(job.integerOf(row));
  const flags = move(world, taskClass, row, words[at + Word.flags]!, TaskTrigger.reactivate);
  // A retry that was still due is off: its start would be none.
  words[at + Word.flags] =
    flags & ~(failureMask | Flag.success | Flag.failure | Flag.hasExitCode | Flag.nextIsRetry);
  words[at + Word.runOrExitCode] = 0;
  if ((flags & Flag.hasStart) === 0) setStart(words, at, world.now - job.creationTime);
  else setDuration(words, at, world.now - startTimeOf(job, row));
  setRetryCount(words, at, 0);
  if ((flags & Flag.rare) !== 0) {
    const facts = job.rareFacts(row);
    delete facts.failureDetail;
    delete facts.failedInstance;
    delete facts.retryCount;
    delete facts.internalRetryCount;
  }
  world.classes.words[taskClass + Class.begun]!--;
  world.classes.words[taskClass + Class.failed]!--;
  job.undone.failed += autoscaleWeight(job, row);
}

/** As how many tasks autoscale counts the one of a row (ruling 34). */
function autoscaleWeight(job: Job, row: number): number {
  return Math.max(1, job.limitsOf(row).instances);
}

/** The row stands for no task any more. Its counts have been taken out of the job's. */
export function forget(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const id = job.idOf(row);
  const flags = words[at + Word.flags]!;
  const state = flags & stateMask;
  const taskClass = classOf(job, row);
  const succeeded = (flags & Flag.success) !== 0;
  if (job.satisfies(row)) job.dependencies?.withdrawn(job.integerOf(row));
  const counts = world.classes.words;
  counts[taskClass + Class.total]!--;
  if (state === TaskState.completed) {
    counts[taskClass + Class.begun]!--;
    counts[taskClass + (succeeded ? Class.succeeded : Class.failed)]!--;
    job.undone[succeeded ? 'succeeded' : 'failed'] += autoscaleWeight(job, row);
  }
  job.dependencies?.deleted(id, row);
  // After the job's wall clock what is active reads as completed (ruling 4), also in the event.
  const expired = job.expiredAt !== undefined && state === TaskState.active;
  if (expired) job.undone.failed += autoscaleWeight(job, row);
  const seen = expired ? flags | TaskState.completed : flags;
  words[at + Word.flags] = move(world, taskClass, row, seen, TaskTrigger.delete) & ~Flag.rare;
  filesGone(world, world.nodes[words[at + Word.node]! - 1]);
  job.dropRare(row);
  if (isJobManager(job, row)) forgetJobManager(world, job);
  if (job.segmentOf(row).factory === undefined) job.given?.ids.delete(id);
  // With its job its files went as well, and another job may have its id by now.
  if ((flags & Flag.hasStart) !== 0 && job.state !== 'gone') {
    const node = world.nodes[words[at + Word.node]! - 1];
    if (node !== undefined) {
      world.effects.remove({
        accountName: world.accounts.nameOf(job),
        poolId: node.poolId,
        jobId: job.specification.id,
        taskId: id,
      });
    }
  }
  considerJobEnd(world, job);
}
