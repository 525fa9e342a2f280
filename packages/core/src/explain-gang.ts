import { mostNodes } from './communicating-pool.ts';
import type { NodeCounts } from './explain-place.ts';
import { shortOf } from './explain-place.ts';
import type { ExplanationReason, FreeingEvent } from './explanation.ts';
import { freeingEvents, mostJobsListed, reason } from './explanation.ts';
import { freeNodesFor } from './gang-placement.ts';
import type { Job } from './job.ts';
import type { Pool } from './pool.ts';
import { queuePlace } from './queue-place.ts';
import type { World } from './world.ts';

/*
 * Where multi-instance tasks can run (semantics §9): what keeps one of them, and who comes first there.
 */

/** Its pool takes no multi-instance tasks. */
export function explainGangPool(pool: Pool): ExplanationReason[] {
  const { id: poolId, enableInterNodeCommunication = false, taskSlotsPerNode } = pool.specification;
  if (pool.gangs !== undefined) return [];
  const facts = { poolId, enableInterNodeCommunication, taskSlotsPerNode };
  return [reason('multiInstancePool', facts, 'poolAdded', 'jobMoved')];
}

/** Of a task that can run there without somebody doing something. */
export function mostInstances(pool: Pool, { taking, comingByThemselves }: NodeCounts): number {
  if (pool.gangs === undefined) return 0;
  return 'enableAutoScale' in pool.specification
    ? mostNodes(pool.specification)
    : taking + comingByThemselves;
}

/** Not as many nodes are free as the task has instances. */
export function explainFreeNodes(
  world: World,
  pool: Pool,
  job: Job,
  numberOfInstances: number,
  { nodesByState, taking, later, comingByThemselves }: NodeCounts,
): ExplanationReason[] {
  const free = freeNodesFor(world, pool, job);
  if (free >= numberOfInstances) return [];
  const { id: poolId } = pool.specification;
  const facts = {
    poolId,
    numberOfInstances,
    freeNodes: free,
    nodesByState,
    ...shortOf(pool),
  };
  if (numberOfInstances > mostNodes(pool.specification)) {
    return [reason('tooFewFreeNodes', facts, 'taskReplaced')];
  }
  if (taking + comingByThemselves >= numberOfInstances) {
    return [reason('tooFewFreeNodes', facts, ...(taking > free ? runEnds : []), ...later)];
  }
  if ('enableAutoScale' in pool.specification) {
    return [reason('tooFewFreeNodes', facts, 'poolAutoScaled', ...later)];
  }
  const commands = later.filter((event) => freeingEvents[event] === 'byCommand');
  return [reason('tooFewFreeNodes', facts, 'poolResized', 'jobMoved', ...commands)];
}

const runEnds: readonly FreeingEvent[] = ['runEnds'];

/** Who comes first: jobs of higher priority, jobs of equal priority, tasks of the same job. */
export function explainGangOrder(
  world: World,
  pool: Pool,
  job: Job,
  row: number,
): ExplanationReason[] {
  const reasons: ExplanationReason[] = [];
  const { priority } = job.specification;
  const nodes = Math.max(1, job.limitsOf(row).instances);
  const others = [...pool.jobs].flatMap((number) => {
    const other = world.jobs[number]!;
    const needed = other.state === 'active' ? fewestNodes(world, other) : Infinity;
    return needed === Infinity || other === job ? [] : [{ other, needed }];
  });
  const first = others
    .filter(({ other, needed }) => other.specification.priority > priority && needed <= nodes)
    .map(({ other }) => ({ jobId: other.specification.id, priority: other.specification.priority }))
    .sort((a, b) => b.priority - a.priority);
  if (first.length > 0) {
    const facts = { priority, jobs: first.length, first: first.slice(0, mostJobsListed) };
    reasons.push(reason('priority', facts, 'othersStart'));
  }
  const equals = others.filter(
    ({ other, needed }) => other.specification.priority === priority && needed <= nodes,
  );
  const older = equals.filter(({ other }) => other.number < job.number).length;
  if (pool.inTurn && equals.length > 0) {
    reasons.push(reason('turn', { priority, jobs: equals.length }, 'othersStart'));
  } else if (pool.jobOrder !== undefined && equals.length > 0) {
    const facts = { priority, jobs: equals.length, policy: pool.jobOrder.name };
    reasons.push(reason('jobOrder', facts, 'othersStart'));
  } else if (!pool.inTurn && pool.jobOrder === undefined && older > 0) {
    reasons.push(reason('olderJobs', { priority, jobs: older }, 'othersStart'));
  }
  const { hasLargerAhead, ...place } = queuePlace(world, job, row);
  if (place.ahead > 0 || !place.isExact) reasons.push(reason('queue', place, 'othersStart'));
  const fewer = others.filter(
    ({ other, needed }) => other.specification.priority < priority && needed < nodes,
  );
  const more = others.filter(
    ({ other, needed }) => other.specification.priority >= priority && needed > nodes,
  );
  const jobsWithFewer = fewer.length + (fewestNodes(world, job) < nodes ? 1 : 0);
  const jobsWithMore = more.length + (hasLargerAhead ? 1 : 0);
  if (jobsWithFewer + jobsWithMore > 0) {
    const facts = { nodes, jobsWithFewer, jobsWithMore };
    reasons.push(reason('otherNodeCounts', facts, 'othersStart'));
  }
  return reasons;
}

/** That a ready task of the job needs, `Infinity`: it has none that could run where nodes have one slot. */
function fewestNodes(world: World, job: Job): number {
  const { jobManager } = job;
  if (jobManager?.waits !== undefined && job.limitsOf(jobManager.row).requiredSlots === 1) return 1;
  // Nothing else of its job may start before it does (ruling 15).
  if (jobManager?.waits === 'first') return Infinity;
  const needed = job.classes.flatMap(({ at, slots, instances }) =>
    slots === 1 && world.classes.live(at) > 0 ? [Math.max(1, instances)] : [],
  );
  return Math.min(Infinity, ...needed);
}
