import type { Node } from './node.ts';
import type { NodeBuckets } from './node-buckets.ts';
import type { JobRing, Pool } from './pool.ts';
import { priorityCount } from './pool.ts';
import { leaveRing, openPiece, settleHead } from './ready-queue.ts';
import { Class, ClassFlag, noClass } from './task-classes.ts';
import { startTask } from './task-lifecycle.ts';
import { Flag, Word } from './task-rows.ts';
import type { World } from './world.ts';

/*
 * Which task goes where, and when (semantics §3.1 to §3.4, rulings 8, 9 and 14). A job is in the ring of a
 * slot size exactly while it may start a task of that size; a node is in the bucket of its free slots exactly
 * while it takes tasks. So each step looks at one node, one priority and one job.
 */

/** Places ready tasks until nothing that is ready fits any node. */
export function place(world: World, pool: Pool): void {
  const { classes, arena } = world;
  const { buckets, rings, cursors } = pool;
  for (let freest = buckets.freest; freest > 0; freest = buckets.freest) {
    const rank = highestRank(rings, freest);
    if (rank === priorityCount) return;
    const number = nextJob(rings, freest, rank, cursors[rank]!);
    cursors[rank] = number;
    let at = classes.ofJob[number]!;
    if (classes.words[at + Class.next] !== noClass) at = firstReady(world, number, freest);
    dropStale(world, at);
    if (classes.words[at + Class.pieceLeft] === 0) openPiece(world, at);

    const { words } = classes;
    const row = words[at + Class.headRow]!;
    const address = words[at + Class.headAddress]!;
    words[at + Class.headRow] = row + 1;
    words[at + Class.headAddress] = address + 1;
    words[at + Class.headLeft]!--;
    words[at + Class.pieceLeft]!--;
    if (--words[at + Class.live]! === 0) leaveRings(world, at);
    const rows = arena.touch(address);
    const place = arena.offset(address);
    const flags = rows[place + Word.flags]!;
    const slots = words[at + Class.slots]!;
    const avoid = (flags & Flag.avoidNode) === 0 ? -1 : lastNode(world, pool, rows, place);
    const node = pool.nodes.get(chooseNode(buckets, pool.spread, slots, avoid))!;
    startTask(world, pool, at, row, address, slots, node);
  }
}

function highestRank(rings: readonly JobRing[], freest: number): number {
  let best: number = priorityCount;
  for (let index = 0; index < rings.length; index++) {
    const ring = rings[index]!;
    if (ring.slots > freest) break;
    if (ring.firstRank < best) best = ring.firstRank;
  }
  return best;
}

/** The first job after the one that was served last, in the order of creation, cyclically (ruling 8). */
function nextJob(rings: readonly JobRing[], freest: number, rank: number, last: number): number {
  const after = lowestJob(rings, freest, rank, last);
  return after !== -1 ? after : lowestJob(rings, freest, rank, -1);
}

/** The lowest job above `above` that has something for `freest` slots, −1 if there is none. `rank` is the highest. */
function lowestJob(rings: readonly JobRing[], freest: number, rank: number, above: number): number {
  let lowest = -1;
  for (let index = 0; index < rings.length; index++) {
    const ring = rings[index]!;
    if (ring.slots > freest) break;
    if (ring.firstRank !== rank) continue;
    const job = ring.firstJobs.next(above);
    if (job !== -1 && (lowest === -1 || job < lowest)) lowest = job;
  }
  return lowest;
}

/** The class whose head comes first in the job's queue, among those that fit (semantics §3.3). */
function firstReady(world: World, number: number, freest: number): number {
  const job = world.jobs[number]!;
  const { words } = world.classes;
  let best = noClass;
  let bestPart = 3;
  let bestStamp = 0;
  let bestRow = 0;
  for (const ready of job.classes) {
    if (ready.slots > freest) break;
    if (words[ready.at + Class.live] === 0) continue;
    settleHead(world, job, ready);
    const row = words[ready.at + Class.headRow]!;
    const stamp = ready.headStampLessRow + row;
    if (
      ready.headPart < bestPart ||
      (ready.headPart === bestPart && (stamp < bestStamp || (stamp === bestStamp && row < bestRow)))
    ) {
      best = ready.at;
      bestPart = ready.headPart;
      bestStamp = stamp;
      bestRow = row;
    }
  }
  return best;
}

/** The head of the class is live after this; there is a live row. */
function dropStale(world: World, at: number): void {
  const { words } = world.classes;
  if ((words[at + Class.flags]! & ClassFlag.stale) === 0) return;
  const job = world.jobs[words[at + Class.job]!]!;
  settleHead(world, job, job.readyClass(words[at + Class.slots]!));
}

/** The class has no live row left. */
function leaveRings(world: World, at: number): void {
  const job = world.jobs[world.classes.words[at + Class.job]!]!;
  leaveRing(world, job, job.readyClass(world.classes.words[at + Class.slots]!));
}

/** Ordinal of the node that the task has left, if it is one of this pool. */
function lastNode(world: World, pool: Pool, rows: Int32Array, place: number): number {
  const last: Node | undefined = world.nodes[rows[place + Word.node]! - 1];
  return last !== undefined && last.pool === pool.number ? last.ordinal : -1;
}

/** Another node than the last (ruling 14), then the fill type, then the lower id (semantics §3.4): its ordinal. */
function chooseNode(buckets: NodeBuckets, spread: boolean, slots: number, avoid: number): number {
  let free = spread ? buckets.freest : buckets.from(slots);
  let ordinal = buckets.first(free);
  if (ordinal !== avoid) return ordinal;
  for (;;) {
    ordinal = buckets.next(free, ordinal);
    if (ordinal !== -1) return ordinal;
    free = spread ? buckets.below(free) : buckets.from(free + 1);
    if (free < slots) return avoid;
    ordinal = buckets.first(free);
    if (ordinal !== avoid) return ordinal;
  }
}
