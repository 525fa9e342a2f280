import { parsePool } from '@berth/core/spec';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';
import { poolOptions, restBody } from './rest-body.ts';

/** Starts on this machine need no sync before them. */
const durabilityOf = (executor: string): 'written' | 'synced' =>
  executor === 'local' ? 'written' : 'synced';

export const poolCommands: Record<string, ScenarioCommand> = {
  'add pool'(world, line) {
    const id = line.word('an id');
    const body = restBody(line, poolOptions, { id, vmSize: 'local', targetDedicatedNodes: 1 });
    line.end();
    throughDoor(world, () => ({ type: 'addPool', pool: parsePool(body, { durabilityOf }) }));
  },
  'delete pool'(world, line) {
    const poolId = line.word('an id');
    line.end();
    world.send({ type: 'deletePool', poolId });
  },
};
