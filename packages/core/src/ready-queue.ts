import type { Job, ReadyClass } from './job.ts';
import { Part } from './job.ts';
import { rankOf } from './pool.ts';
import { Flag, Word } from './task-rows.ts';
import type { World } from './world.ts';

/*
 * The ready tasks of each job, and which jobs a pool has to look at. A job is in the ring of a slot size
 * exactly while it may start a task of that size.
 */

/** Puts rows at a part of their job's queue; `live` of them are to be placed, the others are marked stale. */
export function enqueue(
  world: World,
  job: Job,
  row: number,
  count: number,
  part: Part,
  live: number = count,
): void {
  const ready = job.readyClass(job.limitsOf(row).requiredSlots);
  ready.parts[part].push(row, count, job.nextStamp);
  job.nextStamp += count;
  const first = ready.live === 0 && live > 0;
  ready.live += live;
  if (first) enterRing(world, job, ready);
}

/** Puts a row at the back, where retries stand by time of failure, then by creation (semantics §3.3). */
export function enqueueRetry(world: World, job: Job, row: number): void {
  const ready = job.readyClass(job.limitsOf(row).requiredSlots);
  ready.parts[Part.back].insert(row, world.now);
  if (ready.live++ === 0) enterRing(world, job, ready);
}

/** The row is not to be placed any more: its entry stays in the queue, marked to be skipped. */
export function dequeue(world: World, job: Job, row: number): void {
  job.rows.touch(row)[job.rows.offset(row) + Word.flags]! |= Flag.stale;
  const ready = job.readyClass(job.limitsOf(row).requiredSlots);
  ready.live--;
  if (ready.live === 0) leaveRing(world, job, ready);
}

/** Takes the skipped entry of a row out, so that the row may join its queue at another place. */
export function purge(job: Job, row: number): void {
  const ready = job.readyClass(job.limitsOf(row).requiredSlots);
  for (const part of ready.parts) if (part.remove(row)) break;
  job.rows.touch(row)[job.rows.offset(row) + Word.flags]! &= ~Flag.stale;
}

export function enterRings(world: World, job: Job): void {
  for (const ready of job.classes) if (ready.live > 0) enterRing(world, job, ready);
}

export function leaveRings(world: World, job: Job): void {
  for (const ready of job.classes) leaveRing(world, job, ready);
}

function enterRing(world: World, job: Job, ready: ReadyClass): void {
  const pool = world.poolOf(job);
  if (pool === undefined || pool.state !== 'active' || job.state !== 'active') return;
  pool.ring(ready.slots).add(rankOf(job.specification.priority), job.number);
  world.stir(pool);
}

export function leaveRing(world: World, job: Job, ready: ReadyClass): void {
  world.poolOf(job)?.ring(ready.slots).delete(rankOf(job.specification.priority), job.number);
}

/** The part that has the head of the class, after the stale entries before it are dropped. The class has a live row. */
export function headPart(job: Job, ready: ReadyClass): Part {
  const [front, middle, back] = ready.parts;
  // Nothing stale is in it: no row needs to be looked at.
  if (front.rows + middle.rows + back.rows === ready.live) {
    return front.rows > 0 ? Part.front : middle.rows > 0 ? Part.middle : Part.back;
  }
  for (let part: number = Part.front; ; part++) {
    const queue = ready.parts[part as Part];
    while (queue.rows > 0) {
      const row = queue.firstRow;
      if ((job.rows.get(row, Word.flags) & Flag.stale) === 0) return part as Part;
      job.rows.touch(row)[job.rows.offset(row) + Word.flags]! &= ~Flag.stale;
      queue.shift();
    }
  }
}

/** Takes the first live row of the class. */
export function takeHead(job: Job, ready: ReadyClass): number {
  const part = headPart(job, ready);
  const row = ready.parts[part].firstRow;
  ready.parts[part].shift();
  ready.live--;
  return row;
}
