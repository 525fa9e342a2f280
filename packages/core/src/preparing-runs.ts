import type { Gang } from './gang.ts';
import { primaryOf } from './gang.ts';
import { countRerun, mayRerun } from './internal-rerun.ts';
import type { Job } from './job.ts';
import { considerRoom, considerRunsGone } from './job-end.ts';
import { awaitStart, isJobManager } from './job-manager.ts';
import { TaskTrigger } from './machines.ts';
import { emptied } from './node-boot.ts';
import { NodeWord, nodeBits } from './node-table.ts';
import { enqueue, Part } from './ready-queue.ts';
import { countRequeue, finished } from './run-end.ts';
import { retryStarts, startClock } from './run-start.ts';
import { Ending, Run, runBits } from './run-table.ts';
import { Class } from './task-classes.ts';
import { Failure, wallClockExitCode } from './task-failure.ts';
import { forget } from './task-lifecycle.ts';
import { Flag, Word } from './task-rows.ts';
import {
  jobOf,
  move,
  setDuration,
  setStart,
  startTimeOf,
  withFailure,
} from './task-transitions.ts';
import type { World } from './world.ts';

/*
 * Runs that hold their slots and wait for the preparation of their job on the node (semantics §2.5, state preparing).
 * No executor has heard of them: nothing of them has to be ended, and no report can name them.
 */

/** preparing → running */
export function beginRun(world: World, run: number): void {
  const { runs } = world;
  const taskClass = runs.class(run);
  const job = jobOf(world, taskClass);
  const row = runs.task(run);
  runs.begin(run, world.nextSequence(), world.now);
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  let flags = move(world, taskClass, row, words[at + Word.flags]!, TaskTrigger.begin);
  if ((flags & (Flag.startWasRetry | Flag.nextIsRetry)) !== 0) {
    flags = retryStarts(world, taskClass, row, flags);
  }
  words[at + Word.flags] = flags | Flag.hasStart;
  setStart(words, at, world.now - job.creationTime);
  world.recentStarts.note(runs.node(run), job.number, row, 0);
  noteStart(world, job, runs.node(run));
  startClock(world, taskClass, row, run);
  const { mustSync } = world.pools[world.nodes[runs.node(run)]!.pool]!;
  world.effects.startRun(runs.node(run), run, runs.sequence(run), mustSync);
}

/** A task of the job starts on the node: what that leaves there its release will clear (semantics §8). */
export function noteStart(world: World, job: Job, node: number): void {
  if (job.specification.jobPreparationTask === undefined) return;
  world.jobsOnNodes.provide(job, node).hasStarted = true;
}

/**
 * It leaves its node at once, and a multi-instance task all of its nodes. Its task is active again, or completed if it
 * has been told to end; `requeued`: as a user asked for, which counts; `lost`: with its node, which may have happened
 * too often.
 */
export function leavePreparing(
  world: World,
  run: number,
  why: 'lost' | 'requeued' | 'displaced',
): void {
  const { runs } = world;
  const taskClass = runs.class(run);
  const job = jobOf(world, taskClass);
  const row = runs.task(run);
  const gang = runs.isInstance(run) ? world.gangs.of(run)?.gang : undefined;
  const own = runs.ending(run);
  const ending = own === Ending.none && gang !== undefined ? runs.ending(primaryOf(gang)) : own;
  if (gang === undefined) leaveNode(world, run);
  else leaveNodes(world, gang);
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  if ((words[at + Word.flags]! & Flag.deleting) !== 0) {
    world.classes.words[taskClass + Class.begun]!--;
    forget(world, job, row);
  } else if (ending !== Ending.none && ending !== Ending.requeued) {
    const byClock = ending === Ending.jobWallClock;
    complete(world, job, taskClass, row, byClock ? Failure.jobWallClock : Failure.endedByUser);
    return;
  } else if (why === 'lost' && ending === Ending.none && !mayRerun(world, job, row)) {
    complete(world, job, taskClass, row, Failure.maxInternalRetry);
    return;
  } else {
    world.classes.words[taskClass + Class.begun]!--;
    const before = words[at + Word.flags]!;
    words[at + Word.flags] =
      move(world, taskClass, row, before, TaskTrigger.requeue) | Flag.avoidNode;
    words[at + Word.runOrExitCode] = 0;
    stampEnd(world, job, row);
    if (why === 'requeued' || ending === Ending.requeued) countRequeue(world, job, row);
    else if (why === 'lost') countRerun(world, job, row, true);
    if (isJobManager(job, row)) awaitStart(world, job);
    else enqueue(world, job, row, 1, Part.front);
  }
  considerRunsGone(world, job);
  considerRoom(world, job);
}

function complete(world: World, job: Job, taskClass: number, row: number, failure: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const before = move(world, taskClass, row, words[at + Word.flags]!, TaskTrigger.end, 'failure');
  const flags = withFailure(before, failure);
  // With an exit code only if it had started, in an earlier run (ruling 2).
  const hasExitCode = failure === Failure.jobWallClock && (flags & Flag.hasStart) !== 0;
  words[at + Word.flags] = hasExitCode ? flags | Flag.hasExitCode : flags;
  words[at + Word.runOrExitCode] = hasExitCode ? wallClockExitCode : 0;
  stampEnd(world, job, row);
  world.classes.words[taskClass + Class.failed]!++;
  finished(world, job, row, false);
}

/** Since when it is what it is now; its start is that of an earlier run, if there was one. */
function stampEnd(world: World, job: Job, row: number): void {
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  if ((words[at + Word.flags]! & Flag.hasStart) === 0) {
    setStart(words, at, world.now - job.creationTime);
  } else setDuration(words, at, world.now - startTimeOf(job, row));
}

/** Nothing of it has run: there are no subtasks to tell of. */
function leaveNodes(world: World, gang: Gang): void {
  delete world.jobs[gang.job]!.rareFacts(gang.row).gang;
  for (const instance of gang.instances) {
    const { run } = instance;
    world.gangs.delete(gang, instance);
    leaveNode(world, run);
  }
}

/** Its slots are free. It counts nowhere among what the node has run. */
function leaveNode(world: World, run: number): void {
  const { words: runWords } = world.runs;
  const runAt = run << runBits;
  const node = runWords[runAt + Run.node]!;
  const nodes = world.nodeTable.words;
  const nodeAt = node << nodeBits;
  runWords[runAt + Run.sequence] = 0;
  runWords[runAt + Run.ending] = nodes[nodeAt + NodeWord.nextRun]!;
  nodes[nodeAt + NodeWord.nextRun] = run + 1;
  const freeBefore = nodes[nodeAt + NodeWord.freeSlots]!;
  const free = freeBefore + world.classes.words[runWords[runAt + Run.class]! + Class.slots]!;
  const isEmpty = free === nodes[nodeAt + NodeWord.slots];
  if (nodes[nodeAt + NodeWord.takesTasks] !== 0) {
    const pool = world.pools[nodes[nodeAt + NodeWord.pool]!]!;
    pool.loosen(node, freeBefore);
    if (isEmpty) world.moveNode(world.nodes[node]!, 'lastTaskGone');
    world.stir(pool);
    nodes[nodeAt + NodeWord.freeSlots] = free;
  } else {
    nodes[nodeAt + NodeWord.freeSlots] = free;
    if (isEmpty) emptied(world, world.nodes[node]!);
  }
}
