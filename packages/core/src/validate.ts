import { brokenAccounts } from './account-invariants.ts';
import { brokenApplications } from './application-invariants.ts';
import { brokenAutoPools } from './auto-pool-invariants.ts';
import { brokenCertificates } from './certificate-invariants.ts';
import { brokenGangs } from './gang-invariants.ts';
import type { Job } from './job.ts';
import { brokenJobManagers } from './job-manager-invariants.ts';
import { brokenSchedules } from './job-schedule-invariants.ts';
import { brokenJobsOnNodes } from './jobs-on-nodes-invariants.ts';
import type { Node } from './node.ts';
import { nodeId } from './node.ts';
import { firstExpiry } from './node-user.ts';
import { brokenOSVersions } from './os-version-invariants.ts';
import type { Pool } from './pool.ts';
import { rankOf } from './pool.ts';
import { Part, readyRanges } from './ready-queue.ts';
import { Class } from './task-classes.ts';
import { Flag, stateMask, TaskState, Word } from './task-rows.ts';
import type { World } from './world.ts';

/** Every invariant over the whole state that does not hold, as a sentence. */
export function validate(world: World): string[] {
  const wrong: string[] = [];
  for (const node of world.nodes) {
    if (node.state !== 'gone') wrong.push(...checkNode(world, node));
  }
  for (const job of world.jobs) {
    if (job !== undefined) wrong.push(...checkJob(world, job), ...checkQueues(world, job));
  }
  for (const pool of world.pools) {
    if (pool !== undefined) wrong.push(...checkNodes(pool), ...checkAutoscale(world, pool));
  }
  for (const run of world.runs) {
    // Only the primary's is the row's.
    if (world.runs.isInstance(run) && world.gangs.of(run)?.id !== 0) continue;
    const job = world.jobs[world.runs.job(run)];
    const row = world.runs.task(run);
    if (job === undefined || job.rows.get(row, Word.runOrExitCode) !== run) {
      wrong.push(`run ${run}: its task does not name it`);
    } else if (job.rows.address(row) !== world.runs.address(run)) {
      wrong.push(`run ${run}: its task lies elsewhere`);
    }
  }
  wrong.push(
    ...brokenSchedules(world),
    ...brokenAutoPools(world),
    ...brokenAccounts(world),
    ...brokenOSVersions(world),
    ...brokenApplications(world),
    ...brokenCertificates(world),
    ...brokenGangs(world),
    ...brokenJobsOnNodes(world),
    ...brokenJobManagers(world),
  );
  return wrong;
}

function checkNode(world: World, node: Node): string[] {
  const pool = world.pools[node.pool];
  if (pool === undefined) return [`${nodeId(node)}: its pool is gone, it is not`];
  let slots = 0;
  let tasks = 0;
  const wrong: string[] = [];
  for (const run of node.runs()) {
    if (world.runs.node(run) !== node.number) wrong.push(`run ${run}: in the rows of another node`);
    slots += world.runs.slots(run);
    tasks++;
  }
  const free = pool.specification.taskSlotsPerNode - slots;
  if (free < 0) wrong.push(`${nodeId(node)}: ${slots} slots are taken`);
  if (free !== node.freeSlots)
    wrong.push(`${nodeId(node)}: ${free} free, ${node.freeSlots} counted`);
  // One that is lost does what is pending when it is back.
  const awaitsFiles = node.retains && node.filesUntil !== undefined;
  if (node.pending !== undefined && tasks === 0 && node.state !== 'unknown' && !awaitsFiles) {
    wrong.push(`${nodeId(node)}: waits to ${node.pending} without tasks`);
  }
  if (node.state === 'idle' && node.schedulingState === 'disabled') {
    wrong.push(`${nodeId(node)}: is idle, though disabled`);
  }
  if (node.state === 'offline' && node.schedulingState === 'enabled') {
    wrong.push(`${nodeId(node)}: is offline, though enabled`);
  }
  if (node.errors.length > 0 && node.state !== 'unusable') {
    wrong.push(`${nodeId(node)}: is ${node.state} with errors`);
  }
  if (node.measured !== undefined && pool.autoscale === undefined) {
    wrong.push(`${nodeId(node)}: is measured, and its pool follows no formula`);
  }
  if (node.state === 'waitingforstarttask' && node.startTask?.state !== 'running') {
    wrong.push(`${nodeId(node)}: waits for no start task`);
  }
  if (world.userDeadlines.timeOf(node.number) !== firstExpiry(node)) {
    wrong.push(`${nodeId(node)}: its users do not expire when they are to`);
  }
  const keeps = node.state === 'unknown' && node.givenUpAt !== undefined;
  if (
    world.nodeDeadlines.timeOf(node.number) !== node.givenUpAt ||
    (node.givenUpAt !== undefined && !keeps)
  ) {
    wrong.push(`${nodeId(node)}: is ${node.state}, given up at ${node.givenUpAt}`);
  }
  if (world.filesDeadlines.timeOf(node.number) !== node.filesUntil) {
    wrong.push(`${nodeId(node)}: is looked at for files at ${node.filesUntil}`);
  }
  if ((node.state === 'running') !== tasks > 0 && !keeps && !awaitsFiles) {
    wrong.push(`${nodeId(node)}: is ${node.state} with ${tasks} tasks`);
  }
  return wrong;
}

function checkJob(world: World, job: Job): string[] {
  const wrong: string[] = [];
  const isLeft = world.displaced.hasJob(job.number) || world.gangs.hasJob(job.number);
  if (job.state === 'gone' && !job.hasRuns && !isLeft) {
    wrong.push(`job ${job.specification.id}: is gone, and nothing of it runs`);
  }
  const byClass = new Map(job.classes.map((ready) => [ready, [0, 0, 0, 0]]));
  for (let row = 0; row < job.rowCount; row++) {
    const flags = job.rows.get(row, Word.flags);
    const state = flags & stateMask;
    if (state === TaskState.gone) continue;
    const tally = byClass.get(job.readyClassOf(row));
    if (tally === undefined) {
      wrong.push(`task ${job.idOf(row)}: of no class`);
      continue;
    }
    if (state === TaskState.running || state === TaskState.preparing) {
      const run = job.rows.get(row, Word.runOrExitCode);
      if (world.runs.job(run) !== job.number || world.runs.task(run) !== row) {
        wrong.push(`task ${job.idOf(row)}: running without its run`);
      }
      tally[1]!++;
    }
    if (state !== TaskState.completed) {
      tally[0]!++;
      continue;
    }
    if (((flags & Flag.success) !== 0) === ((flags & Flag.failure) !== 0)) {
      wrong.push(`task ${job.idOf(row)}: completed without one result`);
    }
    tally[(flags & Flag.success) === 0 ? 3 : 2]!++;
  }
  for (const ready of job.classes) {
    const { at, slots } = ready;
    const { words } = world.classes;
    const counted = [
      world.classes.unfinished(at),
      world.classes.running(at),
      words[at + Class.succeeded]!,
      words[at + Class.failed]!,
    ];
    const found = byClass.get(ready) ?? [];
    if (found.join() === counted.join()) continue;
    wrong.push(
      `job ${job.specification.id}, ${slots} slots: ${found} tasks unfinished, running, succeeded, failed; ${counted} counted`,
    );
  }
  return wrong;
}

function checkNodes(pool: Pool): string[] {
  const wrong: string[] = [];
  const levels = new Set<number>();
  for (const node of pool.nodes) {
    const takes = node.takesTasks;
    if (takes && node.freeSlots > 0) levels.add(node.freeSlots);
    for (let free = 1; free <= pool.specification.taskSlotsPerNode; free++) {
      const expected = takes && free === node.freeSlots;
      if (pool.buckets.has(free, node.ordinal) !== expected) {
        wrong.push(`${nodeId(node)}: in bucket ${free} is ${!expected}, must be ${expected}`);
      }
    }
  }
  wrong.push(...checkAllocation(pool));
  const sorted = [...levels].sort((a, b) => a - b);
  const held: number[] = [];
  for (let free = pool.buckets.from(1); free !== -1; free = pool.buckets.from(free + 1)) {
    held.push(free);
  }
  if (held.join() !== sorted.join() || pool.buckets.freest !== (sorted.at(-1) ?? 0)) {
    wrong.push(`pool ${pool.specification.id}: levels ${held}, must be ${sorted}`);
  }
  return wrong;
}

/** semantics §6.7 */
function checkAutoscale(world: World, pool: Pool): string[] {
  const wrong: string[] = [];
  const { autoscale, specification, number } = pool;
  const isOn = specification.enableAutoScale === true;
  if (isOn !== (autoscale !== undefined)) {
    wrong.push(`pool ${specification.id}: its formula is ${isOn ? 'not' : 'still'} followed`);
  }
  const expected = [
    autoscale?.samples.nextTime,
    autoscale && Math.min(autoscale.nextEvaluation, autoscale.retryAt ?? Infinity),
  ];
  const set = [world.sampleDeadlines.timeOf(number), world.evaluationDeadlines.timeOf(number)];
  if (set.join() !== expected.join()) {
    wrong.push(`pool ${specification.id}: is due at ${set}, must be at ${expected}`);
  }
  if (autoscale !== undefined && autoscale.formula.text !== specification.autoScaleFormula) {
    wrong.push(`pool ${specification.id}: follows another formula than it shows`);
  }
  const jobs = world.jobs.flatMap((job) => (job?.pool === number ? [job.number] : []));
  if ([...pool.jobs].sort((a, b) => a - b).join() !== jobs.join()) {
    wrong.push(`pool ${specification.id}: has jobs ${[...pool.jobs]}, must have ${jobs}`);
  }
  return wrong;
}

/** semantics §2.1 */
function checkAllocation(pool: Pool): string[] {
  const wrong: string[] = [];
  const { allocationState, nodesCreating, nodesLeaving, resizeDeadline, resizeErrors } = pool;
  const { id } = pool.specification;
  const nodes = [...pool.nodes];
  const creating = nodes.filter(({ state }) => state === 'creating').length;
  const draining = nodes.filter(({ pending }) => pending === 'remove');
  const leaving = draining.length + nodes.filter(({ state }) => state === 'leavingpool').length;
  if (creating !== nodesCreating || leaving !== nodesLeaving) {
    wrong.push(
      `pool ${id}: ${creating} nodes creating, ${leaving} leaving; ${nodesCreating}, ${nodesLeaving} counted`,
    );
  }
  if (allocationState === 'resizing' && creating + leaving === 0) {
    wrong.push(`pool ${id}: is resizing and waits for nothing`);
  }
  if (allocationState !== 'resizing' && draining.length > 0) {
    wrong.push(`pool ${id}: is ${allocationState} with ${draining.length} nodes draining`);
  }
  if (allocationState === 'steady' && creating > 0) {
    wrong.push(`pool ${id}: is steady with ${creating} nodes creating`);
  }
  if (allocationState !== 'resizing' && resizeDeadline !== undefined) {
    wrong.push(`pool ${id}: is ${allocationState} with a deadline`);
  }
  if (allocationState !== 'resizing' && pool.quotaErrors.length > 0) {
    wrong.push(`pool ${id}: is ${allocationState} with errors of the resize under way`);
  }
  if (allocationState !== 'steady' && resizeErrors.length > 0) {
    wrong.push(`pool ${id}: is ${allocationState} with resize errors`);
  }
  return wrong;
}

function checkQueues(world: World, job: Job): string[] {
  const wrong: string[] = [];
  const { id, priority } = job.specification;
  const pool = world.poolOf(job);
  let smallest = Infinity;
  let smallestGang = Infinity;
  for (const ready of job.classes) {
    let live = 0;
    for (const part of [Part.front, Part.middle, Part.back]) {
      for (const { row, count } of readyRanges(world, ready, part)) {
        for (let at = row; at < row + count; at++) {
          const flags = job.rows.get(at, Word.flags);
          if ((flags & Flag.stale) !== 0) continue;
          live++;
          if (at < job.agedRows) wrong.push(`job ${id}, task ${job.idOf(at)}: queued, and too old`);
          if ((flags & stateMask) !== TaskState.active || job.isWaiting(at)) {
            wrong.push(`job ${id}, task ${job.idOf(at)}: queued but not ready`);
          }
        }
      }
    }
    const counted = world.classes.live(ready.at);
    if (live !== counted) wrong.push(`job ${id}: ${live} tasks queued, ${counted} counted`);
    if (live === 0) continue;
    if (ready.instances === 0) smallest = Math.min(smallest, ready.slots);
    else smallestGang = Math.min(smallestGang, ready.instances);
  }
  const { jobManager } = job;
  if (jobManager?.waits !== undefined) {
    const { requiredSlots } = job.limitsOf(jobManager.row);
    smallest = jobManager.waits === 'first' ? requiredSlots : Math.min(smallest, requiredSlots);
    smallestGang = Infinity;
  }
  for (const ring of pool !== undefined && pool.state !== 'deleting' ? pool.rings : []) {
    const expected = job.state === 'active' && !job.isFull && ring.slots >= smallest;
    if (ring.has(rankOf(priority), job.number) !== expected) {
      wrong.push(`job ${id}: in the ring of ${ring.slots} slots is ${!expected}`);
    }
  }
  for (const ring of pool !== undefined && pool.state !== 'deleting'
    ? (pool.gangs?.rings ?? [])
    : []) {
    const expected = job.state === 'active' && !job.isFull && ring.slots >= smallestGang;
    if (ring.has(rankOf(priority), job.number) !== expected) {
      wrong.push(`job ${id}: in the ring of ${ring.slots} instances is ${!expected}`);
    }
  }
  return wrong;
}
