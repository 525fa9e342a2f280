import type { Command } from '@berth/core';
import { BatchError } from '@berth/core';
import type { PoolOptions } from '@berth/core/spec';
import type { ScenarioWorld } from './scenario-world.ts';

/** Starts on this machine need no sync before them. */
export const poolDoor: PoolOptions = {
  durabilityOf: (executor) => (executor === 'local' ? 'written' : 'synced'),
};

/** Sends the command that the door makes of a body, or says why the door refuses it. */
export function throughDoor(world: ScenarioWorld, make: () => Command): void {
  let command: Command;
  try {
    command = make();
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    world.say(`refused ${error.code}`);
    return;
  }
  world.send(command);
}
