import type { Job } from './job.ts';
import { ordinalOfAffinity } from './node.ts';
import { NodeWord } from './node-table.ts';
import type { Pool } from './pool.ts';
import { leaveRings } from './ready-queue.ts';
import { ownDeadline } from './run-clocks.ts';
import { Flag, Word } from './task-rows.ts';
import { jobOf, startTimeOf } from './task-transitions.ts';
import type { World } from './world.ts';

/*
 * What some starts need beside what all do (placement.ts).
 */

/** The flags of a start before or after which there is a retry. */
export function retryStarts(world: World, taskClass: number, row: number, flags: number): number {
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

/** Ordinal of the node that the task names (semantics §3.4), −1 if it names none of this pool. */
export function wantedNode(pool: Pool, job: Job, row: number): number {
  const { affinityInfo } = job.templateOf(row);
  const ordinal = affinityInfo === undefined ? -1 : ordinalOfAffinity(affinityInfo.affinityId);
  return pool.nodes.has(ordinal) ? ordinal : -1;
}

/** No more of the job may run at a time. */
export function leaveIfFull(world: World, job: Job): void {
  if (job.isFull) leaveRings(world, job);
}

/** Ordinal of the node that the task has left and is not to come back to, −1: none of this pool. */
export function nodeLeft(world: World, pool: Pool, address: number): number {
  const rows = world.arena.words(address);
  const row = world.arena.offset(address);
  if ((rows[row + Word.flags]! & Flag.avoidNode) === 0) return -1;
  const last = rows[row + Word.node]! - 1;
  if (last === -1 || world.nodeTable.get(last, NodeWord.pool) !== pool.number) return -1;
  return world.nodeTable.get(last, NodeWord.ordinal);
}

export function startClock(world: World, taskClass: number, row: number, run: number): void {
  const job = jobOf(world, taskClass);
  const { maxWallClockTimeMs } = job.limitsOf(row);
  if (maxWallClockTimeMs === undefined) return;
  const group = world.clocks.group(maxWallClockTimeMs);
  if (group === ownDeadline) world.clocks.set(run, world.now + maxWallClockTimeMs);
  else world.clocks.start(run, group);
}
