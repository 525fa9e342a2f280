import {
  parseAutoScaleSettings,
  parseNodeRemoval,
  parsePool,
  parsePoolPatch,
  parsePoolProperties,
  parsePoolResize,
  parseUpgradeOS,
} from '@berth/core/spec';
import type { ScenarioCommand } from './commands.ts';
import { poolDoor, throughDoor } from './door.ts';
import { parseIds } from './id-list.ts';
import {
  autoscaleOptions,
  poolOptions,
  poolPatchOptions,
  removalOptions,
  resizeOptions,
  restBody,
} from './rest-body.ts';

const seal = (secret: string): string => `handle-of-${secret.length}`;

/** `node-1,node-3..5` */
function nodeIds(text: string): string[] {
  return text.split(',').flatMap((item) => {
    const [, first, last] = /^node-(\d+)\.\.(\d+)$/.exec(item) ?? [];
    if (first === undefined) return [item];
    return parseIds(`${first}..${last}`).map((ordinal) => `node-${ordinal}`);
  });
}

export const poolCommands: Record<string, ScenarioCommand> = {
  'add pool'(world, line) {
    const id = line.word('an id');
    const body = restBody(line, poolOptions, { id, vmSize: 'local' });
    if ('autoScaleFormula' in body) body['enableAutoScale'] = true;
    else body['targetDedicatedNodes'] ??= 1;
    line.end();
    throughDoor(world, () => ({ type: 'addPool', pool: parsePool(body, { ...poolDoor, seal }) }));
  },
  'patch pool'(world, line) {
    const poolId = line.word('an id');
    const body = restBody(line, poolPatchOptions, {});
    line.end();
    throughDoor(world, () => ({ type: 'patchPool', poolId, patch: parsePoolPatch(body) }));
  },
  'update pool'(world, line) {
    const poolId = line.word('an id');
    const body = restBody(line, poolPatchOptions, {});
    line.end();
    throughDoor(world, () => ({
      type: 'updatePoolProperties',
      poolId,
      properties: parsePoolProperties(body),
    }));
  },
  'resize pool'(world, line) {
    const poolId = line.word('an id');
    const body = restBody(line, resizeOptions, {});
    line.end();
    throughDoor(world, () => ({ type: 'resizePool', poolId, resize: parsePoolResize(body) }));
  },
  /** `os versions 4 1,2`: what the executor has of OS family 4, the newest last. */
  'os versions'(world, line) {
    const osFamily = line.word('an OS family');
    const versions = line.word('versions').split(',');
    const executor = line.option('executor') ?? 'local';
    line.end();
    world.send({ type: 'setOSVersions', executor, osFamily, versions });
  },
  'upgrade os'(world, line) {
    const poolId = line.word('an id');
    const body = { targetOSVersion: line.option('version') };
    line.end();
    throughDoor(world, () => ({ type: 'upgradeOS', poolId, ...parseUpgradeOS(body) }));
  },
  'enable autoscale'(world, line) {
    const poolId = line.word('an id');
    const body = restBody(line, autoscaleOptions, {});
    line.end();
    throughDoor(world, () => ({
      type: 'enableAutoScale',
      poolId,
      settings: parseAutoScaleSettings(body),
    }));
  },
  'disable autoscale'(world, line) {
    const poolId = line.word('an id');
    line.end();
    world.send({ type: 'disableAutoScale', poolId });
  },
  'stop resize'(world, line) {
    const poolId = line.word('an id');
    line.end();
    world.send({ type: 'stopResize', poolId });
  },
  'remove nodes'(world, line) {
    const [poolId, ids] = line.pair('the nodes');
    const body = restBody(line, removalOptions, { nodeList: nodeIds(ids) });
    line.end();
    throughDoor(world, () => ({ type: 'removeNodes', poolId, removal: parseNodeRemoval(body) }));
  },
  'delete pool'(world, line) {
    const poolId = line.word('an id');
    line.end();
    world.send({ type: 'deletePool', poolId });
  },
};
