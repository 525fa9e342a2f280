import { nodeBits as sharedNodeBits, NodeWord as sharedNodeWord } from './node-table.ts';
import type { Pool } from './pool.ts';
import { noNode as sharedNoNode, priorityCount as sharedPriorityCount } from './pool.ts';
import { joinRings, openPiece, settleHead } from './ready-queue.ts';
import {
  Class as sharedClass,
  ClassFlag as sharedClassFlag,
  noClass as sharedNoClass,
} from './task-classes.ts';
import { startTask } from './task-lifecycle.ts';
import { Flag as sharedFlag, Word as sharedWord } from './task-rows.ts';
import type { World } from './world.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const Word = sharedWord;
const Flag = sharedFlag;
const Class = sharedClass;
const ClassFlag = sharedClassFlag;
const NodeWord = sharedNodeWord;
const nodeBits = sharedNodeBits;
const noClass = sharedNoClass;
const noNode = sharedNoNode;
const priorityCount = sharedPriorityCount;

/*
 * Which task goes where, and when (semantics §3.1 to §3.4, rulings 8, 9 and 14). A job is in the ring of a
 * slot size exactly while it may start a task of that size; a node is in the bucket of its free slots exactly
 * while it takes tasks. So each step looks at one node, one priority and one job.
 */

/** Places ready tasks until nothing that is ready fits any node. */
export function place(world: World, pool: Pool): void {
  const { classes, arena } = world;
  const { buckets, cursors } = pool;
  const nodes = world.nodeTable.words;
  for (;;) {
    const { loose } = pool;
    const looseFree = loose === noNode ? 0 : nodes[(loose << nodeBits) + NodeWord.freeSlots]!;
    const bucketFree = buckets.freest;
    const freest = Math.max(looseFree, bucketFree);
    const ring = pool.ringFor(freest);
    if (ring === undefined || ring.firstRank === priorityCount) {
      if (looseFree > 0) pool.fasten();
      else pool.loose = noNode;
      return;
    }
    // The first after the one that was served last, in the order of creation, cyclically (ruling 8).
    const number = ring.firstJobs.nextAround(cursors[ring.firstRank]!) | 0;
    cursors[ring.firstRank] = number;

    let at = classes.ofJob[number]!;
    let { words } = classes;
    if (words[at + Class.next] !== noClass) at = firstReady(world, number, freest);
    let address = words[at + Class.headAddress]!;
    if (address === words[at + Class.pieceEnd]) {
      openPiece(world, at);
      words = classes.words;
      address = words[at + Class.headAddress]!;
    }
    words[at + Class.headAddress] = address + 1;
    if (address + 1 === words[at + Class.pieceEnd] && words[at + Class.rest] === 0) {
      joinRings(world, world.jobs[number]!);
    }

    const slots = words[at + Class.slots]!;
    const rows = arena.touch(address);
    const row = arena.offset(address);
    // To read a row that was never written would be to wait for memory.
    const fresh = (words[at + Class.flags]! & ClassFlag.fresh) !== 0;
    let node = loose;
    if (!fresh && (rows[row + Word.flags]! & Flag.avoidNode) !== 0) {
      node = chooseAnother(pool, slots, lastNode(world, pool, rows, row)) | 0;
    } else if (looseFree < slots || bucketFree >= slots) {
      node = chooseNode(pool, nodes, slots, looseFree) | 0;
    }
    startTask(world, pool, at, address, rows, row, node, fresh);
  }
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

/** Ordinal of the node that the task has left, if it is one of this pool. */
function lastNode(world: World, pool: Pool, rows: Int32Array, place: number): number {
  const last = rows[place + Word.node]! - 1;
  if (last === -1 || world.nodeTable.get(last, NodeWord.pool) !== pool.number) return -1;
  return world.nodeTable.get(last, NodeWord.ordinal);
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
