import { mayStillEnd } from './gang-end.ts';
import type { Node } from './node.ts';
import { endRun, lost } from './run-end.ts';
import { Ending } from './run-table.ts';
import type { World } from './world.ts';

/*
 * What becomes of all that runs on some nodes when the nodes, and the processes with them, are no more.
 */

/** Their tasks are active again; `why`: `lost` or `requeued` of run-end.ts. */
export function requeueRuns(world: World, nodes: readonly Node[], why: number): void {
  for (const run of runsOf(world, nodes)) endRun(world, run, undefined, why, undefined);
}

/** Their tasks complete as ended by a user. */
export function terminateRuns(world: World, nodes: readonly Node[]): void {
  for (const run of runsOf(world, nodes)) {
    const ending = world.runs.ending(run);
    if (ending === Ending.none || mayStillEnd(ending)) {
      world.runs.setEnding(run, Ending.byUser);
    }
    endRun(world, run, undefined, lost, undefined);
  }
}

/** By creation: those of one input go to the front of their jobs' queues in that order (semantics §3.3). */
function runsOf(world: World, nodes: readonly Node[]): number[] {
  const { runs } = world;
  const concerned = nodes.flatMap((node) => [...node.runs()]);
  return concerned.sort((a, b) => runs.job(a) - runs.job(b) || runs.task(a) - runs.task(b));
}
