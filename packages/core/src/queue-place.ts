import { mostQueueSteps } from './explanation.ts';
import type { Job } from './job.ts';
import type { ReadyClass, ReadyRange } from './ready-queue.ts';
import { Part } from './ready-queue.ts';
import { Class, ClassFlag } from './task-classes.ts';
import { Flag, Word } from './task-rows.ts';
import type { World } from './world.ts';

export interface QueuePlace {
  part?: 'front' | 'middle' | 'back';
  ahead: number;
  isExact: boolean;
}

/** And whether tasks that need more slots stand before it. */
export interface QueueStanding extends QueuePlace {
  hasLargerAhead: boolean;
}

/** Rows that stand together in one part of a queue. */
export interface PartRange extends ReadyRange {
  part: Part;
}

const names = ['front', 'middle', 'back'] as const;

/**
 * Where a ready task stands in its job's queue (semantics §3.3), and how many tasks stand before it that need
 * no more slots. Looks at no more than {@link mostQueueSteps} ranges, and rows of ranges with stale ones.
 */
export function queuePlace(world: World, job: Job, row: number): QueueStanding {
  const { jobManager } = job;
  // It waits outside of the queues: alone, or before all others (ruling 15).
  if (jobManager?.row === row) return { ahead: 0, isExact: true, hasLargerAhead: false };
  const own = job.readyClassOf(row);
  const { slots, instances } = own;
  const takesGangs = world.poolOf(job)?.gangs !== undefined;
  let steps = mostQueueSteps;
  const manager =
    jobManager?.waits === undefined ? undefined : job.limitsOf(jobManager.row).requiredSlots;
  let ahead = manager !== undefined && manager <= slots ? 1 : 0;
  /** Counts the rows of a range from its first on, as far as the steps go. */
  const count = (ready: ReadyClass, first: number, rows: number): boolean => {
    steps--;
    if ((world.classes.words[ready.at + Class.flags]! & ClassFlag.stale) === 0) {
      ahead += rows;
      return true;
    }
    for (let at = first; at < first + rows; at++) {
      if (steps-- <= 0) return false;
      if ((job.rows.get(at, Word.flags) & Flag.stale) === 0) ahead++;
    }
    return true;
  };
  const place = findPlace(world, own, row, () => steps > 0, count);
  if (place === undefined) return { ahead, isExact: false, hasLargerAhead: false };
  let isExact = true;
  let hasLargerAhead = manager !== undefined && manager > slots;
  for (const ready of job.classes) {
    if (ready === own || (ready.instances > 0 && !takesGangs)) continue;
    for (const range of rangesInOrder(world, ready)) {
      const before = rowsBefore(range, place, row);
      if (before === 0) break;
      if (ready.slots > slots || ready.instances > Math.max(1, instances)) {
        hasLargerAhead ||= world.classes.live(ready.at) > 0;
        break;
      }
      if (steps > 0 && count(ready, range.row, before)) continue;
      isExact = false;
      break;
    }
  }
  return { part: names[place.part], ahead, isExact, hasLargerAhead };
}

interface Place {
  part: Part;
  stamp: number;
}

function findPlace(
  world: World,
  ready: ReadyClass,
  row: number,
  goesOn: () => boolean,
  count: (ready: ReadyClass, first: number, rows: number) => boolean,
): Place | undefined {
  for (const range of rangesInOrder(world, ready)) {
    if (!goesOn()) return undefined;
    const isIn = row >= range.row && row < range.row + range.count;
    if (!count(ready, range.row, isIn ? row - range.row : range.count)) return undefined;
    if (isIn) return { part: range.part, stamp: range.stamp + row - range.row };
  }
  return undefined;
}

/** How many rows of a range stand before the place; in a range row and stamp go up together. */
function rowsBefore({ part, row, count, stamp }: PartRange, place: Place, own: number): number {
  if (part !== place.part) return part < place.part ? count : 0;
  const before = Math.min(count, Math.max(0, place.stamp - stamp));
  return before < count && stamp + before === place.stamp && row + before < own
    ? before + 1
    : before;
}

/** The ranges of a class as they are served, without a list of them being made. */
export function* rangesInOrder(world: World, ready: ReadyClass): IterableIterator<PartRange> {
  const row = world.classes.headRow(ready.at);
  const count = world.classes.words[ready.at + Class.headEnd]! - row;
  if (count > 0) {
    yield { part: ready.headPart, row, count, stamp: ready.headStampLessRow + row };
  }
  for (const part of [Part.front, Part.middle, Part.back]) {
    for (const range of ready.parts[part]?.ranges() ?? []) yield { part, ...range };
  }
}
