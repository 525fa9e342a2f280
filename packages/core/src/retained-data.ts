import type { Job } from './job.ts';
import type { Node } from './node.ts';
import { act } from './node-boot.ts';
import { defaultRetentionTimeMs, endOf } from './retention.ts';
import { wordsPerRow } from './task-arena.ts';
import { Flag, firstRowOf, rowsOf, stateMask, TaskState, Word, wideTime } from './task-rows.ts';
import type { World } from './world.ts';

/*
 * What a node is told to do with retaineddata waits, when its tasks are done, until the retentionTime of each task that
 * has left its directory there is over (semantics §2.2, §3.12). The rows say which tasks that are: they are looked
 * through when the node is at that, and again when the last of those times is over.
 */

/** A look is cheap only if it is rare. */
const soonMs = 1_000;

/** It has no tasks any more: whether it may act is found out when this input is over. */
export function awaitFiles(world: World, node: Node): void {
  world.setFilesDeadline(node, world.now);
}

/** It is time to look. */
export function lookForFiles(world: World, node: Node): void {
  world.setFilesDeadline(node, undefined);
  if (!node.retains || node.pending === undefined || !node.isEmpty) return;
  // It looks again when it is back.
  if (node.state === 'unknown' && node.pending !== 'remove') return;
  if (node.state === 'offline' && node.pending === 'deallocate') {
    node.pending = undefined;
    return;
  }
  const until = keptUntil(world, node);
  if (until > world.now) world.setFilesDeadline(node, until);
  else act(world, node);
}

/** It need not act any more. One that had no tasks, and waited, is what it is without. */
export function stopWaiting(world: World, node: Node): void {
  world.setFilesDeadline(node, undefined);
  if (node.state !== 'running' || !node.isEmpty) return;
  world.moveNode(node, node.schedulingState === 'enabled' ? 'lastTaskGone' : 'drained');
}

/** A task has lost its directory there before its time. */
export function filesGone(world: World, node: Node | undefined): void {
  if (node?.filesUntil === undefined || node.filesUntil <= world.now + soonMs) return;
  world.setFilesDeadline(node, world.now + soonMs);
}

/** When the last of them may go; not after now: none is kept. */
function keptUntil(world: World, node: Node): number {
  let until = 0;
  for (const job of world.jobs) {
    if (job === undefined || job.state === 'gone') continue;
    until = Math.max(until, keptUntilFor(world, job, node));
  }
  // Without an end: until something takes them away.
  return Math.min(until, Number.MAX_SAFE_INTEGER);
}

function keptUntilFor(world: World, job: Job, node: Node): number {
  let until = 0;
  for (let page = 0; firstRowOf(page) < job.rowCount; page++) {
    const first = firstRowOf(page);
    const address = job.rows.address(first);
    if (address === -1) continue;
    const words = world.arena.words(address);
    const from = world.arena.offset(address);
    const count = Math.min(rowsOf(page), job.rowCount - first);
    for (let index = 0; index < count; index++) {
      const at = from + index * wordsPerRow;
      if (words[at + Word.node] !== node.number + 1) continue;
      const end = endIn(job, words, at, node);
      if (end === undefined) continue;
      const { retentionTimeMs = defaultRetentionTimeMs } = job.limitsOf(first + index);
      until = Math.max(until, end + retentionTimeMs);
    }
  }
  return until;
}

/** When the task has come to its end, if its directory is on the disk that the node has. */
function endIn(job: Job, words: Int32Array, at: number, node: Node): number | undefined {
  const flags = words[at + Word.flags]!;
  const state = flags & stateMask;
  if ((flags & Flag.hasStart) === 0) return undefined;
  const start = job.creationTime + wideTime(words[at + Word.start]!, words[at + Word.counters]!);
  if (start < node.diskSince) return undefined;
  if (state === TaskState.completed) return job.creationTime + endOf(words, at);
  // It never runs again (ruling 4).
  return state === TaskState.active ? job.expiredAt : undefined;
}
