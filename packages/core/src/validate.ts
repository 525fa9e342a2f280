import type { Job } from './job.ts';
import type { Node } from './node.ts';
import { nodeId } from './node.ts';
import type { Pool } from './pool.ts';
import { rankOf } from './pool.ts';
import { Flag, stateMask, TaskState, Word } from './task-rows.ts';
import type { World } from './world.ts';

/** Every invariant over the whole state that does not hold, as a sentence. */
export function validate(world: World): string[] {
  const wrong: string[] = [];
  for (const node of world.nodes) {
    if (node.state !== 'gone') wrong.push(...checkNode(world, node));
  }
  for (const job of world.jobs) if (job !== undefined) wrong.push(...checkJob(world, job));
  for (const pool of world.pools) if (pool !== undefined) wrong.push(...checkIndexes(world, pool));
  for (const run of world.runs) {
    const job = world.jobs[world.runs.job(run)];
    const row = world.runs.task(run);
    if (job === undefined || job.rows.get(row, Word.runOrExitCode) !== run) {
      wrong.push(`run ${run}: its task does not name it`);
    }
  }
  return wrong;
}

function checkNode(world: World, node: Node): string[] {
  const pool = world.pools[node.pool];
  if (pool === undefined) return [`${nodeId(node)}: its pool is gone, it is not`];
  let slots = 0;
  let tasks = 0;
  for (const run of world.runs) {
    if (world.runs.node(run) !== node.number) continue;
    slots += world.runs.slots(run);
    tasks++;
  }
  const wrong: string[] = [];
  const free = pool.specification.taskSlotsPerNode - slots;
  if (free < 0) wrong.push(`${nodeId(node)}: ${slots} slots are taken`);
  if (free !== node.freeSlots)
    wrong.push(`${nodeId(node)}: ${free} free, ${node.freeSlots} counted`);
  if (tasks !== node.runningTasksCount) wrong.push(`${nodeId(node)}: runs ${tasks} tasks`);
  if ((node.state === 'running') !== tasks > 0) {
    wrong.push(`${nodeId(node)}: is ${node.state} with ${tasks} tasks`);
  }
  return wrong;
}

function checkJob(world: World, job: Job): string[] {
  const wrong: string[] = [];
  const tally = { gone: 0, running: 0, succeeded: 0, failed: 0 };
  for (let row = 0; row < job.rowCount; row++) {
    const flags = job.rows.get(row, Word.flags);
    switch (flags & stateMask) {
      case TaskState.active:
        break;
      case TaskState.running: {
        tally.running++;
        const run = job.rows.get(row, Word.runOrExitCode);
        if (world.runs.job(run) !== job.number || world.runs.task(run) !== row) {
          wrong.push(`task ${job.idOf(row)}: running without its run`);
        }
        break;
      }
      case TaskState.completed:
        if (((flags & Flag.success) !== 0) === ((flags & Flag.failure) !== 0)) {
          wrong.push(`task ${job.idOf(row)}: completed without one result`);
        }
        tally[(flags & Flag.success) === 0 ? 'failed' : 'succeeded']++;
        break;
      case TaskState.gone:
        tally.gone++;
        break;
      default:
        wrong.push(`task ${job.idOf(row)}: in a state that it cannot have`);
    }
  }
  for (const [name, count] of Object.entries(tally)) {
    const counted = job.tasks[name as keyof typeof tally];
    if (count !== counted) {
      wrong.push(`job ${job.specification.id}: ${count} tasks ${name}, ${counted} counted`);
    }
  }
  if (tally.running !== job.runs) {
    wrong.push(`job ${job.specification.id}: ${tally.running} run, ${job.runs} runs counted`);
  }
  return wrong;
}

function checkIndexes(world: World, pool: Pool): string[] {
  const wrong: string[] = [];
  for (const node of pool.nodes.values()) {
    const takes = node.state === 'idle' || node.state === 'running';
    pool.byFreeSlots.forEach((nodes, free) => {
      const expected = takes && free === node.freeSlots;
      if (nodes.has(node.ordinal) !== expected) {
        wrong.push(`${nodeId(node)}: in bucket ${free} is ${!expected}, must be ${expected}`);
      }
    });
  }
  pool.byFreeSlots.forEach((nodes, free) => {
    if (pool.freeLevels.has(free) !== nodes.size > 0) wrong.push(`level ${free} is wrong`);
  });
  for (const job of world.jobs) {
    if (job === undefined) continue;
    for (const ready of job.classes) {
      let live = 0;
      for (const part of ready.parts) {
        for (const { row, count } of part.ranges()) {
          for (let at = row; at < row + count; at++) {
            const flags = job.rows.get(at, Word.flags);
            if ((flags & Flag.stale) !== 0) continue;
            live++;
            if ((flags & stateMask) !== TaskState.active || job.isWaiting(at)) {
              wrong.push(`job ${job.specification.id}, task ${job.idOf(at)}: queued but not ready`);
            }
          }
        }
      }
      if (live !== ready.live) {
        wrong.push(`job ${job.specification.id}: ${live} tasks queued, ${ready.live} counted`);
      }
      if (job.pool !== pool.number) continue;
      const ringed =
        pool.ring(ready.slots).jobs(rankOf(job.specification.priority))?.has(job.number) ?? false;
      if (ringed !== (ready.live > 0 && job.state === 'active' && pool.state === 'active')) {
        wrong.push(`job ${job.specification.id}: ring of ${ready.slots} slots is ${ringed}`);
      }
    }
  }
  return wrong;
}
