import type { Job } from './job.ts';
import { wordsPerRow } from './task-arena.ts';
import {
  Flag,
  firstRowOf,
  pageOf,
  rowsOf,
  stateMask,
  TaskState,
  Word,
  wideTime,
} from './task-rows.ts';
import type { World } from './world.ts';

/*
 * When the directories of completed tasks go (semantics §3.12). Nothing is kept per task and nothing happens when one
 * ends: each page of rows is looked at, at most once an hour, when the first of its tasks may have expired. What may
 * still end then cannot expire sooner than its retentionTime from that look on, so that is when the next one is due.
 */

/** Of tasks whose constraints say nothing else (ruling 19). */
export const defaultRetentionTimeMs: number = 7 * 86_400_000;

/** The longest duration there is: the files stay until the task, its job or its node goes. */
export const endlessMs = 922_337_203_685_477;

const hourMs = 3_600_000;

/** What is known of the files of a page of rows. */
export interface PageRetention {
  /** What had expired before is removed. */
  lookedAt: number;
  /** When to look again, ms since the epoch; Infinity: there is nothing to look for. */
  nextLook: number;
}

/** The page's second of the hour after `time`: each page of a job has its own, so that no moment has them all. */
function lookAfter(page: number, time: number): number {
  const second = (page % 3600) * 1000;
  return (Math.floor((time - second) / hourMs) + 1) * hourMs + second;
}

/** To be called when rows have been added, or can end anew or with other constraints. */
export function expectFiles(
  world: World,
  job: Job,
  firstRow: number,
  count: number,
  retentionTimeMs: number = defaultRetentionTimeMs,
): void {
  if (retentionTimeMs >= endlessMs) return;
  for (let page = pageOf(firstRow); page <= pageOf(firstRow + count - 1); page++) {
    const look = lookAfter(page, world.now + retentionTimeMs);
    job.retention ??= new Map();
    const known = job.retention.get(page);
    if (known === undefined) job.retention.set(page, { lookedAt: 0, nextLook: look });
    else if (look < known.nextLook) known.nextLook = look;
    else continue;
    const next = world.retentionDeadlines.timeOf(job.number) ?? Infinity;
    if (look < next) world.setRetentionDeadline(job.number, look);
  }
}

/** It is time to look at some pages of the job. */
export function removeExpired(world: World, job: Job): void {
  for (const [page, retention] of job.retention ?? []) {
    if (retention.nextLook > world.now) continue;
    retention.nextLook = look(world, job, page, retention.lookedAt);
    retention.lookedAt = world.now;
  }
  expectRetention(world, job);
}

/** Sets the job's deadline by its pages. */
export function expectRetention(world: World, job: Job): void {
  let next = Infinity;
  for (const { nextLook } of job.retention?.values() ?? []) if (nextLook < next) next = nextLook;
  if (next === Infinity) world.retentionDeadlines.delete(job.number);
  else world.setRetentionDeadline(job.number, next);
}

/** Removes what has expired since `lookedAt`; when to look again. */
function look(world: World, job: Job, page: number, lookedAt: number): number {
  const { now } = world;
  const first = firstRowOf(page);
  const count = Math.min(rowsOf(page), job.rowCount - first);
  const address = job.rows.address(first);
  // Nothing of it has ever run, and the first that does has as long as any.
  const words = address === -1 ? undefined : world.arena.words(address);
  const from = address === -1 ? 0 : world.arena.offset(address);
  const { expiredAt } = job;
  let next = Infinity;
  for (let index = 0; index < count; index++) {
    const row = first + index;
    const at = from + index * wordsPerRow;
    const flags = words === undefined ? 0 : words[at + Word.flags]!;
    const state = flags & stateMask;
    if (state === TaskState.gone) continue;
    const started = (flags & Flag.hasStart) !== 0;
    let end = now;
    if (state === TaskState.completed) {
      // It has no directory.
      if (!started) continue;
      end = job.creationTime + endOf(words!, at);
    } else if (state === TaskState.active && !job.isOpen) {
      // It never runs again. Where the job's wall clock has ended it, that is its end (ruling 4).
      if (!started || expiredAt === undefined) continue;
      end = expiredAt;
    }
    const expiry = end + (job.limitsOf(row).retentionTimeMs ?? defaultRetentionTimeMs);
    if (expiry >= endlessMs || expiry < lookedAt) continue;
    if (expiry >= now) next = Math.min(next, expiry);
    else removeFiles(world, job, row, words![at + Word.node]! - 1);
  }
  return next === Infinity ? Infinity : lookAfter(page, next);
}

/** Of a completed task, since the job's creation. */
export function endOf(words: Int32Array, at: number): number {
  const counters = words[at + Word.counters]!;
  return (
    wideTime(words[at + Word.start]!, counters) +
    wideTime(words[at + Word.duration]!, counters >>> 8)
  );
}

/** With its pool its files went as well. */
function removeFiles(world: World, job: Job, row: number, lastNode: number): void {
  const node = world.nodes[lastNode];
  if (node === undefined || world.pools[node.pool] === undefined) return;
  const jobId = job.specification.id;
  const accountName = world.accounts.nameOf(job);
  world.effects.remove({ accountName, poolId: node.poolId, jobId, taskId: job.idOf(row) });
}
