import type { Job } from './job.ts';
import { rankOf } from './pool.ts';
import { RangeQueue } from './range-queue.ts';
import { ownDeadline } from './run-clocks.ts';
import { Class, ClassFlag, clockShift, noClass } from './task-classes.ts';
import { Flag, firstRowOf, pageOf, rowsOf, Word } from './task-rows.ts';
import type { World } from './world.ts';

/*
 * The ready tasks of each job (semantics §3.3), and which jobs a pool has to look at. The ready tasks of a
 * class stand in three parts, each a queue of row ranges. The first range of all is taken out of its part:
 * its words are in the table of classes, where placement counts them down.
 */

export const Part = { front: 0, middle: 1, back: 2 } as const;
export type Part = (typeof Part)[keyof typeof Part];
const partsInOrder = [Part.front, Part.middle, Part.back] as const;

/** What is rarely needed of a class. Its words are in the world's {@link TaskClasses}. */
export class ReadyClass {
  /** Place of its words. */
  readonly at: number;
  readonly slots: number;
  /** Of its tasks, which are multi-instance tasks; 0: they are not. */
  readonly instances: number;
  /** Made when first needed. */
  readonly parts: [
    front: RangeQueue | undefined,
    middle: RangeQueue | undefined,
    back: RangeQueue | undefined,
  ] = [undefined, undefined, undefined];
  /** Of the head: the part that it comes from, and its first stamp less its first row. */
  headPart: Part = Part.middle;
  headStampLessRow = 0;

  constructor(at: number, slots: number, instances: number) {
    this.at = at;
    this.slots = slots;
    this.instances = instances;
  }
}

/** A range of a queue: rows that stand one behind the other, and the stamp of the first. */
export interface ReadyRange {
  row: number;
  count: number;
  stamp: number;
}

/**
 * Puts rows at a part of their job's queue; `live` of them are to be placed, the others are marked stale. Rows that are
 * too old to start are in no queue (semantics §3.1, rule 1); those of one segment are made, and too old, together.
 */
export function enqueue(
  world: World,
  job: Job,
  row: number,
  count: number,
  part: Part,
  live: number = count,
): void {
  if (row < job.agedRows) return;
  const ready = job.readyClassOf(row);
  const stamp = job.nextStamp;
  job.nextStamp += count;
  if (!becomeHead(world, ready, row, count, part, stamp)) {
    queueOf(ready, part).push(row, count, stamp);
  }
  if (live < count) raise(world, ready, ClassFlag.stale);
  grow(world, job, ready, live);
}

/** Puts a row at the back, where retries stand by time of failure, then by creation (semantics §3.3). */
export function enqueueRetry(world: World, job: Job, row: number): void {
  if (row < job.agedRows) return;
  const ready = job.readyClassOf(row);
  // Of those that failed in the same moment the head may have to stand behind.
  if (ready.headPart === Part.back) putBackHead(world, ready);
  queueOf(ready, Part.back).insert(row, world.now);
  grow(world, job, ready, 1);
}

/** The row is not to be placed any more: its entry stays in the queue, marked to be skipped. */
export function dequeue(world: World, job: Job, row: number): void {
  if (row < job.agedRows) return;
  const { classes } = world;
  job.rows.touch(row)[job.rows.offset(row) + Word.flags]! |= Flag.stale;
  const ready = job.readyClassOf(row);
  raise(world, ready, ClassFlag.stale);
  classes.closePiece(ready.at);
  classes.words[ready.at + Class.rest]!--;
  if (classes.live(ready.at) === 0) joinRings(world, job);
}

/** A command is about to write the row, or has: the pieces of its class are read from now on. */
export function noteWritten(world: World, job: Job, row: number): void {
  const segment = job.segmentOf(row);
  if (segment.written) return;
  segment.written = true;
  world.classes.closePiece(job.readyClassOf(row).at);
}

/** Takes the skipped entry of a row out, so that the row may join its queue at another place. */
export function purge(world: World, job: Job, row: number): void {
  const ready = job.readyClassOf(row);
  putBackHead(world, ready);
  for (const part of ready.parts) if (part?.remove(row) === true) break;
  job.rows.touch(row)[job.rows.offset(row) + Word.flags]! &= ~Flag.stale;
}

/** Rows before this one are not placed again: they leave the queues. */
export function takeOutBefore(world: World, job: Job, end: number): void {
  const { classes } = world;
  for (const ready of job.classes) {
    if (classes.live(ready.at) === 0) continue;
    putBackHead(world, ready);
    for (const part of ready.parts) {
      for (const { row, count } of part?.takeBefore(end) ?? []) {
        classes.words[ready.at + Class.rest]! -= count - clearStale(job, row, count);
      }
    }
  }
  joinRings(world, job);
}

/** Of rows that are in no queue any more; how many there were. */
function clearStale(job: Job, row: number, count: number): number {
  let stale = 0;
  for (let at = row; at < row + count; at++) {
    if (!isStale(job, at)) continue;
    job.rows.touch(at)[job.rows.offset(at) + Word.flags]! &= ~Flag.stale;
    stale++;
  }
  return stale;
}

/** Nothing of the job is placed again. */
export function dropQueues(world: World, job: Job): void {
  leaveRings(world, job);
  const { classes } = world;
  for (const ready of job.classes) {
    ready.parts.fill(undefined);
    classes.closePiece(ready.at);
    classes.words[ready.at + Class.rest] = 0;
    classes.words[ready.at + Class.headEnd] = classes.words[ready.at + Class.headRow]!;
  }
}

/** The job is in the rings of its pool exactly while it has something to be placed, and may be placed. */
export function joinRings(world: World, job: Job): void {
  const pool = world.poolOf(job);
  if (pool !== undefined && enterRings(world, job)) world.stir(pool);
}

/** The same, where placement need not look at the pool again. Whether the job is in. */
export function enterRings(world: World, job: Job): boolean {
  const pool = world.poolOf(job);
  if (pool === undefined || pool.state === 'deleting') return false;
  const mayStart = job.state === 'active' && !job.isFull;
  const rank = rankOf(job.specification.priority);
  const smallest = mayStart ? smallestReady(world, job) : undefined;
  pool.setReady(job.number, rank, smallest ?? Infinity);
  const gang = mayStart && pool.gangs !== undefined ? smallestGang(world, job) : undefined;
  pool.gangs?.setReady(job.number, rank, gang ?? Infinity);
  if (gang !== undefined) world.hasExceptions = true;
  return smallest !== undefined || gang !== undefined;
}

/** Slots of the smallest task that may be placed; a job manager that has not started is the only one (ruling 15 a). */
export function smallestReady(world: World, job: Job): number | undefined {
  const { jobManager } = job;
  const queued = firstClass(world, job, false)?.slots;
  if (jobManager?.waits === undefined) return queued;
  const { requiredSlots } = job.limitsOf(jobManager.row);
  if (jobManager.waits === 'first' || queued === undefined) return requiredSlots;
  return Math.min(requiredSlots, queued);
}

/** Instances of the smallest multi-instance task that may be placed: none while the job manager waits (ruling 15). */
function smallestGang(world: World, job: Job): number | undefined {
  if (job.jobManager?.waits !== undefined) return undefined;
  return firstClass(world, job, true)?.instances;
}

/** The first class, of multi-instance tasks or of others, that has one to be placed. */
function firstClass(world: World, job: Job, ofGangs: boolean): ReadyClass | undefined {
  return job.classes.find(
    ({ at, instances }) => instances > 0 === ofGangs && world.classes.live(at) > 0,
  );
}

export function leaveRings(world: World, job: Job): void {
  const rank = rankOf(job.specification.priority);
  const pool = world.poolOf(job);
  pool?.setReady(job.number, rank, Infinity);
  pool?.gangs?.setReady(job.number, rank, Infinity);
}

/** With stale rows about, a piece ends before the next one, which is looked for this far. */
const mostRowsAmongStale = 64;

/** Opens the next piece of a class that has none open. It has a row to be placed. */
export function openPiece(world: World, at: number): void {
  const { words } = world.classes;
  const job = world.jobs[words[at + Class.job]!]!;
  const ready = job.classAt(at);
  settleHead(world, job, ready);
  const row = words[at + Class.headRow]!;
  const segment = job.segmentOf(row);
  const page = pageOf(row);
  let end = Math.min(
    words[at + Class.headEnd]!,
    segment.firstRow + segment.count,
    firstRowOf(page) + rowsOf(page),
  );
  let flags =
    words[at + Class.flags]! &
    ~(ClassFlag.limited | ClassFlag.fresh | ClassFlag.choosy | (-1 << clockShift));
  if ((flags & ClassFlag.stale) !== 0) {
    const most = Math.min(end, row + mostRowsAmongStale);
    for (end = row; end < most && !isStale(job, end); ) end++;
  }
  const durationMs = segment.limits?.maxWallClockTimeMs;
  const clock = durationMs === undefined ? ownDeadline : world.clocks.group(durationMs);
  if (
    durationMs === undefined
      ? segment.limits === undefined && job.given?.someWallClock === true
      : clock === ownDeadline
  ) {
    flags |= ClassFlag.limited;
  }
  flags |= clock << clockShift;
  const choosy =
    segment.factory === undefined
      ? job.given?.someAffinity === true
      : segment.factory.repeatTask.affinityInfo !== undefined;
  if (choosy || world.policies.placement !== undefined) flags |= ClassFlag.choosy;
  if (!segment.written && ready.headPart === Part.middle) flags |= ClassFlag.fresh;
  const address = job.rows.provide(row);
  words[at + Class.flags] = flags;
  words[at + Class.headAddress] = address;
  words[at + Class.pieceEnd] = address + end - row;
  words[at + Class.rowLessAddress] = row - address;
  words[at + Class.headRow] = end;
  words[at + Class.rest]! -= end - row;
}

/** Takes out the head of the class, after the stale rows before it are dropped. It has a row to be placed. */
export function settleHead(world: World, job: Job, ready: ReadyClass): void {
  const { classes } = world;
  const { words } = classes;
  const { at } = ready;
  if (words[at + Class.headAddress] !== words[at + Class.pieceEnd]) return;
  for (let dropped = false; ; dropped = true) {
    if (words[at + Class.headRow] === words[at + Class.headEnd]) takeHead(world, ready);
    if ((words[at + Class.flags]! & ClassFlag.stale) === 0) return;
    const row = words[at + Class.headRow]!;
    if (!isStale(job, row)) {
      if (dropped && rowsIn(world, ready) === words[at + Class.rest]) {
        words[at + Class.flags]! &= ~ClassFlag.stale;
      }
      return;
    }
    job.rows.touch(row)[job.rows.offset(row) + Word.flags]! &= ~Flag.stale;
    words[at + Class.headRow]!++;
  }
}

/** Takes the row at the head of the class, which has no piece open, out of its queue. There is one. */
export function takeRow(world: World, job: Job, ready: ReadyClass): number {
  settleHead(world, job, ready);
  const { words } = world.classes;
  const row = words[ready.at + Class.headRow]!;
  words[ready.at + Class.headRow]!++;
  words[ready.at + Class.rest]!--;
  if (words[ready.at + Class.rest] === 0) joinRings(world, job);
  return row;
}

/**
 * The class whose head comes first in the job's queue, among those of so many slots, or of so many instances, at
 * most (semantics §3.3).
 */
export function firstReady(
  world: World,
  number: number,
  most: number,
  mostInstances: number = 0,
): number {
  const { classes } = world;
  const job = world.jobs[number]!;
  let best = noClass;
  let bestPart = 3;
  let bestStamp = 0;
  let bestRow = 0;
  for (const ready of job.classes) {
    if (ready.instances > 0 ? ready.instances > mostInstances : ready.slots > most) continue;
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

function isStale(job: Job, row: number): boolean {
  return (job.rows.get(row, Word.flags) & Flag.stale) !== 0;
}

/** Rows of the queue of a class that has no piece open. */
function rowsIn(world: World, ready: ReadyClass): number {
  const { words } = world.classes;
  const head = words[ready.at + Class.headEnd]! - words[ready.at + Class.headRow]!;
  return ready.parts.reduce((rows, queue) => rows + (queue?.rows ?? 0), head);
}

/** The ranges of a part, the head with them: the same for the same rows, however they came to stand there. */
export function readyRanges(world: World, ready: ReadyClass, part: Part): ReadyRange[] {
  const ranges: ReadyRange[] = [];
  const row = world.classes.headRow(ready.at);
  const count = world.classes.words[ready.at + Class.headEnd]! - row;
  if (count > 0 && ready.headPart === part) {
    ranges.push({ row, count, stamp: ready.headStampLessRow + row });
  }
  for (const range of ready.parts[part]?.ranges() ?? []) {
    const last = ranges.at(-1);
    // Retries stand alone: one that failed later may have to stand between.
    if (
      last !== undefined &&
      part !== Part.back &&
      last.row + last.count === range.row &&
      last.stamp + last.count === range.stamp
    ) {
      last.count += range.count;
    } else ranges.push(range);
  }
  return ranges;
}

/** Puts a range back as {@link readyRanges} read it. */
export function restoreRange(ready: ReadyClass, part: Part, range: ReadyRange): void {
  queueOf(ready, part).restore(range.row, range.count, range.stamp);
}

/** Whether the rows have become the head of a class that has nothing else in its queue. */
function becomeHead(
  world: World,
  ready: ReadyClass,
  row: number,
  count: number,
  part: Part,
  stamp: number,
): boolean {
  const { classes } = world;
  if (classes.headRow(ready.at) < classes.words[ready.at + Class.headEnd]!) {
    if (part < ready.headPart) putBackHead(world, ready);
    return false;
  }
  for (const queue of ready.parts) if (queue !== undefined && queue.rows > 0) return false;
  setHead(world, ready, row, count, part, stamp);
  return true;
}

/** The first range of all becomes the head. There is one. */
function takeHead(world: World, ready: ReadyClass): void {
  for (const part of partsInOrder) {
    const queue = ready.parts[part];
    if (queue === undefined || queue.rows === 0) continue;
    setHead(world, ready, queue.firstRow, queue.firstCount, part, queue.firstStamp);
    queue.shift();
    return;
  }
}

function setHead(
  world: World,
  ready: ReadyClass,
  row: number,
  count: number,
  part: Part,
  stamp: number,
): void {
  const { words } = world.classes;
  words[ready.at + Class.headRow] = row;
  words[ready.at + Class.headEnd] = row + count;
  ready.headPart = part;
  ready.headStampLessRow = stamp - row;
}

/** What is left of the head goes back to the front of its part. */
function putBackHead(world: World, ready: ReadyClass): void {
  const { classes } = world;
  classes.closePiece(ready.at);
  const row = classes.words[ready.at + Class.headRow]!;
  const count = classes.words[ready.at + Class.headEnd]! - row;
  if (count === 0) return;
  queueOf(ready, ready.headPart).unshift(row, count, ready.headStampLessRow + row);
  classes.words[ready.at + Class.headEnd] = row;
}

function queueOf(ready: ReadyClass, part: Part): RangeQueue {
  let queue = ready.parts[part];
  if (queue === undefined) {
    queue = new RangeQueue();
    ready.parts[part] = queue;
  }
  return queue;
}

/** The class has so many more live rows. */
function grow(world: World, job: Job, ready: ReadyClass, live: number): void {
  const before = world.classes.live(ready.at);
  world.classes.words[ready.at + Class.rest]! += live;
  if (before === 0 && live > 0) joinRings(world, job);
}

function raise(world: World, ready: ReadyClass, flag: number): void {
  world.classes.words[ready.at + Class.flags]! |= flag;
}
