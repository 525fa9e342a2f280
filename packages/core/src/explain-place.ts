import type { Misfit } from './ancestor-search.ts';
import { admits } from './careful-placement.ts';
import {
  explainFreeNodes,
  explainGangOrder,
  explainGangPool,
  mostInstances,
} from './explain-gang.ts';
import type { ExplanationReason, FreeingEvent } from './explanation.ts';
import { freeingEvents, mostJobsListed, reason } from './explanation.ts';
import type { Job } from './job.ts';
import { isJobManager } from './job-manager.ts';
import type { Node } from './node.ts';
import { nodeId } from './node.ts';
import type { OrderedSet } from './ordered-set.ts';
import type { Pool } from './pool.ts';
import { rankOf } from './pool.ts';
import { queuePlace } from './queue-place.ts';
import type { ReadyClass } from './ready-queue.ts';
import { smallestReady } from './ready-queue.ts';
import { Flag, Word } from './task-rows.ts';
import type { World } from './world.ts';

/*
 * Where an active task could run, and who comes first (semantics §3.1 to §3.4).
 */

/** What keeps every task of that size from the job's pool, ready or not. */
export function explainPool(world: World, job: Job, row: number): ExplanationReason[] {
  const pool = world.poolOf(job);
  if (pool === undefined) {
    return [reason('noPool', { poolId: job.poolId }, 'poolAdded', 'jobMoved')];
  }
  const { id: poolId, taskSlotsPerNode } = pool.specification;
  if (pool.state === 'deleting')
    return [reason('poolDeleting', { poolId }, 'poolAdded', 'jobMoved')];
  const reasons: ExplanationReason[] = [];
  const { requiredSlots, instances } = job.limitsOf(row);
  if (instances > 0) reasons.push(...explainGangPool(pool));
  if (requiredSlots > taskSlotsPerNode) {
    const facts = { poolId, requiredSlots, taskSlotsPerNode };
    reasons.push(reason('tooManySlots', facts, 'poolAdded', 'jobMoved'));
  }
  // A pool that is sized by hand has no such property.
  const isAutoScaled = 'enableAutoScale' in pool.specification;
  const { nodesByState, taking, later } = countNodes(pool, (node) => barFor(world, job, row, node));
  if (taking === 0 && later.length === 0) {
    const events: FreeingEvent[] = isAutoScaled ? ['poolAutoScaled'] : ['poolResized', 'jobMoved'];
    reasons.push(reason('noNodes', { poolId, nodesByState, ...shortOf(pool) }, ...events));
  } else if (taking === 0) {
    if (isAutoScaled) later.push('poolAutoScaled');
    reasons.push(reason('nodesNotReady', { poolId, nodesByState, ...shortOf(pool) }, ...later));
  }
  return reasons;
}

/** Why the pool has fewer nodes than it was to have, if it has. */
export function shortOf({ resizeErrors }: Pool): {
  resizeErrors?: { code: string; message: string }[];
} {
  if (resizeErrors.length === 0) return {};
  return { resizeErrors: resizeErrors.map(({ code, message }) => ({ code, message })) };
}

/** Which tasks of the job can never run in a pool as it is. */
export function misfitsIn(pool: Pool | undefined, job: Job): (row: number) => Misfit | undefined {
  if (pool === undefined) return () => undefined;
  const { taskSlotsPerNode } = pool.specification;
  let most: number | undefined;
  return (row) => {
    const { requiredSlots, instances } = job.limitsOf(row);
    if (requiredSlots > taskSlotsPerNode) return 'tooManySlots';
    if (instances === 0) return undefined;
    most ??= mostInstances(pool, countNodes(pool));
    return instances > most ? 'tooManyInstances' : undefined;
  };
}

/** Why a task that is ready, and that the pool could hold, has not been placed: limits, slots, who comes first. */
export function explainPlace(world: World, pool: Pool, job: Job, row: number): ExplanationReason[] {
  const requiredSlots = slotsNeeded(pool, job, row);
  const { instances } = job.limitsOf(row);
  const reasons: ExplanationReason[] = [];
  const counts = countNodes(pool, (node) => barFor(world, job, row, node));
  const { nodesByState, taking, later, freeSlots } = counts;
  const { maxParallelTasks = Infinity } = job.specification;
  if (job.isFull) {
    const facts = { maxParallelTasks, runningTasks: job.tasks.running };
    reasons.push(reason('maxParallelTasks', facts, 'jobTaskEnds'));
  }
  const hasRoom = freeSlots.some((level) => level.freeSlots >= requiredSlots);
  if (instances > 0) {
    if (taking > 0) reasons.push(...explainFreeNodes(world, pool, job, instances, counts));
  } else if (taking > 0 && !hasRoom) {
    const avoidNodeId = avoidedNode(world, pool, job, row);
    reasons.push(
      reason(
        'noFreeSlots',
        {
          poolId: pool.specification.id,
          requiredSlots,
          freeSlots,
          nodesByState,
          ...shortOf(pool),
          ...(avoidNodeId === undefined ? {} : { avoidNodeId }),
        },
        'runEnds',
        ...later,
      ),
    );
  }
  const order =
    pool.gangs === undefined
      ? explainOrder(world, pool, job, row, requiredSlots)
      : explainGangOrder(world, pool, job, row);
  return [...reasons, ...order];
}

/** Who comes first: jobs of higher priority, jobs of equal priority, tasks of the same job. */
function explainOrder(
  world: World,
  pool: Pool,
  job: Job,
  row: number,
  requiredSlots: number,
): ExplanationReason[] {
  const reasons: ExplanationReason[] = [];
  const { priority } = job.specification;
  const ring = pool.ringFor(requiredSlots);
  const first: { jobId: string; priority: number }[] = [];
  let jobs = 0;
  for (const ranked of ring?.ranks() ?? []) {
    if (ranked.rank >= rankOf(priority)) break;
    jobs += ranked.jobs.size;
    for (const number of ranked.jobs) {
      if (first.length === mostJobsListed) break;
      const { id, priority } = world.jobs[number]!.specification;
      first.push({ jobId: id, priority });
    }
  }
  const limited = limitedJobs(world, pool, job, requiredSlots);
  for (const { specification } of limited) {
    if (specification.priority <= priority) continue;
    jobs++;
    if (first.length === mostJobsListed) continue;
    first.push({ jobId: specification.id, priority: specification.priority });
  }
  if (jobs > 0) reasons.push(reason('priority', { priority, jobs, first }, 'othersStart'));
  const equals = limited.filter(({ specification }) => specification.priority === priority);
  reasons.push(...explainEquals(pool, job, ring?.jobsOf(rankOf(priority)), equals));
  const { hasLargerAhead, ...place } = queuePlace(world, job, row);
  if (place.ahead > 0 || !place.isExact) reasons.push(reason('queue', place, 'othersStart'));
  const jobsWithSmaller = countSmaller(world, pool, job, requiredSlots);
  const jobsWithLarger = countLarger(pool, job, requiredSlots) + (hasLargerAhead ? 1 : 0);
  if (jobsWithSmaller + jobsWithLarger > 0) {
    const facts = { requiredSlots, jobsWithSmaller, jobsWithLarger };
    reasons.push(reason('otherSizes', facts, 'othersStart'));
  }
  return reasons;
}

/** Others that have such tasks and as many running as they may: the end of one of those lets the next start. */
function limitedJobs(world: World, pool: Pool, job: Job, requiredSlots: number): Job[] {
  return world.jobs.filter(
    (other): other is Job =>
      other !== undefined &&
      other !== job &&
      other.pool === pool.number &&
      other.state === 'active' &&
      other.isFull &&
      (smallestReady(world, other) ?? Infinity) <= requiredSlots,
  );
}

/**
 * Jobs of equal priority (semantics §3.2). `equals`: those that have a ready task that fits, maybe this one as well;
 * `limited`: those that may start one when one of theirs has ended.
 */
function explainEquals(
  pool: Pool,
  job: Job,
  equals: OrderedSet | undefined,
  limited: readonly Job[],
): ExplanationReason[] {
  const { priority } = job.specification;
  let older = 0;
  if (!pool.inTurn && pool.jobOrder === undefined) {
    for (const number of equals ?? []) if (number < job.number) older++;
    for (const { number } of limited) if (number < job.number) older++;
  }
  if (older > 0) return [reason('olderJobs', { priority, jobs: older }, 'othersStart')];
  const others = (equals?.size ?? 0) - (equals?.has(job.number) === true ? 1 : 0) + limited.length;
  if (others === 0) return [];
  if (pool.jobOrder !== undefined) {
    const facts = { priority, jobs: others, policy: pool.jobOrder.name };
    return [reason('jobOrder', facts, 'othersStart')];
  }
  return pool.inTurn ? [reason('turn', { priority, jobs: others }, 'othersStart')] : [];
}

/** Jobs of lower priority, and this one, that have ready tasks of fewer slots. */
function countSmaller(world: World, pool: Pool, job: Job, requiredSlots: number): number {
  const rank = rankOf(job.specification.priority);
  const isSmaller = ({ at, slots, instances }: ReadyClass): boolean =>
    instances === 0 && slots < requiredSlots && world.classes.live(at) > 0;
  let jobs = job.classes.some(isSmaller) ? 1 : 0;
  for (const ranked of pool.ringFor(requiredSlots - 1)?.ranks() ?? []) {
    if (ranked.rank > rank) jobs += ranked.jobs.size;
  }
  return jobs;
}

/** Jobs of its priority or a higher whose smallest ready task needs more slots; the rings hold one another. */
function countLarger(pool: Pool, job: Job, requiredSlots: number): number {
  const rank = rankOf(job.specification.priority);
  const upTo = (slots: number): number => {
    let jobs = 0;
    for (const ranked of pool.ringFor(slots)?.ranks() ?? []) {
      if (ranked.rank <= rank) jobs += ranked.jobs.size;
    }
    return jobs;
  };
  return upTo(pool.specification.taskSlotsPerNode) - upTo(requiredSlots);
}

export interface NodeCounts {
  nodesByState: Record<string, number>;
  /** Those that take tasks now. */
  taking: number;
  /** What lets others take tasks later, and how many of them do without a command. */
  later: FreeingEvent[];
  comingByThemselves: number;
  /** Of those that take tasks. */
  freeSlots: { freeSlots: number; nodes: number }[];
}

/** Every node of the pool is looked at. */
function countNodes(
  pool: Pool,
  barOf: (node: Node) => Bar | undefined = () => undefined,
): NodeCounts {
  const nodesByState: Record<string, number> = {};
  const byFree = new Map<number, number>();
  let taking = 0;
  let comingByThemselves = 0;
  const later = new Set<FreeingEvent>();
  for (const node of pool.nodes) {
    const bar = node.takesTasks ? barOf(node) : undefined;
    const state = bar?.state ?? stateForTasks(node);
    nodesByState[state] = (nodesByState[state] ?? 0) + 1;
    if (bar?.freedBy !== undefined) later.add(bar.freedBy);
    if (bar !== undefined) continue;
    if (node.takesTasks) {
      taking++;
      byFree.set(node.freeSlots, (byFree.get(node.freeSlots) ?? 0) + 1);
      continue;
    }
    const event = freeingEvent(node);
    if (event !== undefined) later.add(event);
    if (event !== undefined && freeingEvents[event] === 'byItself') comingByThemselves++;
  }
  const freeSlots = [...byFree]
    .map(([freeSlots, nodes]) => ({ freeSlots, nodes }))
    .sort((a, b) => b.freeSlots - a.freeSlots);
  return { nodesByState, taking, later: [...later], comingByThemselves, freeSlots };
}

/** What keeps a task from a node that takes others, and what ends that (semantics §3.1, rules 7 and 9). */
interface Bar {
  state: string;
  freedBy?: FreeingEvent;
}

function barFor(world: World, job: Job, row: number, node: Node): Bar | undefined {
  if (admits(world, job, row, node.number)) return undefined;
  return job.onNodes?.byNode.get(node.number)?.isBarred === true
    ? { state: 'barred', freedBy: 'nodeReimaged' }
    : { state: 'lowPriority' };
}

/** A job manager that has its node for itself needs all of it. */
function slotsNeeded(pool: Pool, job: Job, row: number): number {
  return isJobManager(job, row) && job.specification.jobManagerTask?.runExclusive === true
    ? pool.specification.taskSlotsPerNode
    : job.limitsOf(row).requiredSlots;
}

function stateForTasks(node: Node): string {
  if (node.pending !== undefined) return 'draining';
  if (node.isExclusive) return 'exclusive';
  return node.state === 'running' && node.schedulingState === 'disabled' ? 'disabled' : node.state;
}

/** What lets a node take tasks that takes none now. */
function freeingEvent(node: Node): FreeingEvent | undefined {
  if (node.state === 'leavingpool') return undefined;
  if (node.schedulingState === 'disabled') return 'schedulingEnabled';
  if (node.pending === 'remove') return 'resizeGivenUp';
  if (node.isExclusive) return 'runEnds';
  const state = node.state === 'unknown' ? node.previousState : node.state;
  const isGivenUp = state === 'deallocating' || state === 'deallocated';
  if (isGivenUp || node.pending === 'deallocate') return 'nodeStarted';
  const isStuck = state === 'starttaskfailed' || node.errors.length > 0;
  return isStuck ? 'nodeRestarted' : 'nodeReady';
}

/** Ruling 14; only a node that the pool still has. */
function avoidedNode(world: World, pool: Pool, job: Job, row: number): string | undefined {
  if ((job.rows.get(row, Word.flags) & Flag.avoidNode) === 0) return undefined;
  const node = world.nodes[job.rows.get(row, Word.node) - 1];
  return node?.pool === pool.number && node.state !== 'gone' ? nodeId(node) : undefined;
}
