import { endAside, placeCarefully } from './careful-placement.ts';
import { TaskTrigger as sharedTaskTrigger } from './machines.ts';
import { nodeBits as sharedNodeBits, NodeWord as sharedNodeWord } from './node-table.ts';
import { placeException } from './placement-exceptions.ts';
import { chooseJob, chooseNode as chooseNodeByPolicy } from './policy-choice.ts';
import type { Pool } from './pool.ts';
import { noNode as sharedNoNode, priorityCount as sharedPriorityCount } from './pool.ts';
import { firstReady, joinRings, openPiece } from './ready-queue.ts';
import {
  lastRecent as sharedLastRecent,
  recentBits as sharedRecentBits,
  recentWords as sharedRecentWords,
} from './recent-starts.ts';
import { leaveIfFull, nodeLeft, retryStarts, startClock, wantedNode } from './run-start.ts';
import {
  Ending as sharedEnding,
  isPlain as sharedIsPlain,
  Run as sharedRun,
  runBits as sharedRunBits,
} from './run-table.ts';
import {
  Class as sharedClass,
  ClassFlag as sharedClassFlag,
  clockShift as sharedClockShift,
  noClass as sharedNoClass,
} from './task-classes.ts';
import { Flag as sharedFlag, Word as sharedWord, TaskState } from './task-rows.ts';
import {
  move,
  setUpperBits,
  mostWithoutUpperBits as sharedMost,
  transition,
} from './task-transitions.ts';
import type { World } from './world.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const Word = sharedWord;
const Flag = sharedFlag;
const Class = sharedClass;
const Ending = sharedEnding;
const Run = sharedRun;
const TaskTrigger = sharedTaskTrigger;
const clockShift = sharedClockShift;
const isPlain = sharedIsPlain;
const mostWithoutUpperBits = sharedMost;
const runBits = sharedRunBits;
const ClassFlag = sharedClassFlag;
const NodeWord = sharedNodeWord;
const nodeBits = sharedNodeBits;
const noClass = sharedNoClass;
const noNode = sharedNoNode;
const priorityCount = sharedPriorityCount;
const lastRecent = sharedLastRecent;
const recentBits = sharedRecentBits;
const recentWords = sharedRecentWords;

/*
 * Which task goes where, and when (semantics §3.1 to §3.4, rulings 8, 9 and 14). A job is in the ring of a
 * slot size exactly while it may start a task of that size or a smaller one; a node is in the bucket of its
 * free slots exactly while it takes tasks. So each step looks at one ring, one job and one node.
 */

/** The flags of a row that was never written, after it was placed. */
const placed: number = transition(TaskState.active, TaskTrigger.place);

/**
 * Places ready tasks until nothing that is ready fits any node. One function on purpose, as {@link endRun} is:
 * here the engine spends its time, and each table is fetched once.
 */
export function place(world: World, pool: Pool): void {
  const { classes, arena, runs, clocks, effects, events, now } = world;
  const { buckets, cursors, inTurn, jobOrder } = pool;
  const nodes = world.nodeTable.words;
  const { isOn: keepsRecent, words: recent } = world.recentStarts;
  for (;;) {
    const { loose } = pool;
    const looseFree = loose === noNode ? 0 : nodes[(loose << nodeBits) + NodeWord.freeSlots]!;
    const bucketFree = buckets.freest;
    const freest = Math.max(looseFree, bucketFree);
    const ring = pool.ringFor(freest);
    const firstRank = ring === undefined ? priorityCount : ring.firstRank;
    if (world.hasExceptions && placeException(world, pool, firstRank)) continue;
    if (ring === undefined || firstRank === priorityCount) {
      if (looseFree > 0) pool.fasten();
      else pool.loose = noNode;
      if (pool.aside.size > 0) endAside(world, pool);
      return;
    }
    // The first after the one that was served last, in the order of creation, cyclically (ruling 8).
    let number = ring.firstJobs.nextAround(inTurn ? cursors[firstRank]! : -1) | 0;
    if (!inTurn && jobOrder !== undefined) {
      number = chooseJob(world, pool, jobOrder, firstRank, ring.firstJobs);
    }

    let at = classes.ofJob[number]!;
    let { words } = classes;
    // None: it has a job manager to place, and nothing else.
    if (words[at + Class.next] !== noClass) at = firstReady(world, number, freest) || at;
    let address = words[at + Class.headAddress]!;
    if (address === words[at + Class.pieceEnd]) {
      if ((words[at + Class.flags]! & ClassFlag.careful) !== 0) {
        placeCarefully(world, pool, number);
        continue;
      }
      openPiece(world, at);
      words = classes.words;
      address = words[at + Class.headAddress]!;
    }
    if (inTurn || jobOrder !== undefined) cursors[firstRank] = number;
    words[at + Class.headAddress] = address + 1;
    if (address + 1 === words[at + Class.pieceEnd] && words[at + Class.rest] === 0) {
      joinRings(world, world.jobs[number]!);
    }

    const slots = words[at + Class.slots]!;
    const rows = arena.touch(address);
    const row = arena.offset(address);
    // To read a row that was never written would be to wait for memory.
    const classFlags = words[at + Class.flags]!;
    const fresh = (classFlags & ClassFlag.fresh) !== 0;
    const before = fresh ? 0 : rows[row + Word.flags]!;
    let node = loose;
    if (((before & Flag.avoidNode) | (classFlags & ClassFlag.choosy)) !== 0) {
      node = chooseAnother(world, pool, at, address) | 0;
    } else if (looseFree < slots || bucketFree >= slots) {
      node = chooseNode(pool, nodes, slots, looseFree) | 0;
    }

    // active → running
    const run = nodes[(node << nodeBits) + NodeWord.nextRun]! - 1;
    const runAt = run << runBits;
    const runWords = runs.words;
    const task = address + words[at + Class.rowLessAddress]!;
    const sequence = world.nextSequence();
    const nodeAt = node << nodeBits;
    nodes[nodeAt + NodeWord.nextRun] = runWords[runAt + Run.ending]!;
    runWords[runAt + Run.class] = at;
    runWords[runAt + Run.task] = task;
    runWords[runAt + Run.address] = address;
    runWords[runAt + Run.sequence] = sequence;
    runWords[runAt + Run.ending] = fresh ? isPlain : Ending.none;
    runs.starts[(runAt + Run.start) >>> 1] = now;

    let flags =
      fresh && events === undefined ? placed : move(world, at, task, before, TaskTrigger.place);
    const retrying = before & (Flag.startWasRetry | Flag.nextIsRetry);
    if (retrying !== 0) flags = retryStarts(world, at, task, flags);
    rows[row + Word.flags] = (flags & ~Flag.avoidNode) | Flag.hasStart;
    rows[row + Word.node] = node + 1;
    rows[row + Word.runOrExitCode] = run;
    const sinceCreation = now - classes.creationTime(at);
    rows[row + Word.start] = sinceCreation | 0;
    if (!fresh || sinceCreation > mostWithoutUpperBits) setUpperBits(rows, row, sinceCreation, 0);

    const free = nodes[nodeAt + NodeWord.freeSlots]!;
    nodes[nodeAt + NodeWord.freeSlots] = free - slots;
    if (node !== pool.loose) buckets.move(nodes[nodeAt + NodeWord.ordinal]!, free, free - slots);
    if (free === nodes[nodeAt + NodeWord.slots]) world.moveNode(world.nodes[node]!, 'firstTask');
    words[at + Class.begun]!++;
    if ((classFlags & (ClassFlag.limited | ClassFlag.counted)) !== 0 || (flags & Flag.rare) !== 0) {
      startClock(world, at, task, run);
      if ((classFlags & ClassFlag.counted) !== 0) leaveIfFull(world, world.jobs[number]!);
    } else if (classFlags >>> clockShift !== 0) clocks.start(run, classFlags >>> clockShift);
    if (keepsRecent) {
      const recentAt = node << recentBits;
      const next = recent[recentAt]!;
      recent[recentAt] = next === lastRecent ? 0 : next + recentWords;
      recent[recentAt + next + 1] = number + 1;
      recent[recentAt + next + 2] = task;
      recent[recentAt + next + 3] = 0;
    }
    effects.startRun(node, run, sequence, pool.mustSync);
  }
}

/** By the fill type, then the lower id (semantics §3.4): its number. Some node has room. */
function chooseNode(
  { buckets, loose, nodes: list, spread }: Pool,
  nodes: Int32Array,
  slots: number,
  looseFree: number,
): number {
  const free = spread ? buckets.freest : buckets.from(slots);
  const ordinal = free < slots ? -1 : buckets.first(free);
  if (looseFree >= slots) {
    if (ordinal === -1) return loose;
    if (looseFree !== free) {
      if (looseFree > free === spread) return loose;
    } else if (nodes[(loose << nodeBits) + NodeWord.ordinal]! < ordinal) return loose;
  }
  return list.number(ordinal);
}

/**
 * The same for the task at an address: another node than it has left, if there is one (ruling 14), and of those the
 * one that it names, if that has room, or the one that a policy chooses.
 */
function chooseAnother(world: World, pool: Pool, at: number, address: number): number {
  pool.fasten();
  const { words } = world.classes;
  const slots = words[at + Class.slots]!;
  const avoid = nodeLeft(world, pool, address);
  const choosy = (words[at + Class.flags]! & ClassFlag.choosy) !== 0;
  const job = world.jobs[words[at + Class.job]!]!;
  const wanted = choosy ? wantedNode(pool, job, address + words[at + Class.rowLessAddress]!) : -1;
  if (wanted !== avoid && wanted !== -1 && pool.hasRoom(wanted, slots)) {
    return pool.nodes.number(wanted);
  }
  const { buckets, placement, spread } = pool;
  if (placement !== undefined) return chooseNodeByPolicy(world, pool, placement, job, slots, avoid);
  let free = spread ? buckets.freest : buckets.from(slots);
  while (free >= slots) {
    let ordinal = buckets.first(free);
    if (ordinal === avoid) ordinal = buckets.next(free, ordinal);
    if (ordinal !== -1) return pool.nodes.number(ordinal);
    free = spread ? buckets.below(free) : buckets.from(free + 1);
  }
  return pool.nodes.number(avoid);
}
