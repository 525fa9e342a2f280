import type { Job } from './job.ts';
import { endWait, isJobManager } from './job-manager.ts';
import { prepareFor } from './job-preparation.ts';
import { TaskTrigger } from './machines.ts';
import { NodeWord, nodeBits } from './node-table.ts';
import { chooseNode as chooseNodeByPolicy } from './policy-choice.ts';
import type { Pool } from './pool.ts';
import { rankOf } from './pool.ts';
import { noteStart } from './preparing-runs.ts';
import { enterRings, firstReady, leaveRings, takeRow } from './ready-queue.ts';
import { leaveIfFull, nodeLeft, retryStarts, startClock, wantedNode } from './run-start.ts';
import { Ending, Run, runBits } from './run-table.ts';
import { Class, noClass } from './task-classes.ts';
import { Flag, Word } from './task-rows.ts';
import { classOf, move, setStart } from './task-transitions.ts';
import type { World } from './world.ts';

/*
 * The way of the few jobs whose tasks may not go to every node, or need something there first: slower, one task at a
 * time, beside that of all others (placement.ts).
 */

/** Whether a node is open to a task, whatever room it has (semantics §3.1, rules 7 and 9). */
export function admits(world: World, job: Job, row: number, node: number): boolean {
  if (job.onNodes?.byNode.get(node)?.isBarred === true) return false;
  if (!isJobManager(job, row) || job.specification.jobManagerTask?.allowLowPriorityNode !== false) {
    return true;
  }
  return world.nodes[node]!.isDedicated;
}

/**
 * Places the first task, in the order of the job's queue, that fits a node that it may go to; before them the job
 * manager, if that waits. Where there is none the job stands aside until this round of placement is over, and does
 * not use its turn.
 */
export function placeCarefully(world: World, pool: Pool, number: number): void {
  pool.fasten();
  const job = world.jobs[number]!;
  const { jobManager } = job;
  if (jobManager?.waits !== undefined) {
    const node = chooseNode(world, pool, job, jobManager.row);
    if (node !== -1) {
      placeJobManager(world, pool, job, node);
      return;
    }
  }
  const most = jobManager?.waits === 'first' ? 0 : mostFree(pool, job);
  const at = most === 0 ? noClass : firstReady(world, number, most);
  if (at === noClass) {
    leaveRings(world, job);
    pool.aside.add(number);
    return;
  }
  takeTurn(pool, job);
  const row = takeRow(world, job, job.classAt(at));
  start(world, pool, job, at, row, chooseNode(world, pool, job, row));
}

/** The job manager goes to a node that has room for it, which it may have for itself (semantics §3.1, rule 6). */
export function placeJobManager(world: World, pool: Pool, job: Job, node: number): void {
  const { row } = job.jobManager!;
  takeTurn(pool, job);
  start(world, pool, job, classOf(job, row), row, node);
  endWait(world, job);
  if (job.specification.jobManagerTask?.runExclusive !== true) return;
  world.nodes[node]!.isExclusive = true;
  pool.withdraw(node);
}

function takeTurn(pool: Pool, { number, specification: { priority } }: Job): void {
  if (pool.inTurn || pool.jobOrder !== undefined) pool.cursors[rankOf(priority)] = number;
}

/** Those that stood aside are looked at again when something has changed. */
export function endAside(world: World, pool: Pool): void {
  for (const number of pool.aside) enterRings(world, world.jobs[number]!);
  pool.aside.clear();
}

/** Free slots of the freest node that is open to the tasks of the job. */
function mostFree({ buckets, nodes }: Pool, job: Job): number {
  const { byNode } = job.onNodes ?? {};
  for (let free = buckets.freest; free > 0; free = buckets.below(free)) {
    for (let at = buckets.first(free); at !== -1; at = buckets.next(free, at)) {
      if (byNode?.get(nodes.number(at))?.isBarred !== true) return free;
    }
  }
  return 0;
}

/** As for all others (semantics §3.4), among the nodes that are open to it; −1: none has room. */
function chooseNode(world: World, pool: Pool, job: Job, row: number): number {
  const { buckets, nodes, placement, spread, specification } = pool;
  const isExclusive =
    isJobManager(job, row) && job.specification.jobManagerTask?.runExclusive === true;
  // One that is to have its node for itself needs a node with no task on it.
  const slots = isExclusive ? specification.taskSlotsPerNode : job.limitsOf(row).requiredSlots;
  const isOpen = (ordinal: number): boolean =>
    pool.hasRoom(ordinal, slots) && admits(world, job, row, nodes.number(ordinal));
  const avoid = nodeLeft(world, pool, job.rows.provide(row));
  const wanted = wantedNode(pool, job, row);
  if (wanted !== -1 && wanted !== avoid && isOpen(wanted)) return nodes.number(wanted);
  if (placement !== undefined) {
    const isRoomy = [...pool.nodes].some(({ ordinal }) => isOpen(ordinal));
    return isRoomy ? chooseNodeByPolicy(world, pool, placement, job, slots, avoid, isOpen) : -1;
  }
  let free = spread ? buckets.freest : buckets.from(slots);
  while (free >= slots) {
    for (let ordinal = buckets.first(free); ordinal !== -1; ordinal = buckets.next(free, ordinal)) {
      if (ordinal !== avoid && isOpen(ordinal)) return nodes.number(ordinal);
    }
    free = spread ? buckets.below(free) : buckets.from(free + 1);
  }
  return avoid !== -1 && pool.nodes.has(avoid) && isOpen(avoid) ? nodes.number(avoid) : -1;
}

/** active → running, or preparing. */
function start(world: World, pool: Pool, job: Job, at: number, row: number, node: number): void {
  const { classes, runs } = world;
  const nodes = world.nodeTable.words;
  const nodeAt = node << nodeBits;
  const run = nodes[nodeAt + NodeWord.nextRun]! - 1;
  const runAt = run << runBits;
  const runWords = runs.words;
  nodes[nodeAt + NodeWord.nextRun] = runWords[runAt + Run.ending]!;
  const slots = classes.words[at + Class.slots]!;
  const free = nodes[nodeAt + NodeWord.freeSlots]!;
  nodes[nodeAt + NodeWord.freeSlots] = free - slots;
  pool.buckets.move(nodes[nodeAt + NodeWord.ordinal]!, free, free - slots);
  if (free === nodes[nodeAt + NodeWord.slots]) world.moveNode(world.nodes[node]!, 'firstTask');
  classes.words[at + Class.begun]!++;

  const waits = prepareFor(world, job, node);
  const sequence = world.nextSequence();
  runWords[runAt + Run.class] = at;
  runWords[runAt + Run.task] = row;
  runWords[runAt + Run.address] = job.rows.provide(row);
  // A run that waits is named to nobody.
  runWords[runAt + Run.sequence] = waits ? -sequence : sequence;
  runWords[runAt + Run.ending] = Ending.none;
  runs.starts[(runAt + Run.start) >>> 1] = world.now;

  const words = job.rows.touch(row);
  const rowAt = job.rows.offset(row);
  const trigger = waits ? TaskTrigger.prepare : TaskTrigger.place;
  let flags = move(world, at, row, words[rowAt + Word.flags]!, trigger) & ~Flag.avoidNode;
  if (!waits) {
    if ((flags & (Flag.startWasRetry | Flag.nextIsRetry)) !== 0) {
      flags = retryStarts(world, at, row, flags);
    }
    flags |= Flag.hasStart;
    setStart(words, rowAt, world.now - job.creationTime);
  }
  words[rowAt + Word.flags] = flags;
  words[rowAt + Word.node] = node + 1;
  words[rowAt + Word.runOrExitCode] = run;
  if (job.specification.maxParallelTasks !== undefined) leaveIfFull(world, job);
  if (waits) return;
  world.recentStarts.note(node, job.number, row, 0);
  noteStart(world, job, node);
  startClock(world, at, row, run);
  world.effects.startRun(node, run, sequence, pool.mustSync);
}
