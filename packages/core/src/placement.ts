import type { Node } from './node.ts';
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
  for (let freest = freestOf(pool); freest > 0; freest = freestOf(pool)) {
    const number = nextJob(pool, freest);
    if (number === -1) break;
    let at = classes.ofJob[number]!;
    if (classes.words[at + Class.next] !== noClass) at = firstReady(world, number, freest);
    if ((classes.words[at + Class.flags]! & ClassFlag.stale) !== 0) dropStale(world, at);
    if (classes.words[at + Class.pieceLeft] === 0) openPiece(world, at);

    const { words } = classes;
    const row = words[at + Class.headRow]!;
    const address = words[at + Class.headAddress]!;
    words[at + Class.headRow] = row + 1;
    words[at + Class.headAddress] = address + 1;
    words[at + Class.headLeft]!--;
    words[at + Class.pieceLeft]!--;
    if (--words[at + Class.live]! === 0) leaveRings(world, at);

    const slots = words[at + Class.slots]!;
    const rows = arena.touch(address);
    const place = arena.offset(address);
    const avoids = (rows[place + Word.flags]! & Flag.avoidNode) !== 0;
    const node = avoids
      ? chooseAnother(pool, slots, lastNode(world, pool, rows, place))
      : chooseNode(pool, slots);
    startTask(world, pool, at, row, rows, place, address, slots, node);
  }
  pool.fasten();
}

function freestOf({ buckets, loose }: Pool): number {
  return loose === undefined ? buckets.freest : Math.max(buckets.freest, loose.freeSlots);
}

/**
 * Of the jobs of the highest priority that has a task for `freest` slots, the first after the one that was
 * served last, in the order of creation, cyclically (ruling 8); it is the one served last from now on. −1:
 * there is none.
 */
function nextJob({ rings, cursors }: Pool, freest: number): number {
  let rank: number = priorityCount;
  let only: JobRing | undefined;
  for (let index = 0; index < rings.length; index++) {
    const ring = rings[index]!;
    if (ring.slots > freest) break;
    const { firstRank } = ring;
    if (firstRank > rank) continue;
    only = firstRank < rank ? ring : undefined;
    rank = firstRank;
  }
  if (rank === priorityCount) return -1;
  const last = cursors[rank]!;
  const job =
    only === undefined ? nextOfSeveral(rings, freest, rank, last) : only.firstJobs.nextAround(last);
  cursors[rank] = job;
  return job;
}

function nextOfSeveral(
  rings: readonly JobRing[],
  freest: number,
  rank: number,
  last: number,
): number {
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

/** By the fill type, then the lower id (semantics §3.4). Some node has room. */
function chooseNode(pool: Pool, slots: number): Node {
  const { buckets, loose, spread } = pool;
  const free = spread ? buckets.freest : buckets.from(slots);
  if (loose !== undefined && loose.freeSlots >= slots) {
    if (free < slots) return loose;
    if (loose.freeSlots !== free) {
      if (loose.freeSlots > free === spread) return loose;
    } else if (loose.ordinal < buckets.first(free)) return loose;
  }
  return pool.nodes.get(buckets.first(free))!;
}

/** The same, but another node than `avoid` if there is one (ruling 14). */
function chooseAnother(pool: Pool, slots: number, avoid: number): Node {
  pool.fasten();
  const { buckets, spread } = pool;
  let free = spread ? buckets.freest : buckets.from(slots);
  while (free >= slots) {
    let ordinal = buckets.first(free);
    if (ordinal === avoid) ordinal = buckets.next(free, ordinal);
    if (ordinal !== -1) return pool.nodes.get(ordinal)!;
    free = spread ? buckets.below(free) : buckets.from(free + 1);
  }
  return pool.nodes.get(avoid)!;
}
