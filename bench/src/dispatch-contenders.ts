import type { FloorLives, FloorWorld } from './dispatch-floor.ts';
import { floorWorld, runFloor } from './dispatch-floor.ts';
import type { Load } from './dispatch-load.ts';
import { EngineLives } from './dispatch-load.ts';
import type { Contender } from './measure.ts';

/*
 * What the last turn made stays alive until the next, as an engine does in a process that uses it. V8 throws
 * compiled code away with the last object or closure that it was compiled for, so with the collections between
 * turns every turn would begin with the compiler. Of large loads it is the warm-up's that stays: a second world
 * of as many jobs would be marked at every collection.
 */
const kept = new Map<string, FloorLives | EngineLives>();
const mostTasksKept = 1_000_000;
const mostJobsKept = 1_000;

function keepLast(
  name: string,
  { tasks, jobs, blockedJobs }: Load,
  lives: FloorLives | EngineLives | undefined,
): void {
  if (lives === undefined || tasks > mostTasksKept || jobs + blockedJobs > mostJobsKept) return;
  kept.set(name, lives);
}

/** The load in the bare loop. */
export function floorContender(load: Load): Contender {
  let world: FloorWorld | undefined;
  let lives: FloorLives | undefined;
  return {
    name: 'floor: bare loop',
    before() {
      world = floorWorld(load);
    },
    run() {
      if (world !== undefined) lives = runFloor(world);
    },
    after() {
      const completed = lives?.completed();
      if (completed !== load.tasks) throw new Error(`${completed} of ${load.tasks} tasks ended`);
      keepLast('floor', load, lives);
      world = undefined;
      lives = undefined;
    },
  };
}

/** The load through the engine: the pool is made before the clock starts, invariants are checked after. */
export function engineContender(load: Load, name = 'Engine.apply'): Contender {
  let lives: EngineLives | undefined;
  return {
    name,
    before() {
      lives = new EngineLives(load);
    },
    run() {
      lives?.submit();
      lives?.run();
    },
    after() {
      lives?.audit();
      keepLast('engine', load, lives);
      lives = undefined;
    },
  };
}
