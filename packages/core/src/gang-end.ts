import type { Gang, Instance } from './gang.ts';
import { liveRuns, placeOf, primaryOf } from './gang.ts';
import { considerRunsGone, killReason } from './job-end.ts';
import { emptied } from './node-boot.ts';
import { NodeWord } from './node-table.ts';
import { leavePreparing } from './preparing-runs.ts';
import { displaced, endRun, lost, requeued } from './run-end.ts';
import { Ending, Run, runBits } from './run-table.ts';
import { Failure, reportedFrom } from './task-failure.ts';
import type { World } from './world.ts';

/*
 * How a multi-instance task comes to its end (semantics §9, rules 5 to 9). What becomes of the task is decided once,
 * when the run of its primary is over; the others are told to end and hold their nodes until that is confirmed.
 */

/** The run of an instance is over; the arguments are those of {@link endRun}. */
export function endInstance(
  world: World,
  run: number,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
): void {
  const { gang, id } = world.gangs.of(run)!;
  const instance = gang.instances[id]!;
  note(world, instance, exitCode, reported, detail);
  if (id === 0) endPrimary(world, gang, exitCode, reported, detail);
  else {
    const own = world.runs.ending(run);
    vacate(world, gang, instance);
    if (primaryOf(gang) === -1) considerRunsGone(world, world.jobs[gang.job]!);
    else if (own === Ending.none) {
      if (fails(exitCode, reported)) {
        gang.failed ??= failureOf(id, exitCode, reported, detail);
        endGangAs(world, gang, Ending.instanceFailed);
      } else if (reported === requeued) endGangAs(world, gang, Ending.requeued);
      else if (reported === displaced) endGangAs(world, gang, Ending.instanceDisplaced);
      else endGangAs(world, gang, Ending.instanceLost);
    } else if (own === Ending.byUser) endGangAs(world, gang, Ending.byUser);
  }
}

/** Tells all instances to end; what becomes of the task: as of every other (ruling 33), see {@link mayStillEnd}. */
export function endGangAs(world: World, gang: Gang, ending: Ending): void {
  const primary = primaryOf(gang);
  if (primary === -1) return;
  const before = world.runs.ending(primary);
  if (before === Ending.none || (mayStillEnd(before) && !mayStillEnd(ending))) {
    world.runs.setEnding(primary, ending);
  }
  if (world.runs.isPreparing(primary)) {
    leavePreparing(world, primary, 'lost');
    return;
  }
  if (before !== Ending.none) return;
  world.clocks.stop(primary);
  for (const run of liveRuns(gang)) {
    if (run !== primary) world.runs.setEnding(run, ending);
    world.kill(run, killReason(ending));
  }
}

/** Its task goes on, or may: somebody may still end it for good before that is confirmed. */
export function mayStillEnd(ending: Ending): boolean {
  return (
    ending === Ending.requeued ||
    ending === Ending.instanceFailed ||
    ending === Ending.instanceLost ||
    ending === Ending.instanceDisplaced
  );
}

/** Its nodes are somebody else's at once (semantics §3.5). */
export function displaceGang(world: World, gang: Gang): void {
  const { job, row: task } = gang;
  for (const [id, { run, node }] of gang.instances.entries()) {
    if (run === -1) continue;
    world.kill(run, 'ended');
    const sequence = world.runs.sequence(run);
    world.displaced.add({ run, sequence, node, job, task, gang: placeOf(gang, id) });
  }
  const [primary, ...others] = gang.instances;
  for (const instance of others) {
    note(world, instance, undefined, displaced, undefined);
    if (instance.run !== -1) vacate(world, gang, instance);
  }
  endPrimary(world, gang, undefined, displaced, undefined, primary);
}

function endPrimary(
  world: World,
  gang: Gang,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
  primary: Instance = gang.instances[0]!,
): void {
  const { runs } = world;
  const { run } = primary;
  const ending = runs.ending(run);
  runs.setInstance(run, false);
  world.gangs.delete(gang, primary);
  for (const other of liveRuns(gang)) {
    if (runs.ending(other) !== Ending.none) continue;
    runs.setEnding(other, Ending.byUser);
    world.kill(other, 'ended');
  }
  if (ending === Ending.none && fails(exitCode, reported) && !gang.commandStarted) {
    gang.failed ??= failureOf(0, exitCode, reported, detail);
  }
  const { failed } = gang;
  if (failed !== undefined && (ending === Ending.none || ending === Ending.instanceFailed)) {
    runs.setEnding(run, Ending.none);
    world.jobs[gang.job]!.rareFacts(gang.row).failedInstance = failed.id;
    endRun(world, run, failed.exitCode, failed.reported, failed.detail);
  } else if (ending === Ending.instanceLost || ending === Ending.instanceDisplaced) {
    runs.setEnding(run, Ending.none);
    endRun(world, run, undefined, ending === Ending.instanceLost ? lost : displaced, undefined);
  } else if (gang.commandStarted) endRun(world, run, exitCode, reported, detail);
  else if (ending === Ending.none && reported >= 0) endRun(world, run, undefined, lost, undefined);
  // Without having run the commandLine to its end it has no exit code.
  else endRun(world, run, undefined, reported, detail);
}

function fails(exitCode: number | undefined, reported: number): boolean {
  return reported > 0 || (reported === 0 && exitCode !== 0);
}

function failureOf(
  id: number,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
): NonNullable<Gang['failed']> {
  return {
    id,
    ...(exitCode === undefined || reported > 0 ? {} : { exitCode }),
    reported,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** What is told of it from then on (semantics §9). One that has coordinated has done what it had to. */
function note(
  world: World,
  instance: Instance,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
): void {
  const { run } = instance;
  if (run === -1) return;
  instance.endTime = world.now;
  const wasTold = world.runs.ending(run) !== Ending.none || reported < 0;
  if (wasTold && instance.coordinated) instance.exitCode = 0;
  else {
    if (exitCode !== undefined) instance.exitCode = exitCode;
    if (wasTold) instance.failure = Failure.endedByUser;
    else if (reported > 0) instance.failure = reportedFrom + reported;
    else if (exitCode !== 0) instance.failure = Failure.exitCode;
    if (detail !== undefined && reported > 0) instance.failureDetail = detail;
  }
}

/** The run leaves its node, as in {@link endRun}; its task is none of it. */
function vacate(world: World, gang: Gang, instance: Instance): void {
  const { nodeTable, runs } = world;
  const { node, run, failure } = instance;
  const runAt = run << runBits;
  world.gangs.delete(gang, instance);
  runs.words[runAt + Run.sequence] = 0;
  runs.words[runAt + Run.ending] = nodeTable.get(node, NodeWord.nextRun);
  nodeTable.set(node, NodeWord.nextRun, run + 1);
  const count = failure === undefined ? NodeWord.succeeded : NodeWord.otherwiseEnded;
  nodeTable.set(node, count, nodeTable.get(node, count) + 1);
  if (nodeTable.get(node, NodeWord.takesTasks) === 0) {
    nodeTable.set(node, NodeWord.freeSlots, 1);
    emptied(world, world.nodes[node]!);
    return;
  }
  const pool = world.pools[nodeTable.get(node, NodeWord.pool)]!;
  pool.loosen(node, 0);
  nodeTable.set(node, NodeWord.freeSlots, 1);
  world.moveNode(world.nodes[node]!, 'lastTaskGone');
  world.stir(pool);
}
