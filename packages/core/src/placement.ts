import type { NodeTable } from './node-table.ts';
import { NodeWord } from './node-table.ts';
import type { JobRing, Pool } from './pool.ts';
import { noNode, priorityCount } from './pool.ts';
import { leaveRing, openPiece, settleHead } from './ready-queue.ts';
import { Class, noClass } from './task-classes.ts';
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
  const { classes, arena, nodeTable } = world;
  for (;;) {
    const freest = freestOf(pool, nodeTable);
    if (freest === 0) break;
    const number = nextJob(pool, freest);
    if (number === -1) break;
    let at = classes.ofJob[number]!;
    if (classes.words[at + Class.next] !== noClass) at = firstReady(world, number, freest);
    if (classes.words[at + Class.headAddress] === classes.words[at + Class.pieceEnd]) {
      openPiece(world, at);
    }

    const { words } = classes;
    const address = words[at + Class.headAddress]!;
    words[at + Class.headAddress] = address + 1;
    if (address + 1 === words[at + Class.pieceEnd] && words[at + Class.rest] === 0) {
      leaveRings(world, at);
    }
    const slots = words[at + Class.slots]!;
    const rows = arena.touch(address);
    const place = arena.offset(address);
    const avoids = (rows[place + Word.flags]! & Flag.avoidNode) !== 0;
    const node = avoids
      ? chooseAnother(pool, slots, lastNode(world, pool, rows, place))
      : chooseNode(pool, nodeTable, slots);
    startTask(world, pool, at, address, rows, place, node);
  }
  pool.fasten();
}

function freestOf({ buckets, loose }: Pool, nodes: NodeTable): number {
  const { freest } = buckets;
  return loose === noNode ? freest : Math.max(freest, nodes.get(loose, NodeWord.freeSlots));
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
  const { classes } = world;
  const job = world.jobs[number]!;
  let best = noClass;
  let bestPart = 3;
  let bestStamp = 0;
  let bestRow = 0;
  for (const ready of job.classes) {
    if (ready.slots > freest) break;
    if (classes.live(ready.at) === 0) continue;
    settleHead(world, job, ready);
    const row = classes.headRow(ready.at);
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

/** The class has no live row left. */
function leaveRings(world: World, at: number): void {
  const job = world.jobs[world.classes.words[at + Class.job]!]!;
  leaveRing(world, job, job.readyClass(world.classes.words[at + Class.slots]!));
}

/** Ordinal of the node that the task has left, if it is one of this pool. */
function lastNode(world: World, pool: Pool, rows: Int32Array, place: number): number {
  const last = rows[place + Word.node]! - 1;
  if (last === -1 || world.nodeTable.get(last, NodeWord.pool) !== pool.number) return -1;
  return world.nodeTable.get(last, NodeWord.ordinal);
}

/** By the fill type, then the lower id (semantics §3.4): its number. Some node has room. */
function chooseNode(
  { buckets, loose, nodes, spread }: Pool,
  table: NodeTable,
  slots: number,
): number {
  const free = spread ? buckets.freest : buckets.from(slots);
  if (loose !== noNode) {
    const looseFree = table.get(loose, NodeWord.freeSlots);
    if (looseFree >= slots) {
      if (free < slots) return loose;
      if (looseFree !== free) {
        if (looseFree > free === spread) return loose;
      } else if (table.get(loose, NodeWord.ordinal) < buckets.first(free)) return loose;
    }
  }
  return nodes.number(buckets.first(free));
}

/** The same, but another node than the one of ordinal `avoid` if there is one (ruling 14). */
function chooseAnother(pool: Pool, slots: number, avoid: number): number {
  pool.fasten();
  const { buckets, spread } = pool;
  let free = spread ? buckets.freest : buckets.from(slots);
  while (free >= slots) {
    let ordinal = buckets.first(free);
    if (ordinal === avoid) ordinal = buckets.next(free, ordinal);
    if (ordinal !== -1) return pool.nodes.number(ordinal);
    free = spread ? buckets.below(free) : buckets.from(free + 1);
  }
  return pool.nodes.number(avoid);
}
