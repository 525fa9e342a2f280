import type { Gang } from './gang.ts';
import { primaryOf } from './gang.ts';
import { TaskTrigger } from './machines.ts';
import { noteStart } from './preparing-runs.ts';
import { retryStarts, startClock } from './run-start.ts';
import { Flag, Word } from './task-rows.ts';
import { jobOf, move, setStart } from './task-transitions.ts';
import type { World } from './world.ts';

/**
 * The instances of a multi-instance task start, all at once: when they are placed, or when the last of their nodes is
 * prepared for its job (semantics §9, rule 4).
 */
export function startGang(world: World, gang: Gang): void {
  const { runs, now } = world;
  const { row } = gang;
  const primary = primaryOf(gang);
  const taskClass = runs.class(primary);
  const job = jobOf(world, taskClass);
  const words = job.rows.touch(row);
  const at = job.rows.offset(row);
  const trigger = runs.isPreparing(primary) ? TaskTrigger.begin : TaskTrigger.place;
  const flags = move(world, taskClass, row, words[at + Word.flags]!, trigger);
  words[at + Word.flags] = retryStarts(world, taskClass, row, flags) | Flag.hasStart;
  setStart(words, at, now - job.creationTime);
  gang.startTime = now;
  const { mustSync } = world.pools[world.nodes[runs.node(primary)]!.pool]!;
  for (const [id, { run, node }] of gang.instances.entries()) {
    if (runs.isPreparing(run)) runs.begin(run, world.nextSequence(), now);
    noteStart(world, job, node);
    world.recentStarts.note(node, job.number, row, id);
  }
  startClock(world, taskClass, row, primary);
  for (const { run, node } of gang.instances) {
    world.effects.startRun(node, run, runs.sequence(run), mustSync);
  }
}

/** Whether the preparation of its job is done with on all of its nodes. */
export function isPrepared(world: World, { job, instances }: Gang): boolean {
  const byNode = world.jobs[job]?.onNodes?.byNode;
  return instances.every(({ node }) => byNode?.get(node)?.isPrepared === true);
}
