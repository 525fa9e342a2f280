import type { Gang } from './gang.ts';
import { liveRuns, primaryOf } from './gang.ts';
import { Ending } from './run-table.ts';
import { Word } from './task-rows.ts';
import type { World } from './world.ts';

/** semantics §9 */
export function brokenGangs(world: World): string[] {
  const wrong = world.gangs.all().flatMap((gang) => broken(world, gang));
  for (const run of world.runs) {
    if (world.runs.isInstance(run) !== (world.gangs.of(run) !== undefined)) {
      wrong.push(`run ${run}: is an instance of no gang, or no instance of its gang`);
    }
  }
  return wrong;
}

function broken(world: World, gang: Gang): string[] {
  const wrong: string[] = [];
  const job = world.jobs[gang.job];
  if (job === undefined) return [`a gang of job ${gang.job}: that is gone`];
  const name = `gang of task ${job.idOf(gang.row)}`;
  const primary = primaryOf(gang);
  const isOver = primary === -1;
  const live = liveRuns(gang);
  if (live.length === 0) wrong.push(`${name}: is kept without instances`);
  const nodes = new Set(gang.instances.map(({ node }) => node));
  if (nodes.size < gang.instances.length) wrong.push(`${name}: has two instances on a node`);
  if (!isOver && job.rows.get(gang.row, Word.runOrExitCode) !== primary) {
    wrong.push(`${name}: its task runs otherwise`);
  }
  if (!isOver && job.rareOf(gang.row)?.gang !== gang) wrong.push(`${name}: its task has another`);
  if (new Set(live.map((run) => world.runs.isPreparing(run))).size > 1) {
    wrong.push(`${name}: runs on some nodes, and waits on others`);
  }
  const isEnding = isOver || world.runs.ending(primary) !== Ending.none;
  for (const { run, node } of gang.instances) {
    if (run === -1) continue;
    if (world.runs.node(run) !== node) wrong.push(`${name}: run ${run} is on another node`);
    if (world.runs.task(run) !== gang.row || world.runs.job(run) !== gang.job) {
      wrong.push(`${name}: run ${run} is another task's`);
    }
    if ((world.runs.ending(run) !== Ending.none) !== isEnding) {
      wrong.push(`${name}: run ${run} ${isEnding ? 'goes on' : 'has been told to end'}`);
    }
  }
  if (!isEnding && live.length < gang.instances.length) {
    wrong.push(`${name}: goes on with ${live.length} of ${gang.instances.length} instances`);
  }
  const together = gang.instances.every(({ coordinated }) => coordinated);
  if (!isEnding && together !== gang.commandStarted) {
    wrong.push(`${name}: its command ${together ? 'has not started' : 'has started too early'}`);
  }
  return wrong;
}
