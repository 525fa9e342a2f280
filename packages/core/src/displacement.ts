import { primaryOf } from './gang.ts';
import { displaceGang } from './gang-end.ts';
import type { Job } from './job.ts';
import { considerRunsGone } from './job-end.ts';
import type { Node } from './node.ts';
import { inOrder } from './policy-choice.ts';
import type { Pool } from './pool.ts';
import { rankOf } from './pool.ts';
import { firstReady } from './ready-queue.ts';
import { endRun, lost } from './run-end.ts';
import { Ending } from './run-table.ts';
import { Class, noClass } from './task-classes.ts';
import type { World } from './world.ts';

/*
 * A ready task that fits no node displaces tasks of jobs of lower priority that allow it (semantics §3.5; which and
 * where: ruling 15 d).
 */

/** What may go from a node, what goes first first. */
interface Room {
  node: Node;
  runs: number[];
}

/**
 * Makes room for the first task, in the order of placement, that fits no node and that displacing others can place;
 * placement then puts it there. `firstRank`: of the jobs whose tasks fit, which come before those of the same rank.
 * False: there is none.
 */
export function displace(world: World, pool: Pool, firstRank: number): boolean {
  const lowest = lowestPriority(world, pool);
  if (lowest === Infinity) return false;
  for (const number of readyJobs(world, pool)) {
    const job = world.jobs[number]!;
    const { priority } = job.specification;
    if (priority <= lowest || rankOf(priority) >= firstRank) return false;
    const room = roomFor(world, pool, job);
    if (room === undefined) continue;
    for (const run of byCreation(world, room)) displaceRun(world, run);
    return true;
  }
  return false;
}

/** The jobs that have a task of a size that a node can have, in the order in which they are served. */
export function* readyJobs(world: World, pool: Pool): IterableIterator<number> {
  for (const [rank, jobs] of jobsByRank(pool)) {
    if (pool.jobOrder !== undefined) yield* inOrder(world, pool, pool.jobOrder, rank, jobs);
    else {
      const byCreation = [...jobs];
      const lastServed = pool.inTurn ? pool.cursors[rank]! : -1;
      const next = byCreation.findIndex((job) => job > lastServed);
      yield* next === -1 ? byCreation : [...byCreation.slice(next), ...byCreation.slice(0, next)];
    }
  }
}

/** By priority, the highest first, and by creation; those that have gangs among them. */
function jobsByRank(pool: Pool): [rank: number, jobs: number[]][] {
  const byRank = new Map<number, Set<number>>();
  for (const ring of [pool.rings.at(-1), pool.gangs?.rings.at(-1)]) {
    for (const { rank, jobs } of ring?.ranks() ?? []) {
      byRank.set(rank, new Set([...(byRank.get(rank) ?? []), ...jobs]));
    }
  }
  return [...byRank]
    .sort(([a], [b]) => a - b)
    .map(([rank, jobs]) => [rank, [...jobs].sort((a, b) => a - b)]);
}

/** The executor says that a displaced run is over. False: it was none. */
export function displacedRunEnded(world: World, run: number, sequence: number): boolean {
  const displaced = world.displaced.get(run, sequence);
  if (displaced === undefined) return false;
  world.displaced.delete(displaced);
  const job = world.jobs[displaced.job];
  if (job !== undefined) considerRunsGone(world, job);
  return true;
}

/** The node, and what was displaced there with it, is no more or cannot be reached. */
export function forgetDisplaced(world: World, node: Node): void {
  for (const { run, sequence } of world.displaced.onNode(node.number)) {
    displacedRunEnded(world, run, sequence);
  }
}

/** Of the jobs that have something running here that may be displaced; Infinity: there are none. */
function lowestPriority(world: World, pool: Pool): number {
  let lowest = Infinity;
  for (const number of world.displaceable) {
    const job = world.jobs[number]!;
    if (job.pool !== pool.number || !job.hasRuns) continue;
    lowest = Math.min(lowest, job.specification.priority);
  }
  return lowest;
}

/**
 * What has to go for the first task of the job that could have room: from the node where it costs the fewest tasks,
 * the lower id of equals.
 */
function roomFor(world: World, pool: Pool, job: Job): number[] | undefined {
  const { priority } = job.specification;
  const nodes = [...pool.nodes].filter(({ takesTasks }) => takesTasks);
  const rooms = nodes.map((node) => ({ node, runs: displaceable(world, node, priority) }));
  const most = Math.max(...rooms.map((room) => roomIn(world, room)));
  const within = pool.gangs === undefined ? [] : rooms.filter((room) => roomIn(world, room) > 0);
  const at = firstReady(world, job.number, most, within.length);
  if (at === noClass) return undefined;
  const { instances } = job.classAt(at);
  if (instances > 0) return roomForGang(world, within, instances);
  const slots = world.classes.words[at + Class.slots]!;
  let best: Room | undefined;
  for (const { node, runs } of rooms) {
    let free = node.freeSlots;
    let count = 0;
    while (free < slots && count < runs.length) free += world.runs.slots(runs[count++]!);
    if (free < slots || (best !== undefined && best.runs.length <= count)) continue;
    best = { node, runs: runs.slice(0, count) };
  }
  return best?.runs;
}

/** Nodes that are free first, then those that another gang leaves with the one before, then the lower id. */
function roomForGang(world: World, rooms: readonly Room[], instances: number): number[] {
  const going = new Set<number>();
  let needed = instances - rooms.filter(({ node }) => node.isEmpty).length;
  for (const { node, runs } of rooms) {
    if (needed <= 0) break;
    const task = node.isEmpty ? undefined : taskOf(world, runs[0]!);
    if (task === undefined || going.has(task)) continue;
    going.add(task);
    needed -= rooms.filter(
      (room) => !room.node.isEmpty && taskOf(world, room.runs[0]!) === task,
    ).length;
  }
  return [...going];
}

/** A run that stands for all of its task: that of the primary, for a gang. */
function taskOf(world: World, run: number): number {
  const gang = world.gangs.of(run)?.gang;
  return gang === undefined ? run : primaryOf(gang);
}

function roomIn(world: World, { node, runs }: Room): number {
  return runs.reduce((slots, run) => slots + world.runs.slots(run), node.freeSlots);
}

/** What may go from a node for a job of this priority, what goes first first. */
function displaceable(world: World, node: Node, priority: number): number[] {
  const { runs } = world;
  const jobOf = (run: number): Job => world.jobs[runs.job(run)]!;
  const priorityOf = (run: number): number => jobOf(run).specification.priority;
  const createdAt = (run: number): number => jobOf(run).creationTimeOf(runs.task(run));
  return [...node.runs()]
    .filter(
      (run) =>
        jobOf(run).specification.allowTaskPreemption === true &&
        priorityOf(run) < priority &&
        runs.ending(run) === Ending.none,
    )
    .sort(
      (a, b) =>
        priorityOf(a) - priorityOf(b) ||
        runs.start(b) - runs.start(a) ||
        createdAt(b) - createdAt(a) ||
        runs.job(b) - runs.job(a) ||
        runs.task(b) - runs.task(a),
    );
}

/** Those of one moment go to the front of their jobs' queues in this order (semantics §3.3). */
function byCreation({ runs }: World, concerned: readonly number[]): number[] {
  return [...concerned].sort((a, b) => runs.job(a) - runs.job(b) || runs.task(a) - runs.task(b));
}

/** Its task is active again at once, its process when that is confirmed. */
function displaceRun(world: World, run: number): void {
  const { runs } = world;
  if (runs.isInstance(run)) {
    displaceGang(world, world.gangs.of(run)!.gang);
    return;
  }
  world.kill(run, 'ended');
  world.displaced.add({
    run,
    sequence: runs.sequence(run),
    node: runs.node(run),
    job: runs.job(run),
    task: runs.task(run),
  });
  endRun(world, run, undefined, lost, undefined);
}
