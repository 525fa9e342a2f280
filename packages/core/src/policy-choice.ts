import { BatchError } from './errors.ts';
import type { Job } from './job.ts';
import { nodeId } from './node.ts';
import type { CandidateJob, CandidateNode, JobOrderPolicy, PlacementPolicy } from './policy.ts';
import type { Pool } from './pool.ts';
import type { World } from './world.ts';

/*
 * How policies that are not built in are asked: with plain data, all of it made anew, and their answers checked.
 */

/**
 * Number of the node for a task of so many slots. Some node has room; `avoid`: ordinal of the one to be taken only
 * if there is no other, −1: none; `isOpen`: those that may be taken at all, one of which has room.
 */
export function chooseNode(
  world: World,
  pool: Pool,
  policy: PlacementPolicy,
  job: Job,
  requiredSlots: number,
  avoid: number,
  isOpen: (ordinal: number) => boolean = () => true,
): number {
  const roomy: CandidateNode[] = [];
  for (const { ordinal, freeSlots, isDedicated } of pool.nodes) {
    if (!pool.hasRoom(ordinal, requiredSlots) || !isOpen(ordinal)) continue;
    const totalSlots = pool.specification.taskSlotsPerNode;
    roomy.push({ number: ordinal, usedSlots: totalSlots - freeSlots, totalSlots, isDedicated });
  }
  const others = roomy.filter(({ number }) => number !== avoid);
  const nodes = others.length > 0 ? others : roomy;
  const task = { pool: pool.specification, job: job.specification, requiredSlots };
  const chosen = ask(world, 'placement', policy.name, () => policy.choose(nodes, task));
  if (nodes.some(({ number }) => number === chosen)) return pool.nodes.number(chosen);
  const { id } = pool.specification;
  const node = [...pool.nodes].find(({ ordinal }) => ordinal === chosen);
  const given = node === undefined ? `${describe(chosen)}, which is no node` : nodeId(node);
  throw fail(
    world,
    `The placement policy "${policy.name}" chose ${given} of pool "${id}" for a task of job "${job.specification.id}" that needs ${requiredSlots} slots, and may choose ${nodes.map(({ number }) => number).join(', ')}.`,
  );
}

/** Number of the job to be served next among those of a rank. */
export function chooseJob(
  world: World,
  pool: Pool,
  policy: JobOrderPolicy,
  rank: number,
  numbers: Iterable<number>,
): number {
  const jobs: CandidateJob[] = [];
  for (const number of numbers) {
    const { specification: job, creationTime, live, tasks } = world.jobs[number]!;
    jobs.push({ number, job, creationTime, readyTasks: live, runningTasks: tasks.running });
  }
  const turn = { pool: pool.specification, lastServed: pool.cursors[rank]! };
  const chosen = ask(world, 'jobOrder', policy.name, () => policy.choose(jobs, turn));
  if (jobs.some(({ number }) => number === chosen)) return chosen;
  const { id } = pool.specification;
  throw fail(
    world,
    `The jobOrder policy "${policy.name}" chose ${describe(chosen)} in pool "${id}", and may choose a job of number ${jobs.map(({ number }) => number).join(', ')}.`,
  );
}

/** The jobs of a rank as they would be served if none of them had anything left after its turn. */
export function inOrder(
  world: World,
  pool: Pool,
  policy: JobOrderPolicy,
  rank: number,
  numbers: Iterable<number>,
): number[] {
  const left = new Set(numbers);
  const order: number[] = [];
  while (left.size > 0) {
    const next = chooseJob(world, pool, policy, rank, left);
    order.push(next);
    left.delete(next);
  }
  return order;
}

function ask(world: World, kind: string, name: string, choose: () => number): number {
  try {
    return choose();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw fail(world, `The ${kind} policy "${name}" failed: ${said}`, error);
  }
}

function fail(world: World, message: string, cause?: unknown): BatchError {
  const failure = new BatchError({
    code: 'PolicyFailed',
    message: `${message} The engine does nothing more: correct the policy, and replay the history.`,
  });
  if (cause !== undefined) failure.cause = cause;
  world.policies.failure = failure;
  return failure;
}

function describe(chosen: unknown): string {
  return typeof chosen === 'number'
    ? String(chosen)
    : `something that is no number (${typeof chosen})`;
}
