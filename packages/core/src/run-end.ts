import { endInstance } from './gang-end.ts';
import { countRerun, mayRerun } from './internal-rerun.ts';
import type { Job } from './job.ts';
import {
  considerJobAction,
  considerJobManagerEnd,
  considerRoom,
  considerRunsGone,
  runLeft,
} from './job-end.ts';
import { awaitStart, isJobManager } from './job-manager.ts';
import { TaskTrigger as sharedTaskTrigger } from './machines.ts';
import { emptied } from './node-boot.ts';
import { nodeBits as sharedNodeBits, NodeWord as sharedNodeWord } from './node-table.ts';
import { enqueue, enqueueRetry, Part } from './ready-queue.ts';
import { noteFailure } from './recent-failures.ts';
import {
  Ending as sharedEnding,
  endingMask as sharedEndingMask,
  isInstance as sharedIsInstance,
  isPlain as sharedIsPlain,
  Run as sharedRun,
  runBits as sharedRunBits,
} from './run-table.ts';
import { Class as sharedClass, ClassFlag as sharedClassFlag } from './task-classes.ts';
import { reportedFrom, Failure as sharedFailure, wallClockExitCode } from './task-failure.ts';
import { forget } from './task-lifecycle.ts';
import {
  Flag as sharedFlag,
  TaskState as sharedTaskState,
  Word as sharedWord,
  stateMask,
} from './task-rows.ts';
import {
  jobOf,
  mostRetriesInRow,
  move,
  retryCountOf,
  setDuration,
  setRetryCount,
  setUpperBits,
  mostWithoutUpperBits as sharedMost,
  startTimeOf,
  transition,
  withFailure,
} from './task-transitions.ts';
import type { World } from './world.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const Class = sharedClass;
const ClassFlag = sharedClassFlag;
const Ending = sharedEnding;
const Failure = sharedFailure;
const Flag = sharedFlag;
const NodeWord = sharedNodeWord;
const Run = sharedRun;
const TaskState = sharedTaskState;
const TaskTrigger = sharedTaskTrigger;
const Word = sharedWord;
const endingMask = sharedEndingMask;
const isInstance = sharedIsInstance;
const isPlain = sharedIsPlain;
const mostWithoutUpperBits = sharedMost;
const nodeBits = sharedNodeBits;
const runBits = sharedRunBits;

/*
 * How a run comes to its end, and what becomes of its task (semantics §2.5, rulings 2 and 33).
 */

/**
 * The run is over: running → completed, or active again. `reported` is the number of a failure code, 0: none, or
 * {@link lost}, {@link requeued} or {@link displaced}.
 *
 * One function on purpose, as {@link place} is: here the engine spends its time, and each table is fetched once.
 */
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

  // It leaves its node. Its words can be read until its row is used again.
  if ((ending & ~isPlain) !== Ending.none) {
    if ((ending & isInstance) !== 0) {
      endInstance(world, run, exitCode, reported, detail);
      return;
    }
    world.clocks.stop(run);
  }
  const node = runWords[runAt + Run.node]!;
  const nodes = world.nodeTable.words;
  const nodeAt = node << nodeBits;
  runWords[runAt + Run.sequence] = 0;
  runWords[runAt + Run.ending] = nodes[nodeAt + NodeWord.nextRun]!;
  nodes[nodeAt + NodeWord.nextRun] = run + 1;
  nodes[nodeAt + (success ? NodeWord.succeeded : NodeWord.otherwiseEnded)]!++;
  const counts = classes.words;
  const taskClass = runWords[runAt + Run.class]!;
  const freeBefore = nodes[nodeAt + NodeWord.freeSlots]!;
  const free = freeBefore + counts[taskClass + Class.slots]!;
  if (nodes[nodeAt + NodeWord.takesTasks] !== 0) {
    const pool = world.pools[nodes[nodeAt + NodeWord.pool]!]!;
    pool.loosen(node, freeBefore);
    if (free === nodes[nodeAt + NodeWord.slots]) {
      world.moveNode(world.nodes[node]!, 'lastTaskGone');
    }
    world.stir(pool);
    nodes[nodeAt + NodeWord.freeSlots] = free;
  } else {
    nodes[nodeAt + NodeWord.freeSlots] = free;
    if (free === nodes[nodeAt + NodeWord.slots]) emptied(world, world.nodes[node]!);
  }
  if (failure < Failure.none) {
    goOn(world, run, failure);
    return;
  }

  // Its task completes.
  const row = runWords[runAt + Run.task]!;
  const address = runWords[runAt + Run.address]!;
  const words = arena.touch(address);
  const at = arena.offset(address);
  const plain = (ending & isPlain) !== 0;
  const before = plain ? plainFlags : words[at + Word.flags]!;
  if (success) {
    words[at + Word.flags] =
      plain && world.events === undefined
        ? plainSuccess
        : move(world, taskClass, row, before, TaskTrigger.succeed, 'success') |
          Flag.success |
          Flag.hasExitCode;
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

/** Those of one that has succeeded. */
const plainSuccess: number =
  transition(TaskState.running, TaskTrigger.succeed) |
  Flag.hasStart |
  Flag.success |
  Flag.hasExitCode;

/** Instead of a failure code: the run was lost with its node or runner. */
export const lost = -1;
/** Instead of a failure code: a user has taken the node away, or disabled the job. */
export const requeued = -2;
/** Instead of a failure code: its place was taken, or its node starts with another OS version. */
export const displaced = -3;

/** What {@link failureOf} says of a task that does not complete. */
const isRetried = -1;
const isDeleted = -2;
const isLost = -3;
const isRequeued = -4;
const isDisplaced = -5;

/** Why the task of a run that did not just exit with 0 has failed (rulings 2 and 33), or what becomes of it. */
function failureOf(world: World, run: number, reported: number): number {
  const { runs } = world;
  const job = jobOf(world, runs.class(run));
  const row = runs.task(run);
  const ending = runs.ending(run);
  // What a multi-instance task comes to has been counted where an instance has failed.
  const isOwn = runs.isInstance(run) || job.limitsOf(row).instances === 0;
  if (ending !== Ending.none) {
    if ((job.rows.get(row, Word.flags) & Flag.deleting) !== 0) return isDeleted;
    if (ending === Ending.requeued) return isRequeued;
    if (ending === Ending.byUser) return Failure.endedByUser;
    if (ending === Ending.jobWallClock) return Failure.jobWallClock;
    if (isOwn && ending === Ending.taskWallClock) noteFailure(world, world.nodes[runs.node(run)]!);
    return Failure.taskWallClock;
  }
  if (reported >= 0 && isOwn) noteFailure(world, world.nodes[runs.node(run)]!);
  if (reported > 0) return reportedFrom + reported;
  if (reported === displaced) return isDisplaced;
  if (reported === requeued) return isRequeued;
  if (reported === lost) return mayRerun(world, job, row) ? isLost : Failure.maxInternalRetry;
  return mayRetry(job, row) ? isRetried : Failure.exitCode;
}

/** The task of a run that is over goes on: it is active again, or gone. */
function goOn(world: World, run: number, how: number): void {
  const job = jobOf(world, world.runs.class(run));
  const row = world.runs.task(run);
  world.classes.words[world.runs.class(run) + Class.begun]!--;
  if (how === isDeleted) forget(world, job, row);
  else if (how === isRetried) retry(world, job, run);
  else requeue(world, job, run, how);
  considerRunsGone(world, job);
  considerRoom(world, job);
}

/**
 * The task goes back to the front of its queue. That counts where a user asked for it, and where its node or runner
 * was lost only if there is a limit to that (semantics §2.5, §3.8).
 */
function requeue(world: World, job: Job, run: number, how: number): void {
  const { runs } = world;
  const row = runs.task(run);
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  words[at + Word.flags] =
    move(world, runs.class(run), row, words[at + Word.flags]!, TaskTrigger.requeue) |
    Flag.avoidNode;
  words[at + Word.runOrExitCode] = 0;
  setDuration(words, at, world.now - runs.start(run));
  if (how === isRequeued) countRequeue(world, job, row);
  else countRerun(world, job, row, how === isLost);
  if (isJobManager(job, row)) awaitStart(world, job);
  else enqueue(world, job, row, 1, Part.front);
}

/** A user has asked for it (semantics §1.5). */
export function countRequeue(world: World, job: Job, row: number): void {
  const facts = job.rareFacts(row);
  facts.requeueCount = (facts.requeueCount ?? 0) + 1;
  facts.lastRequeueTime = world.now;
}

function mayRetry(job: Job, row: number): boolean {
  const most =
    job.limitsOf(row).maxTaskRetryCount ?? job.specification.constraints.maxTaskRetryCount;
  return most === -1 || retryCountOf(job, row) < most;
}

function retry(world: World, job: Job, run: number): void {
  const taskClass = world.runs.class(run);
  const row = world.runs.task(run);
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const flags = move(world, taskClass, row, words[at + Word.flags]!, TaskTrigger.retry);
  words[at + Word.flags] = flags | Flag.avoidNode | Flag.nextIsRetry;
  words[at + Word.runOrExitCode] = 0;
  setDuration(words, at, world.now - startTimeOf(job, row));
  job.numTaskRetries++;
  const retries = retryCountOf(job, row) + 1;
  setRetryCount(words, at, retries);
  if (retries > mostRetriesInRow) job.rareFacts(row).retryCount = retries;
  if (isJobManager(job, row)) awaitStart(world, job);
  else enqueueRetry(world, job, row);
}

/** What else the end of a task may mean. */
export function finished(world: World, job: Job, row: number, success: boolean): void {
  if (job.dependencies !== undefined && (job.hasExitConditions ? job.satisfies(row) : success)) {
    job.dependencies.satisfied(row, job.integerOf(row));
    release(world, job);
  }
  if (isJobManager(job, row)) considerJobManagerEnd(world, job);
  runLeft(world, job);
  considerJobAction(world, job, row);
}

/** Queues the tasks whose last dependency has just been satisfied; of a job that is over nothing is placed again. */
export function release(world: World, job: Job): void {
  if (job.dependencies?.hasReleased !== true) return;
  job.dependencies.takeReleased((row, count) => {
    const segment = job.segmentOf(row);
    if (segment.factory !== undefined) {
      segment.waiting = false;
      const live = count - segment.endedWaiting;
      if (job.isOpen) enqueue(world, job, row, count, Part.middle, live);
      return;
    }
    const words = job.rows.touch(row);
    const at = job.rows.offset(row) + Word.flags;
    words[at]! &= ~Flag.waiting;
    if ((words[at]! & stateMask) === TaskState.active && job.isOpen) {
      enqueue(world, job, row, 1, Part.middle);
    }
  });
}
