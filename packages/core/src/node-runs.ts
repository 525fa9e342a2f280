import { mayStillEnd } from './gang-end.ts';
import type { Node } from './node.ts';
import { leavePreparing } from './preparing-runs.ts';
import { endRun, lost, requeued } from './run-end.ts';
import { Ending } from './run-table.ts';
import type { World } from './world.ts';

/*
 * What becomes of all that runs on some nodes when the nodes, and the processes with them, are no more.
 */

/** Their tasks are active again; `why`: `lost`, `requeued` or `displaced` of run-end.ts. */
export function requeueRuns(world: World, nodes: readonly Node[], why: number): void {
  for (const run of runsOf(world, nodes)) {
    // It has gone with another instance of its task.
    if (world.runs.sequence(run) === 0) continue;
    if (world.runs.isPreparing(run)) {
      leavePreparing(world, run, reasonOf(why));
    } else endRun(world, run, undefined, why, undefined);
  }
}

function reasonOf(why: number): 'lost' | 'requeued' | 'displaced' {
  if (why === requeued) return 'requeued';
  return why === lost ? 'lost' : 'displaced';
}

/** Their tasks complete as ended by a user. */
export function terminateRuns(world: World, nodes: readonly Node[]): void {
  for (const run of runsOf(world, nodes)) {
    if (world.runs.sequence(run) === 0) continue;
    const ending = world.runs.ending(run);
    if (ending === Ending.none || mayStillEnd(ending)) {
      world.runs.setEnding(run, Ending.byUser);
    }
    if (world.runs.isPreparing(run)) leavePreparing(world, run, 'lost');
    else endRun(world, run, undefined, lost, undefined);
  }
}

/** By creation: those of one input go to the front of their jobs' queues in that order (semantics §3.3). */
export function runsOf(world: World, nodes: readonly Node[]): number[] {
  const { runs } = world;
  const concerned = nodes.flatMap((node) => [...node.runs()]);
  return concerned.sort(
    (a, b) =>
      runs.job(a) - runs.job(b) ||
      runs.task(a) - runs.task(b) ||
      // Instances of one task, the primary first.
      runs.sequence(a) - runs.sequence(b),
  );
}
