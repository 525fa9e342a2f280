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

/** What would have to go from a node. */
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
    for (const run of byCreation(world, room.runs)) displaceRun(world, run);
    return true;
  }
  return false;
}

/** The jobs that have a task of a size that a node can have, in the order in which they are served. */
export function* readyJobs(world: World, pool: Pool): IterableIterator<number> {
  for (const { rank, jobs } of pool.rings.at(-1)?.ranks() ?? []) {
    if (pool.jobOrder !== undefined) yield* inOrder(world, pool, pool.jobOrder, rank, jobs);
    else {
      const byCreation = [...jobs];
      const lastServed = pool.inTurn ? pool.cursors[rank]! : -1;
      const next = byCreation.findIndex((job) => job > lastServed);
      yield* next === -1 ? byCreation : [...byCreation.slice(next), ...byCreation.slice(0, next)];
    }
  }
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

/** The node where the first task of the job that could have room costs the fewest tasks, the lower id of equals. */
function roomFor(world: World, pool: Pool, job: Job): Room | undefined {
  const { priority } = job.specification;
  const nodes = [...pool.nodes].filter(({ takesTasks }) => takesTasks);
  const rooms = nodes.map((node) => ({ node, runs: displaceable(world, node, priority) }));
  const most = Math.max(...rooms.map((room) => roomIn(world, room)));
  const at = firstReady(world, job.number, most);
  if (at === noClass) return undefined;
  const slots = world.classes.words[at + Class.slots]!;
  let best: Room | undefined;
  for (const { node, runs } of rooms) {
    let free = node.freeSlots;
    let count = 0;
    while (free < slots && count < runs.length) free += world.runs.slots(runs[count++]!);
    if (free < slots || (best !== undefined && best.runs.length <= count)) continue;
    best = { node, runs: runs.slice(0, count) };
  }
  return best;
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
