import type { FloorWorld } from './dispatch-floor.ts';
import { floorWorld, runFloor } from './dispatch-floor.ts';
import type { Load } from './dispatch-load.ts';
import { EngineLives } from './dispatch-load.ts';
import type { Contender } from './measure.ts';

/** The load in the bare loop. */
export function floorContender(load: Load): Contender {
  let world: FloorWorld | undefined;
  let completed = 0;
  return {
    name: 'floor: bare loop',
    before() {
      world = floorWorld(load);
    },
    run() {
      if (world !== undefined) completed = runFloor(world);
    },
    after() {
      world = undefined;
      if (completed !== load.tasks) throw new Error(`${completed} of ${load.tasks} tasks ended`);
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
      lives = undefined;
    },
  };
}
