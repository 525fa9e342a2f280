import { admits } from './careful-placement.ts';
import { displaceRuns } from './displacement.ts';
import type { Job } from './job.ts';
import { isJobManager } from './job-manager.ts';
import type { Node } from './node.ts';
import type { Pool } from './pool.ts';
import { Ending } from './run-table.ts';
import type { World } from './world.ts';

/*
 * A job manager that starts again and finds no room makes it (ruling 15 d).
 */

/**
 * Displaces what has to go so that the job manager of a job, which has started before, fits a node; that node, or
 * `undefined`: there is room, or none can be made.
 */
export function makeRoomForJobManager(world: World, pool: Pool, job: Job): Node | undefined {
  const { jobManager } = job;
  if (jobManager?.waits !== 'again') return undefined;
  const { requiredSlots } = job.limitsOf(jobManager.row);
  const { taskSlotsPerNode } = pool.specification;
  const isExclusive = job.specification.jobManagerTask?.runExclusive === true;
  let best: { node: Node; runs: number[] } | undefined;
  for (const node of pool.nodes) {
    if (!node.takesTasks || !admits(world, job, jobManager.row, node.number)) continue;
    const runs = whatMayGo(world, node, job);
    let free = node.freeSlots;
    let count = 0;
    const isEnough = (): boolean =>
      isExclusive ? free === taskSlotsPerNode : free >= requiredSlots;
    while (!isEnough() && count < runs.length) free += world.runs.slots(runs[count++]!);
    if (!isEnough()) continue;
    if (count === 0) return undefined;
    if (best === undefined || count < best.runs.length) best = { node, runs: runs.slice(0, count) };
  }
  if (best === undefined) return undefined;
  displaceRuns(world, best.runs);
  return best.node;
}

/** Of its own job first, then of jobs of lower priority, the lowest first; each time the latest start first. */
function whatMayGo(world: World, node: Node, job: Job): number[] {
  const { runs } = world;
  const jobOf = (run: number): Job => world.jobs[runs.job(run)]!;
  const priorityOf = (run: number): number => jobOf(run).specification.priority;
  const createdAt = (run: number): number => jobOf(run).creationTimeOf(runs.task(run));
  const isOther = (run: number): boolean => runs.job(run) !== job.number;
  return [...node.runs()]
    .filter(
      (run) =>
        (!isOther(run) || priorityOf(run) < job.specification.priority) &&
        !isJobManager(jobOf(run), runs.task(run)) &&
        runs.ending(run) === Ending.none,
    )
    .sort(
      (a, b) =>
        Number(isOther(a)) - Number(isOther(b)) ||
        priorityOf(a) - priorityOf(b) ||
        Number(runs.isPreparing(b)) - Number(runs.isPreparing(a)) ||
        runs.start(b) - runs.start(a) ||
        createdAt(b) - createdAt(a) ||
        runs.job(b) - runs.job(a) ||
        runs.task(b) - runs.task(a),
    );
}
