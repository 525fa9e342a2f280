import type { Job } from './job.ts';
import { Part } from './job.ts';
import { considerJobEnd, runLeft } from './job-end.ts';
import { InvalidTransition } from './machine.ts';
import { TaskTrigger, taskMachine } from './machines.ts';
import type { Node } from './node.ts';
import type { Pool } from './pool.ts';
import { enqueue, enqueueRetry } from './ready-queue.ts';
import { Ending } from './run-table.ts';
import { Failure, reportedFrom, wallClockExitCode } from './task-failure.ts';
import {
  Flag,
  failureMask,
  failureShift,
  stateMask,
  TaskState,
  Word,
  wideTime,
} from './task-rows.ts';
import type { World } from './world.ts';

/*
 * What happens to one task (semantics §2.5). Every change of its state goes through {@link move}.
 */

/** The row has 16 bits for its retryCount; a larger one is a rare fact. */
const mostRetriesInRow = 0xffff;

/** The row's new flags after `trigger`; throws where the table of tasks has no such row. */
function move(
  world: World,
  job: Job,
  row: number,
  flags: number,
  trigger: TaskTrigger,
  result?: 'success' | 'failure',
): number {
  const from = flags & stateMask;
  const to = taskMachine.nextNumber(from, trigger);
  if (to < 0) {
    throw new InvalidTransition(
      'task',
      `${job.specification.id}/${job.idOf(row)}`,
      taskMachine.states[from]!,
      taskMachine.triggers[trigger]!,
    );
  }
  world.events?.push({
    entity: 'task',
    at: world.now,
    jobId: job.specification.id,
    taskId: job.idOf(row),
    from: taskMachine.states[from]!,
    to: taskMachine.states[to]!,
    ...(result === undefined ? {} : { result }),
  });
  return (flags & ~stateMask) | to;
}

/** active → running, on a node that has room. */
export function startTask(
  world: World,
  pool: Pool,
  job: Job,
  row: number,
  slots: number,
  node: Node,
): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const before = words[at + Word.flags]!;
  let flags = move(world, job, row, before, TaskTrigger.place);
  // What ends here is a start that was a retry, displaced by one that is none: its time stays known.
  if ((before & Flag.startWasRetry) !== 0 && (before & Flag.nextIsRetry) === 0) {
    const facts = job.rareFacts(row);
    facts.lastRetryTime = startTimeOf(job, row);
    flags |= Flag.rare;
  }
  flags &= ~(Flag.avoidNode | Flag.startWasRetry | Flag.nextIsRetry);
  if ((before & Flag.nextIsRetry) !== 0) flags |= Flag.startWasRetry;
  const sequence = world.nextSequence();
  const run = world.runs.add(job.number, row, node.number, slots, sequence, world.now);
  words[at + Word.flags] = flags | Flag.hasStart;
  words[at + Word.node] = node.number + 1;
  words[at + Word.runOrExitCode] = run;
  setStart(words, at, world.now - job.creationTime);

  pool.withdraw(node);
  node.freeSlots -= slots;
  pool.offer(node);
  if (node.runningTasksCount++ === 0) world.moveNode(node, 'firstTask');
  node.totalTasksRun++;
  job.runs++;
  job.tasks.running++;
  job.slots.running += slots;

  const { maxWallClockTimeMs } = job.limitsOf(row);
  if (maxWallClockTimeMs !== undefined) {
    world.runDeadlines.set(run, world.now + maxWallClockTimeMs);
  }
  const mustSync = pool.specification.durability === 'synced';
  world.effects.startRun(node.number, run, sequence, mustSync);
}

/** The executor says that the run is over. */
export function endRun(
  world: World,
  run: number,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
): void {
  const job = world.jobs[world.runs.job(run)]!;
  const row = world.runs.task(run);
  const ending = world.runs.ending(run);
  const node = world.nodes[world.runs.node(run)]!;
  const start = world.runs.start(run);
  leaveNode(world, run, job, node);
  if (ending !== Ending.none) {
    finishEnded(world, job, row, start, ending, exitCode);
  } else if (reported !== 0) {
    finish(world, job, row, start, exitCode, reportedFrom + reported, detail);
  } else if (exitCode === 0) {
    node.totalTasksSucceeded++;
    finish(world, job, row, start, 0, Failure.none, undefined);
  } else if (mayRetry(job, row)) {
    retry(world, job, row);
  } else {
    finish(world, job, row, start, exitCode, Failure.exitCode, undefined);
  }
  runLeft(world, job);
}

/**
 * The task goes back to the front of its queue: `counted` when a user asked for it, not when its node or
 * runner was lost (semantics §2.5, §3.8).
 */
export function requeue(world: World, run: number, counted: boolean): void {
  const job = world.jobs[world.runs.job(run)]!;
  const row = world.runs.task(run);
  const ending = world.runs.ending(run);
  const start = world.runs.start(run);
  leaveNode(world, run, job, world.nodes[world.runs.node(run)]!);
  if (ending !== Ending.none) {
    finishEnded(world, job, row, start, ending, undefined);
  } else {
    const words = job.rows.touch(row);
    const at = job.rows.offset(row);
    words[at + Word.flags] =
      move(world, job, row, words[at + Word.flags]!, TaskTrigger.requeue) | Flag.avoidNode;
    words[at + Word.runOrExitCode] = 0;
    setDuration(words, at, world.now - start);
    if (counted) {
      const facts = job.rareFacts(row);
      facts.requeueCount = (facts.requeueCount ?? 0) + 1;
      facts.lastRequeueTime = world.now;
    }
    enqueue(world, job, row, 1, Part.front);
  }
  runLeft(world, job);
}

/** active → completed: the task is ended before it runs, by a user. */
export function endActive(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const flags = move(world, job, row, words[at + Word.flags]!, TaskTrigger.end, 'failure');
  const started = (flags & Flag.hasStart) !== 0;
  if (started) setDuration(words, at, world.now - startTimeOf(job, row));
  else setStart(words, at, world.now - job.creationTime);
  words[at + Word.flags] = withFailure(flags, Failure.endedByUser);
  job.tasks.failed++;
  job.slots.failed += job.limitsOf(row).requiredSlots;
  considerJobEnd(world, job);
}

/** completed → active, at the middle of the queue unless it still waits for a dependency (semantics §2.5). */
export function reactivate(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const flags = move(world, job, row, words[at + Word.flags]!, TaskTrigger.reactivate);
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
    delete facts.retryCount;
  }
  job.tasks.failed--;
  job.slots.failed -= job.limitsOf(row).requiredSlots;
}

/** The row stands for no task any more. Its counts have been taken out of the job's. */
export function forget(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const id = job.idOf(row);
  const flags = words[at + Word.flags]!;
  const state = flags & stateMask;
  const slots = job.limitsOf(row).requiredSlots;
  if (state === TaskState.completed) {
    if ((flags & Flag.success) !== 0) {
      job.dependencies?.withdrawn(job.integerOf(row));
      job.tasks.succeeded--;
      job.slots.succeeded -= slots;
    } else {
      job.tasks.failed--;
      job.slots.failed -= slots;
    }
  }
  job.dependencies?.deleted(id, row);
  // After the job's wall clock what is active reads as completed (ruling 4), also in the event.
  const expired = job.expiredAt !== undefined && state === TaskState.active;
  const seen = expired ? flags | TaskState.completed : flags;
  words[at + Word.flags] = move(world, job, row, seen, TaskTrigger.delete) & ~Flag.rare;
  job.rare.delete(row);
  job.tasks.gone++;
  job.slots.total -= slots;
  if (job.segmentOf(row).factory === undefined) job.ids.delete(id);
  if ((flags & Flag.hasStart) !== 0) {
    const node = world.nodes[words[at + Word.node]! - 1];
    if (node !== undefined) {
      world.effects.remove({ poolId: node.poolId, jobId: job.specification.id, taskId: id });
    }
  }
  considerJobEnd(world, job);
}

/** Gives the slots back and drops the run; the task's row still says running. */
function leaveNode(world: World, run: number, job: Job, node: Node): void {
  const slots = world.runs.slots(run);
  world.runDeadlines.delete(run);
  world.runs.free(run);
  const pool = world.pools[node.pool]!;
  const offered = node.state === 'running';
  if (offered) pool.withdraw(node);
  node.freeSlots += slots;
  node.runningTasksCount--;
  if (offered) {
    if (node.runningTasksCount === 0) world.moveNode(node, 'lastTaskGone');
    pool.offer(node);
    world.stir(pool);
  }
  job.runs--;
  job.tasks.running--;
  job.slots.running -= slots;
}

function mayRetry(job: Job, row: number): boolean {
  const most =
    job.limitsOf(row).maxTaskRetryCount ?? job.specification.constraints.maxTaskRetryCount;
  return most === -1 || retryCountOf(job, row) < most;
}

function retry(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const flags = move(world, job, row, words[at + Word.flags]!, TaskTrigger.retry);
  words[at + Word.flags] = flags | Flag.avoidNode | Flag.nextIsRetry;
  words[at + Word.runOrExitCode] = 0;
  setDuration(words, at, world.now - startTimeOf(job, row));
  const retries = retryCountOf(job, row) + 1;
  setRetryCount(words, at, retries);
  if (retries > mostRetriesInRow) job.rareFacts(row).retryCount = retries;
  enqueueRetry(world, job, row);
}

/** Completed as it was told to end (rulings 2 and 33). */
function finishEnded(
  world: World,
  job: Job,
  row: number,
  start: number,
  ending: Ending,
  exitCode: number | undefined,
): void {
  if ((job.rows.get(row, Word.flags) & Flag.deleting) !== 0) {
    forget(world, job, row);
    return;
  }
  if (ending === Ending.byUser) {
    finish(world, job, row, start, exitCode, Failure.endedByUser, undefined);
    return;
  }
  const failure = ending === Ending.jobWallClock ? Failure.jobWallClock : Failure.taskWallClock;
  finish(world, job, row, start, wallClockExitCode, failure, undefined);
}

/** running → completed. */
function finish(
  world: World,
  job: Job,
  row: number,
  start: number,
  exitCode: number | undefined,
  failure: number,
  detail: string | undefined,
): void {
  const success = failure === Failure.none;
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const trigger = success ? TaskTrigger.succeed : TaskTrigger.fail;
  let flags = move(
    world,
    job,
    row,
    words[at + Word.flags]!,
    trigger,
    success ? 'success' : 'failure',
  );
  words[at + Word.runOrExitCode] = exitCode ?? 0;
  if (exitCode !== undefined) flags |= Flag.hasExitCode;
  setDuration(words, at, world.now - start);
  const slots = job.limitsOf(row).requiredSlots;
  if (success) {
    words[at + Word.flags] = flags | Flag.success;
    job.tasks.succeeded++;
    job.slots.succeeded += slots;
    if (job.dependencies !== undefined) {
      job.dependencies.satisfied(row, job.integerOf(row));
      release(world, job);
    }
  } else {
    words[at + Word.flags] = withFailure(flags, failure);
    if (detail !== undefined) job.rareFacts(row).failureDetail = detail;
    job.tasks.failed++;
    job.slots.failed += slots;
  }
}

/** Queues the tasks whose last dependency has just been satisfied. */
export function release(world: World, job: Job): void {
  if (job.dependencies?.hasReleased !== true) return;
  job.dependencies.takeReleased((row, count) => {
    const segment = job.segmentOf(row);
    if (segment.factory !== undefined) {
      segment.waiting = false;
      enqueue(world, job, row, count, Part.middle, count - segment.endedWaiting);
      return;
    }
    const words = job.rows.touch(row);
    const at = job.rows.offset(row) + Word.flags;
    words[at]! &= ~Flag.waiting;
    if ((words[at]! & stateMask) === TaskState.active) enqueue(world, job, row, 1, Part.middle);
  });
}

function withFailure(flags: number, failure: number): number {
  return (flags & ~failureMask) | Flag.failure | (failure << failureShift);
}

export function startTimeOf(job: Job, row: number): number {
  return (
    job.creationTime + wideTime(job.rows.get(row, Word.start), job.rows.get(row, Word.counters))
  );
}

export function durationOf(job: Job, row: number): number {
  return wideTime(job.rows.get(row, Word.duration), job.rows.get(row, Word.counters) >>> 8);
}

export function retryCountOf(job: Job, row: number): number {
  const count = job.rows.get(row, Word.counters) >>> 16;
  return count < mostRetriesInRow ? count : (job.rare.get(row)?.retryCount ?? count);
}

function setStart(words: Int32Array, at: number, milliseconds: number): void {
  words[at + Word.start] = milliseconds | 0;
  const high = Math.floor(milliseconds / 0x1_0000_0000) & 0xff;
  words[at + Word.counters] = (words[at + Word.counters]! & ~0xff) | high;
}

function setDuration(words: Int32Array, at: number, milliseconds: number): void {
  words[at + Word.duration] = milliseconds | 0;
  const high = Math.floor(milliseconds / 0x1_0000_0000) & 0xff;
  words[at + Word.counters] = (words[at + Word.counters]! & ~0xff00) | (high << 8);
}

function setRetryCount(words: Int32Array, at: number, count: number): void {
  words[at + Word.counters] =
    (words[at + Word.counters]! & 0xffff) | (Math.min(count, mostRetriesInRow) << 16);
}
