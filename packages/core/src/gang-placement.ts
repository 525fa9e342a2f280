import type { Gang } from './gang.ts';
import { startGang } from './gang-start.ts';
import type { Job } from './job.ts';
import { prepareFor } from './job-preparation.ts';
import { TaskTrigger } from './machines.ts';
import { NodeWord } from './node-table.ts';
import type { OrderedSet } from './ordered-set.ts';
import { chooseJob } from './policy-choice.ts';
import type { Pool } from './pool.ts';
import { priorityCount } from './pool.ts';
import { firstReady, leaveRings, takeRow } from './ready-queue.ts';
import { leaveIfFull, wantedNode } from './run-start.ts';
import { isInstance, Run, runBits } from './run-table.ts';
import { Class, noClass } from './task-classes.ts';
import { Flag, Word } from './task-rows.ts';
import { move } from './task-transitions.ts';
import type { World } from './world.ts';

/*
 * Multi-instance tasks start on all their nodes at once, or not at all (semantics §9, rule 2). They only run in pools
 * whose nodes have one slot, so that a node that is free is all free.
 */

/** The highest priority that has a gang which fits now; {@link priorityCount}: none has. */
export function firstGangRank(world: World, pool: Pool): number {
  return pool.gangs?.ringFor(freeNodes(world, pool))?.firstRank ?? priorityCount;
}

/**
 * Places a gang where one comes before all other tasks that fit; `firstRank`: of the jobs that have such others.
 * False: none does.
 */
export function placeGang(world: World, pool: Pool, firstRank: number): boolean {
  const free = freeNodes(world, pool);
  const ring = pool.gangs?.ringFor(free);
  if (ring === undefined || ring.firstRank === priorityCount || ring.firstRank > firstRank) {
    return false;
  }
  const { firstRank: rank } = ring;
  const others = rank === firstRank ? pool.ringFor(1)!.firstJobs : undefined;
  const number = nextJob(world, pool, rank, ring.firstJobs, others);
  if (!ring.firstJobs.has(number)) return false;
  const slots = others?.has(number) === true ? 1 : 0;
  const job = world.jobs[number]!;
  const at = firstReady(world, number, slots, freeNodesFor(world, pool, job));
  if (at === noClass) {
    // Too many of the free nodes are barred for it (semantics §3.1, rule 7).
    leaveRings(world, job);
    pool.aside.add(number);
    return true;
  }
  const ready = job.classAt(at);
  if (ready.instances === 0) return false;
  if (pool.inTurn || pool.jobOrder !== undefined) pool.cursors[rank] = number;
  start(world, pool, job, ready.at, takeRow(world, job, ready), ready.instances);
  return true;
}

/** The job to be served next, among those of a rank that have gangs which fit, and those that have other tasks. */
function nextJob(
  world: World,
  pool: Pool,
  rank: number,
  jobs: OrderedSet,
  others: OrderedSet | undefined,
): number {
  if (pool.jobOrder !== undefined) {
    const all = [...new Set([...jobs, ...(others ?? [])])].sort((a, b) => a - b);
    return chooseJob(world, pool, pool.jobOrder, rank, all);
  }
  const lastServed = pool.inTurn ? pool.cursors[rank]! : -1;
  const next = jobs.nextAround(lastServed);
  const other = others?.nextAround(lastServed) ?? next;
  return turn(other, lastServed) < turn(next, lastServed) ? other : next;
}

/** Nodes that a gang may be given. */
export function freeNodes(world: World, { buckets, loose }: Pool): number {
  const looseIsFree = loose !== -1 && world.nodeTable.get(loose, NodeWord.freeSlots) > 0;
  return buckets.count(1) + (looseIsFree ? 1 : 0);
}

/** Of those, the ones that are open to the tasks of the job. */
export function freeNodesFor(world: World, pool: Pool, { onNodes }: Job): number {
  let free = freeNodes(world, pool);
  for (const { node, isBarred } of onNodes?.byNode.values() ?? []) {
    const { nodeTable } = world;
    if (!isBarred || nodeTable.get(node, NodeWord.pool) !== pool.number) continue;
    if (nodeTable.get(node, NodeWord.takesTasks) === 0) continue;
    if (nodeTable.get(node, NodeWord.freeSlots) > 0) free--;
  }
  return free;
}

function isBarred({ onNodes }: Job, node: number): boolean {
  return onNodes?.byNode.get(node)?.isBarred === true;
}

/** Jobs after the one that was served last come before it and those before it (ruling 8). */
function turn(job: number, lastServed: number): number {
  return job > lastServed ? job - 0x8000_0000 : job;
}

/**
 * active → running, or preparing, of a gang as of every task; its primary's run and node are those of its row. Where one
 * of its nodes has to be prepared for the job, all instances wait for it (semantics §9, rule 4).
 */
function start(
  world: World,
  pool: Pool,
  job: Job,
  at: number,
  row: number,
  instances: number,
): void {
  const { now } = world;
  const address = job.rows.provide(row);
  const nodes = chooseNodes(pool, job, row, instances);
  const waits = nodes.map((node) => prepareFor(world, job, node)).some((waits) => waits);
  const runs = nodes.map((node) => takeNode(world, pool, at, row, address, node, waits));
  const gang: Gang = {
    job: job.number,
    row,
    ...(waits && { preparingSince: now }),
    startTime: now,
    instances: nodes.map((node, id) => ({ node, run: runs[id]!, coordinated: false })),
    commandStarted: false,
  };
  world.gangs.add(gang);

  const words = job.rows.touch(row);
  const offset = job.rows.offset(row);
  // Gangs go wherever there is room: no node is avoided (ruling 14).
  const flags = words[offset + Word.flags]! & ~Flag.avoidNode;
  words[offset + Word.flags] = waits ? move(world, at, row, flags, TaskTrigger.prepare) : flags;
  words[offset + Word.node] = nodes[0]! + 1;
  words[offset + Word.runOrExitCode] = runs[0]!;
  const facts = job.rareFacts(row);
  facts.gang = gang;
  delete facts.failedInstance;
  world.classes.words[at + Class.begun]!++;
  leaveIfFull(world, job);
  if (!waits) startGang(world, gang);
}

/** The node that the task names, if it is free, for the primary; else the lowest ids. So many are free and open to it. */
function chooseNodes(pool: Pool, job: Job, row: number, instances: number): number[] {
  pool.fasten();
  const wanted = wantedNode(pool, job, row);
  const isOpen = (ordinal: number): boolean => !isBarred(job, pool.nodes.number(ordinal));
  const first = wanted !== -1 && pool.hasRoom(wanted, 1) && isOpen(wanted) ? wanted : -1;
  const nodes = first === -1 ? [] : [first];
  for (let ordinal = pool.buckets.first(1); nodes.length < instances; ) {
    if (ordinal !== first && isOpen(ordinal)) nodes.push(ordinal);
    ordinal = pool.buckets.next(1, ordinal);
  }
  return nodes.map((ordinal) => pool.nodes.number(ordinal));
}

/** `waits`: it is named to nobody yet. */
function takeNode(
  world: World,
  pool: Pool,
  at: number,
  row: number,
  address: number,
  node: number,
  waits: boolean,
): number {
  const { nodeTable, runs } = world;
  const run = nodeTable.get(node, NodeWord.nextRun) - 1;
  const runAt = run << runBits;
  nodeTable.set(node, NodeWord.nextRun, runs.words[runAt + Run.ending]!);
  runs.words[runAt + Run.class] = at;
  runs.words[runAt + Run.task] = row;
  runs.words[runAt + Run.address] = address;
  const sequence = world.nextSequence();
  runs.words[runAt + Run.sequence] = waits ? -sequence : sequence;
  runs.words[runAt + Run.ending] = isInstance;
  runs.starts[(runAt + Run.start) >>> 1] = world.now;
  nodeTable.set(node, NodeWord.freeSlots, 0);
  pool.buckets.move(nodeTable.get(node, NodeWord.ordinal), 1, 0);
  world.moveNode(world.nodes[node]!, 'firstTask');
  return run;
}
