import { admits, endAside, placeJobManager } from './careful-placement.ts';
import { primaryOf } from './gang.ts';
import { displaceGang } from './gang-end.ts';
import { freeNodes } from './gang-placement.ts';
import type { Job } from './job.ts';
import { considerRunsGone } from './job-end.ts';
import { isJobManager } from './job-manager.ts';
import { makeRoomForJobManager } from './job-manager-restart.ts';
import type { Node } from './node.ts';
import { NodeWord } from './node-table.ts';
import { chooseJob, inOrder } from './policy-choice.ts';
import type { JobRing, Pool } from './pool.ts';
import { noNode, priorityCount, rankOf } from './pool.ts';
import { leavePreparing } from './preparing-runs.ts';
import { firstReady } from './ready-queue.ts';
import { displaced, endRun } from './run-end.ts';
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
  const restarts = hasRestart(world, pool);
  if (lowest === Infinity && !restarts) return false;
  const next = nextJob(world, pool, firstRank);
  for (const number of readyJobs(world, pool)) {
    const job = world.jobs[number]!;
    const { priority } = job.specification;
    const rank = rankOf(priority);
    if (rank > firstRank || (!restarts && (priority <= lowest || rank >= firstRank))) return false;
    const node = makeRoomForJobManager(world, pool, job);
    if (node !== undefined) {
      pool.fasten();
      placeJobManager(world, pool, job, node.number);
      endAside(world, pool);
      return true;
    }
    if (number === next) return false;
    const room = priority <= lowest || rank === firstRank ? undefined : roomFor(world, pool, job);
    if (room === undefined) continue;
    displaceRuns(world, room);
    endAside(world, pool);
    return true;
  }
  return false;
}

/** Those of one moment go to the front of their jobs' queues by creation (semantics §3.3). */
export function displaceRuns(world: World, runs: readonly number[]): void {
  for (const run of byCreation(world, runs)) displaceRun(world, run);
}

/** A job manager that starts again counts as what fits, at its job's turn. */
function hasRestart(world: World, pool: Pool): boolean {
  for (const number of world.displaceable) {
    const job = world.jobs[number]!;
    if (job.pool === pool.number && job.jobManager?.waits === 'again') return true;
  }
  return false;
}

/** The job whose turn it is among those that have a task that fits; −1: there is none. */
function nextJob(world: World, pool: Pool, firstRank: number): number {
  const loose = pool.loose === noNode ? 0 : world.nodeTable.get(pool.loose, NodeWord.freeSlots);
  const ring = pool.ringFor(Math.max(loose, pool.buckets.freest));
  if (firstRank === priorityCount) return -1;
  if (pool.gangs !== undefined) {
    const rings = [ring, pool.gangs.ringFor(freeNodes(world, pool))];
    return nextOf(world, pool, firstRank, rings);
  }
  if (ring === undefined) return -1;
  if (!pool.inTurn && pool.jobOrder !== undefined) {
    return chooseJob(world, pool, pool.jobOrder, firstRank, ring.firstJobs);
  }
  return ring.firstJobs.nextAround(pool.inTurn ? pool.cursors[firstRank]! : -1);
}

/** The same where jobs have gangs that fit, too. */
function nextOf(
  world: World,
  pool: Pool,
  firstRank: number,
  rings: readonly (JobRing | undefined)[],
): number {
  const firsts = rings.flatMap((ring) =>
    ring?.firstRank === firstRank ? [...ring.firstJobs] : [],
  );
  const jobs = [...new Set(firsts)].sort((a, b) => a - b);
  if (jobs.length > 0 && !pool.inTurn && pool.jobOrder !== undefined) {
    return chooseJob(world, pool, pool.jobOrder, firstRank, jobs);
  }
  const lastServed = pool.inTurn ? pool.cursors[firstRank]! : -1;
  return jobs.find((job) => job > lastServed) ?? jobs[0] ?? -1;
}

/** The jobs that have a task of a size that a node can have, in the order in which they are served. */
export function* readyJobs(world: World, pool: Pool): IterableIterator<number> {
  for (const [rank, jobs] of readyByRank(world, pool)) {
    if (pool.jobOrder !== undefined) yield* inOrder(world, pool, pool.jobOrder, rank, jobs);
    else {
      const lastServed = pool.inTurn ? pool.cursors[rank]! : -1;
      const next = jobs.findIndex((job) => job > lastServed);
      yield* next === -1 ? jobs : [...jobs.slice(next), ...jobs.slice(0, next)];
    }
  }
}

/** By priority, the highest first, and by creation; those that have gangs, and those that stand aside, among them. */
function readyByRank(world: World, pool: Pool): [rank: number, jobs: number[]][] {
  const byRank = new Map<number, Set<number>>();
  const add = (rank: number, jobs: Iterable<number>): void => {
    byRank.set(rank, new Set([...(byRank.get(rank) ?? []), ...jobs]));
  };
  for (const ring of [pool.rings.at(-1), pool.gangs?.rings.at(-1)]) {
    for (const { rank, jobs } of ring?.ranks() ?? []) add(rank, jobs);
  }
  for (const number of pool.aside)
    add(rankOf(world.jobs[number]!.specification.priority), [number]);
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
    const { allowTaskPreemption } = job.specification;
    if (allowTaskPreemption !== true || job.pool !== pool.number || !job.hasRuns) continue;
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
  const rooms = [...pool.nodes]
    .filter(({ takesTasks }) => takesTasks)
    .map((node) => ({ node, runs: displaceable(world, node, priority) }));
  const within =
    pool.gangs === undefined
      ? []
      : rooms.filter((room) => roomIn(world, room) > 0 && !isBarred(job, room.node));
  const wanted = firstTask(world, pool, job, rooms, within.length);
  if (wanted === undefined) return undefined;
  if (wanted.instances > 0) return roomForGang(world, within, wanted.instances);
  let best: Room | undefined;
  for (const { node, runs } of rooms) {
    if (!admits(world, job, wanted.row, node.number)) continue;
    let free = node.freeSlots;
    let count = 0;
    while (free < wanted.slots && count < runs.length) free += world.runs.slots(runs[count++]!);
    if (free < wanted.slots || (best !== undefined && best.runs.length <= count)) continue;
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

/** What of the job would be placed first if so much could go, and the slots that it needs. */
function firstTask(
  world: World,
  pool: Pool,
  job: Job,
  rooms: readonly Room[],
  mostInstances: number,
): { row: number; slots: number; instances: number } | undefined {
  const { jobManager } = job;
  if (jobManager?.waits === 'first') {
    const { row } = jobManager;
    const isExclusive = job.specification.jobManagerTask?.runExclusive === true;
    const { requiredSlots } = job.limitsOf(row);
    return {
      row,
      slots: isExclusive ? pool.specification.taskSlotsPerNode : requiredSlots,
      instances: 0,
    };
  }
  // The tasks of a queue may all go to the same nodes.
  const open = rooms.filter(({ node }) => !isBarred(job, node));
  const most = Math.max(0, ...open.map((room) => roomIn(world, room)));
  const at = firstReady(
    world,
    job.number,
    most,
    jobManager?.waits === undefined ? mostInstances : 0,
  );
  if (at === noClass) return undefined;
  const { instances } = job.classAt(at);
  return {
    row: world.classes.headRow(at),
    slots: world.classes.words[at + Class.slots]!,
    instances,
  };
}

function isBarred({ onNodes }: Job, { number }: Node): boolean {
  return onNodes?.byNode.get(number)?.isBarred === true;
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
        !isJobManager(jobOf(run), runs.task(run)) &&
        runs.ending(run) === Ending.none,
    )
    .sort(
      (a, b) =>
        priorityOf(a) - priorityOf(b) ||
        Number(runs.isPreparing(b)) - Number(runs.isPreparing(a)) ||
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
  if (runs.isPreparing(run)) {
    leavePreparing(world, run, 'displaced');
    return;
  }
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
  endRun(world, run, undefined, displaced, undefined);
}
