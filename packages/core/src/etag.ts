import { canonicalJson } from './bytes.ts';
import { Hash } from './hash.ts';
import type { Job } from './job.ts';
import { Flag, stateMask, TaskState, Word } from './task-rows.ts';

/*
 * What tells one state of an entity from another (semantics §0, §14.2). An entity that is an object counts its
 * changes; a task's eTag is made out of its row when somebody asks.
 */

/** A pool, job or job schedule. What happens to its nodes, tasks or jobs is no change of it. */
export interface Revised {
  /** No other of its kind ever has the same. */
  readonly number: number;
  lastModified: number;
  /** How often it has changed. */
  revision: number;
}

/** To be called with every change that one can see. */
export function touch(entity: Revised, now: number): void {
  entity.lastModified = now;
  entity.revision++;
}

export function eTagOf({ number, revision }: Revised): string {
  return `0x${hex(number + 1)}${hex(revision)}`;
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}

/** What one cannot see of a task: where it waits, and what will become of it. */
const unseen =
  Flag.waiting | Flag.stale | Flag.avoidNode | Flag.nextIsRetry | Flag.rare | Flag.deleting;

/** Of a task that is there. A task that is added again under its id is another row. */
export function taskETag(job: Job, row: number): string {
  const { rows } = job;
  const flags = rows.get(row, Word.flags);
  const hash = new Hash();
  hash.word(job.number);
  hash.word(row);
  hash.word(flags & ~unseen);
  for (const word of seenWords) hash.word(rows.get(row, word));
  // While it runs there is the row of its run instead, which is nobody's business.
  if ((flags & Flag.hasExitCode) !== 0) hash.word(rows.get(row, Word.runOrExitCode));
  if (job.expiredAt !== undefined && (flags & stateMask) === TaskState.active) hash.word(1);
  // How far the instances of a gang are is a matter of its subtasks.
  const { gang: _gang, ...rare } = (flags & Flag.rare) === 0 ? {} : (job.rareOf(row) ?? {});
  if (Object.keys(rare).length > 0) {
    const text = canonicalJson(rare);
    for (let at = 0; at < text.length; at++) hash.word(text.charCodeAt(at));
  }
  return `0x${hash.digest().toUpperCase()}`;
}

const seenWords = [Word.node, Word.start, Word.duration, Word.counters] as const;
