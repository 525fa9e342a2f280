import type { Job } from './job.ts';
import { considerJobEnd, considerRunsGone, runLeft } from './job-end.ts';
import { InvalidTransition } from './machine.ts';
import { TaskTrigger as sharedTaskTrigger, taskMachine } from './machines.ts';
import { nodeBits as sharedNodeBits, NodeWord as sharedNodeWord } from './node-table.ts';
import type { Pool } from './pool.ts';
import { enqueue, enqueueRetry, Part } from './ready-queue.ts';
import { ownDeadline } from './run-clocks.ts';
import {
  Ending as sharedEnding,
  endingMask as sharedEndingMask,
  isPlain as sharedIsPlain,
  Run as sharedRun,
  runBits as sharedRunBits,
} from './run-table.ts';
import {
  Class as sharedClass,
  ClassFlag as sharedClassFlag,
  clockShift as sharedClockShift,
} from './task-classes.ts';
import { reportedFrom, Failure as sharedFailure, wallClockExitCode } from './task-failure.ts';
import {
  failureMask,
  failureShift,
  Flag as sharedFlag,
  stateMask as sharedStateMask,
  TaskState as sharedTaskState,
  Word as sharedWord,
  wideTime,
} from './task-rows.ts';
import type { World } from './world.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const Word = sharedWord;
const Flag = sharedFlag;
const ClassFlag = sharedClassFlag;
const Class = sharedClass;
const Run = sharedRun;
const NodeWord = sharedNodeWord;
const TaskTrigger = sharedTaskTrigger;
type TaskTrigger = sharedTaskTrigger;
const Ending = sharedEnding;
const endingMask = sharedEndingMask;
const isPlain = sharedIsPlain;
const TaskState = sharedTaskState;
const Failure = sharedFailure;
const runBits = sharedRunBits;
const nodeBits = sharedNodeBits;
const stateMask = sharedStateMask;
const clockShift = sharedClockShift;

/*
 * What happens to one task (semantics §2.5). Every change of its state goes through {@link move}.
 */

/** The row has 16 bits for its retryCount; a larger one is a rare fact. */
const mostRetriesInRow = 0xffff;

function classOf(job: Job, row: number): number {
  return job.readyClass(job.limitsOf(row).requiredSlots).at;
}

function jobOf(world: World, taskClass: number): Job {
  return world.jobs[world.classes.words[taskClass + Class.job]!]!;
}

const transitions = taskMachine.byNumber;
const triggers = taskMachine.triggers.length;

/** The row's new flags after `trigger`; throws where the table of tasks has no such row. */
function move(
  world: World,
  taskClass: number,
  row: number,
  flags: number,
  trigger: TaskTrigger,
  result?: 'success' | 'failure',
): number {
  const from = flags & stateMask;
  const to = transitions[from * triggers + trigger]!;
  if (to < 0 || world.events !== undefined) tell(world, taskClass, row, from, to, trigger, result);
  return (flags & ~stateMask) | to;
}

/** To whoever listens; throws where the table of tasks has no such row. */
function tell(
  world: World,
  taskClass: number,
  row: number,
  from: number,
  to: number,
  trigger: TaskTrigger,
  result: 'success' | 'failure' | undefined,
): void {
  const job = jobOf(world, taskClass);
  const jobId = job.specification.id;
  const taskId = job.idOf(row);
  const fromName = taskMachine.states[from]!;
  if (to < 0) {
    const name = taskMachine.triggers[trigger]!;
    throw new InvalidTransition('task', `${jobId}/${taskId}`, fromName, name);
  }
  world.events?.push({
    entity: 'task',
    at: world.now,
    jobId,
    taskId,
    from: fromName,
    to: taskMachine.states[to]!,
    ...(result === undefined ? {} : { result }),
  });
}

/**
 * active → running, on a node that has room. `words` and `at` are those of the task's row.
 *
 * This and {@link endRun} are where the engine spends its time: they read and write the tables themselves,
 * each of which they fetch once.
 */
export function startTask(
  world: World,
  pool: Pool,
  taskClass: number,
  address: number,
  words: Int32Array,
  at: number,
  node: number,
  fresh: boolean,
): void {
  const { classes, runs, nodeTable, now } = world;
  const counts = classes.words;
  const nodes = nodeTable.words;
  const nodeAt = node << nodeBits;
  const row = address + counts[taskClass + Class.rowLessAddress]!;

  const run = nodes[nodeAt + NodeWord.nextRun]! - 1;
  const runAt = run << runBits;
  const runWords = runs.words;
  const sequence = world.nextSequence();
  nodes[nodeAt + NodeWord.nextRun] = runWords[runAt + Run.ending]!;
  runWords[runAt + Run.class] = taskClass;
  runWords[runAt + Run.task] = row;
  runWords[runAt + Run.address] = address;
  runWords[runAt + Run.sequence] = sequence;
  runWords[runAt + Run.ending] = fresh ? isPlain : Ending.none;
  runs.starts[(runAt + Run.start) >>> 1] = now;

  const before = fresh ? 0 : words[at + Word.flags]!;
  let flags = move(world, taskClass, row, before, TaskTrigger.place);
  const retrying = before & (Flag.startWasRetry | Flag.nextIsRetry);
  if (retrying !== 0) flags = retryStarts(world, taskClass, row, flags);
  words[at + Word.flags] = (flags & ~Flag.avoidNode) | Flag.hasStart;
  words[at + Word.node] = node + 1;
  words[at + Word.runOrExitCode] = run;
  const sinceCreation = now - classes.creationTime(taskClass);
  words[at + Word.start] = sinceCreation | 0;
  if (!fresh || sinceCreation > mostWithoutUpperBits) setUpperBits(words, at, sinceCreation, 0);

  const slots = counts[taskClass + Class.slots]!;
  const free = nodes[nodeAt + NodeWord.freeSlots]!;
  nodes[nodeAt + NodeWord.freeSlots] = free - slots;
  if (node !== pool.loose) pool.buckets.move(nodes[nodeAt + NodeWord.ordinal]!, free, free - slots);
  if (free === nodes[nodeAt + NodeWord.slots]) world.moveNode(world.nodes[node]!, 'firstTask');
  counts[taskClass + Class.running]!++;
  const classFlags = counts[taskClass + Class.flags]!;
  if ((classFlags & ClassFlag.limited) !== 0 || (flags & Flag.rare) !== 0) {
    startClock(world, taskClass, row, run);
  } else if (classFlags >>> clockShift !== 0) world.clocks.start(run, classFlags >>> clockShift);
  world.effects.startRun(node, run, sequence, pool.mustSync);
}

/** The flags of a start before or after which there is a retry. */
function retryStarts(world: World, taskClass: number, row: number, flags: number): number {
  const isRetry = (flags & Flag.nextIsRetry) !== 0;
  let after = flags & ~(Flag.startWasRetry | Flag.nextIsRetry);
  // What ends here is a start that was a retry, displaced by one that is none: its time stays known.
  if ((flags & Flag.startWasRetry) !== 0 && !isRetry) {
    const job = jobOf(world, taskClass);
    job.rareFacts(row).lastRetryTime = startTimeOf(job, row);
    after |= Flag.rare;
  }
  return isRetry ? after | Flag.startWasRetry : after;
}

function startClock(world: World, taskClass: number, row: number, run: number): void {
  const job = jobOf(world, taskClass);
  const { maxWallClockTimeMs } = job.limitsOf(row);
  if (maxWallClockTimeMs === undefined) return;
  const group = world.clocks.group(maxWallClockTimeMs);
  if (group === ownDeadline) world.clocks.set(run, world.now + maxWallClockTimeMs);
  else world.clocks.start(run, group);
}

/** The executor says that the run is over. */
export function endRun(
  world: World,
  run: number,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
): void {
  const { arena, runs, classes } = world;
  const runWords = runs.words;
  const runAt = run << runBits;
  const exited = exitCode === 0 && reported === 0;
  const ending = runWords[runAt + Run.ending]!;
  const failure =
    exited && (ending & endingMask) === Ending.none
      ? Failure.none
      : failureOf(world, run, reported);
  const success = failure === Failure.none;
  leaveNode(world, run, success ? NodeWord.succeeded : NodeWord.otherwiseEnded);
  if (failure < Failure.none) {
    if (failure === isRetried) retry(world, run);
    else forget(world, jobOf(world, runWords[runAt + Run.class]!), runWords[runAt + Run.task]!);
    considerRunsGone(world, jobOf(world, runWords[runAt + Run.class]!));
    return;
  }

  const taskClass = runWords[runAt + Run.class]!;
  const row = runWords[runAt + Run.task]!;
  const address = runWords[runAt + Run.address]!;
  const words = arena.touch(address);
  const at = arena.offset(address);
  const plain = (ending & isPlain) !== 0;
  const before = plain ? plainFlags : words[at + Word.flags]!;
  const counts = classes.words;
  if (success) {
    const flags = move(world, taskClass, row, before, TaskTrigger.succeed, 'success');
    words[at + Word.flags] = flags | Flag.success | Flag.hasExitCode;
    words[at + Word.runOrExitCode] = 0;
    counts[taskClass + Class.succeeded]!++;
  } else {
    const code =
      failure === Failure.taskWallClock || failure === Failure.jobWallClock
        ? wallClockExitCode
        : exitCode;
    const flags = withFailure(
      move(world, taskClass, row, before, TaskTrigger.fail, 'failure'),
      failure,
    );
    words[at + Word.flags] = code === undefined ? flags : flags | Flag.hasExitCode;
    words[at + Word.runOrExitCode] = code ?? 0;
    counts[taskClass + Class.failed]!++;
  }
  const duration = world.now - runs.starts[(runAt + Run.start) >>> 1]!;
  words[at + Word.duration] = duration | 0;
  if (!plain || duration > mostWithoutUpperBits) setUpperBits(words, at, duration, 8);
  if (detail !== undefined && failure >= reportedFrom) {
    jobOf(world, taskClass).rareFacts(row).failureDetail = detail;
  }
  const watched = counts[taskClass + Class.flags]! & ClassFlag.watched;
  if (watched !== 0 || classes.unfinished(taskClass) === 0) {
    finished(world, jobOf(world, taskClass), row, success);
  }
}

/** The flags of a plain row while it runs. */
const plainFlags: number = TaskState.running | Flag.hasStart;

/** What {@link failureOf} says of a task that does not complete. */
const isRetried = -1;
const isDeleted = -2;

/** Why the task of a run that did not just exit with 0 has failed (rulings 2 and 33), or what becomes of it. */
function failureOf(world: World, run: number, reported: number): number {
  const { runs } = world;
  const job = jobOf(world, runs.class(run));
  const row = runs.task(run);
  const ending = runs.ending(run);
  if (ending !== Ending.none) {
    if ((job.rows.get(row, Word.flags) & Flag.deleting) !== 0) return isDeleted;
    if (ending === Ending.byUser) return Failure.endedByUser;
    return ending === Ending.jobWallClock ? Failure.jobWallClock : Failure.taskWallClock;
  }
  if (reported !== 0) return reportedFrom + reported;
  return mayRetry(job, row) ? isRetried : Failure.exitCode;
}

/**
 * The task goes back to the front of its queue: `counted` when a user asked for it, not when its node or
 * runner was lost (semantics §2.5, §3.8).
 */
export function requeue(world: World, run: number, counted: boolean): void {
  const { runs } = world;
  if (runs.ending(run) !== Ending.none) {
    endRun(world, run, undefined, 0, undefined);
    return;
  }
  const taskClass = runs.class(run);
  const job = jobOf(world, taskClass);
  const row = runs.task(run);
  leaveNode(world, run, NodeWord.otherwiseEnded);
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  words[at + Word.flags] =
    move(world, taskClass, row, words[at + Word.flags]!, TaskTrigger.requeue) | Flag.avoidNode;
  words[at + Word.runOrExitCode] = 0;
  setDuration(words, at, world.now - runs.start(run));
  if (counted) {
    const facts = job.rareFacts(row);
    facts.requeueCount = (facts.requeueCount ?? 0) + 1;
    facts.lastRequeueTime = world.now;
  }
  enqueue(world, job, row, 1, Part.front);
  considerRunsGone(world, job);
}

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
  world.classes.words[taskClass + Class.failed]!++;
  considerJobEnd(world, job);
}

/** completed → active, at the middle of the queue unless it still waits for a dependency (semantics §2.5). */
export function reactivate(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const taskClass = classOf(job, row);
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
    delete facts.retryCount;
  }
  world.classes.words[taskClass + Class.failed]!--;
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
  if (succeeded) job.dependencies?.withdrawn(job.integerOf(row));
  const counts = world.classes.words;
  counts[taskClass + Class.total]!--;
  if (state === TaskState.completed) {
    counts[taskClass + (succeeded ? Class.succeeded : Class.failed)]!--;
  }
  job.dependencies?.deleted(id, row);
  // After the job's wall clock what is active reads as completed (ruling 4), also in the event.
  const expired = job.expiredAt !== undefined && state === TaskState.active;
  const seen = expired ? flags | TaskState.completed : flags;
  words[at + Word.flags] = move(world, taskClass, row, seen, TaskTrigger.delete) & ~Flag.rare;
  job.rare.delete(row);
  if (job.segmentOf(row).factory === undefined) job.ids.delete(id);
  if ((flags & Flag.hasStart) !== 0) {
    const node = world.nodes[words[at + Word.node]! - 1];
    if (node !== undefined) {
      world.effects.remove({ poolId: node.poolId, jobId: job.specification.id, taskId: id });
    }
  }
  considerJobEnd(world, job);
}

/** Gives the slots back and frees the run, which can be read until its row is used again. The task's row still says running. */
function leaveNode(world: World, run: number, counter: number): void {
  const runWords = world.runs.words;
  const runAt = run << runBits;
  if ((runWords[runAt + Run.ending]! & ~isPlain) !== Ending.none) world.clocks.stop(run);
  const node = runWords[runAt + Run.node]!;
  const nodes = world.nodeTable.words;
  const nodeAt = node << nodeBits;
  runWords[runAt + Run.sequence] = 0;
  runWords[runAt + Run.ending] = nodes[nodeAt + NodeWord.nextRun]!;
  nodes[nodeAt + NodeWord.nextRun] = run + 1;
  nodes[nodeAt + counter]!++;

  const counts = world.classes.words;
  const taskClass = runWords[runAt + Run.class]!;
  counts[taskClass + Class.running]!--;
  const before = nodes[nodeAt + NodeWord.freeSlots]!;
  const free = before + counts[taskClass + Class.slots]!;
  if (nodes[nodeAt + NodeWord.takesTasks] !== 0) {
    const pool = world.pools[nodes[nodeAt + NodeWord.pool]!]!;
    pool.loosen(node, before);
    if (free === nodes[nodeAt + NodeWord.slots]) {
      world.moveNode(world.nodes[node]!, 'lastTaskGone');
    }
    world.stir(pool);
  }
  nodes[nodeAt + NodeWord.freeSlots] = free;
}

function mayRetry(job: Job, row: number): boolean {
  const most =
    job.limitsOf(row).maxTaskRetryCount ?? job.specification.constraints.maxTaskRetryCount;
  return most === -1 || retryCountOf(job, row) < most;
}

function retry(world: World, run: number): void {
  const taskClass = world.runs.class(run);
  const job = jobOf(world, taskClass);
  const row = world.runs.task(run);
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const flags = move(world, taskClass, row, words[at + Word.flags]!, TaskTrigger.retry);
  words[at + Word.flags] = flags | Flag.avoidNode | Flag.nextIsRetry;
  words[at + Word.runOrExitCode] = 0;
  setDuration(words, at, world.now - startTimeOf(job, row));
  const retries = retryCountOf(job, row) + 1;
  setRetryCount(words, at, retries);
  if (retries > mostRetriesInRow) job.rareFacts(row).retryCount = retries;
  enqueueRetry(world, job, row);
}

/** What else the end of a task may mean. */
function finished(world: World, job: Job, row: number, success: boolean): void {
  if (success && job.dependencies !== undefined) {
    job.dependencies.satisfied(row, job.integerOf(row));
    release(world, job);
  }
  runLeft(world, job);
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

/** Times have 40 bits, of which the upper 8 are nearly always 0, and have been. */
const mostWithoutUpperBits = 0xffff_ffff;

function setStart(words: Int32Array, at: number, milliseconds: number): void {
  words[at + Word.start] = milliseconds | 0;
  setUpperBits(words, at, milliseconds, 0);
}

function setDuration(words: Int32Array, at: number, milliseconds: number): void {
  words[at + Word.duration] = milliseconds | 0;
  setUpperBits(words, at, milliseconds, 8);
}

function setUpperBits(words: Int32Array, at: number, milliseconds: number, shift: number): void {
  const bits = Math.floor(milliseconds / 0x1_0000_0000) & 0xff;
  words[at + Word.counters] = (words[at + Word.counters]! & ~(0xff << shift)) | (bits << shift);
}

function setRetryCount(words: Int32Array, at: number, count: number): void {
  words[at + Word.counters] =
    (words[at + Word.counters]! & 0xffff) | (Math.min(count, mostRetriesInRow) << 16);
}
