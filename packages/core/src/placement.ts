import type { Job, ReadyClass } from './job.ts';
import type { Node } from './node.ts';
import type { JobRing, Pool } from './pool.ts';
import { headPart, leaveRing, takeHead } from './ready-queue.ts';
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
  for (;;) {
    const freest = pool.freeLevels.last();
    if (freest < 1) return;
    const rank = highestRank(pool.rings, freest);
    if (rank === -1) return;
    const number = nextJob(pool.rings, freest, rank, pool.cursors[rank]!);
    const job = world.jobs[number]!;
    const ready = firstReady(job, freest);
    pool.cursors[rank] = number;
    const row = takeHead(job, ready);
    if (ready.live === 0) leaveRing(world, job, ready);
    const node = chooseNode(world, pool, job, row, ready.slots);
    startTask(world, pool, job, row, ready.slots, node);
  }
}

function highestRank(rings: readonly JobRing[], freest: number): number {
  let best = -1;
  for (const ring of rings) {
    if (ring.slots > freest) break;
    const rank = ring.ranks.first();
    if (rank !== -1 && (best === -1 || rank < best)) best = rank;
  }
  return best;
}

/** The first job after the one that was served last, in the order of creation, cyclically (ruling 8). */
function nextJob(rings: readonly JobRing[], freest: number, rank: number, last: number): number {
  const after = lowestJob(rings, freest, rank, last);
  return after !== -1 ? after : lowestJob(rings, freest, rank, -1);
}

/** The lowest job above `above` that has something for `freest` slots, −1 if there is none. */
function lowestJob(rings: readonly JobRing[], freest: number, rank: number, above: number): number {
  let lowest = -1;
  for (const ring of rings) {
    if (ring.slots > freest) break;
    const job = ring.jobs(rank)?.next(above) ?? -1;
    if (job !== -1 && (lowest === -1 || job < lowest)) lowest = job;
  }
  return lowest;
}

/** The class whose head comes first in the job's queue, among those that fit (semantics §3.3). */
function firstReady(job: Job, freest: number): ReadyClass {
  let best: ReadyClass | undefined;
  let bestPart = 3;
  let bestStamp = 0;
  let bestRow = 0;
  for (const ready of job.classes) {
    if (ready.slots > freest) break;
    if (ready.live === 0) continue;
    const part = headPart(job, ready);
    const { firstStamp: stamp, firstRow: row } = ready.parts[part]!;
    if (
      part < bestPart ||
      (part === bestPart && (stamp < bestStamp || (stamp === bestStamp && row < bestRow)))
    ) {
      best = ready;
      bestPart = part;
      bestStamp = stamp;
      bestRow = row;
    }
  }
  return best!;
}

/** Another node than the last (ruling 14), then the fill type, then the lower id (semantics §3.4). */
function chooseNode(world: World, pool: Pool, job: Job, row: number, slots: number): Node {
  const flags = job.rows.get(row, Word.flags);
  let avoid = -1;
  if ((flags & Flag.avoidNode) !== 0) {
    const last = world.nodes[job.rows.get(row, Word.node) - 1];
    if (last !== undefined && last.pool === pool.number) avoid = last.ordinal;
  }
  const spread = pool.specification.taskSchedulingPolicy.nodeFillType === 'spread';
  const levels = pool.freeLevels;
  for (
    let free = spread ? levels.last() : levels.next(slots - 1);
    free >= slots;
    free = spread ? previous(levels, free) : levels.next(free)
  ) {
    const nodes = pool.byFreeSlots[free]!;
    let ordinal = nodes.first();
    if (ordinal === avoid) ordinal = nodes.next(ordinal);
    if (ordinal !== -1) return pool.nodes.get(ordinal)!;
  }
  return pool.nodes.get(avoid)!;
}

function previous(levels: { has(level: number): boolean }, below: number): number {
  let level = below - 1;
  while (level >= 0 && !levels.has(level)) level--;
  return level;
}
