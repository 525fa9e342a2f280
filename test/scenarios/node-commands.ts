import { parseDisableSchedulingOption, parseNodeUser, parseRestartOption } from '@berth/core/spec';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';
import { restBody, userOptions } from './rest-body.ts';
import { scenarioStart } from './scenario-world.ts';
import { formatSpan } from './time-span.ts';

/** What users ask of single nodes. */
export const nodeCommands: Record<string, ScenarioCommand> = {
  'disable node'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    const option = line.option('option') ?? 'requeue';
    line.end();
    throughDoor(world, () => ({
      type: 'disableScheduling',
      poolId,
      nodeId,
      nodeDisableSchedulingOption: parseDisableSchedulingOption(option),
    }));
  },
  'enable node'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    line.end();
    world.send({ type: 'enableScheduling', poolId, nodeId });
  },
  'deallocate node'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    const option = line.option('option') ?? 'requeue';
    line.end();
    throughDoor(world, () => ({
      type: 'deallocateNode',
      poolId,
      nodeId,
      nodeDeallocateOption: parseRestartOption(option),
    }));
  },
  'start node'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    line.end();
    world.send({ type: 'startNode', poolId, nodeId });
  },
  'add user'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    const user = restBody(line, userOptions, { password: 'secret' });
    line.end();
    throughDoor(world, () => ({
      type: 'addNodeUser',
      poolId,
      nodeId,
      user: parseNodeUser(user, { seal: () => 'handle' }),
    }));
  },
  'update user'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    const user = restBody(line, userOptions, { password: 'secret' });
    line.end();
    throughDoor(world, () => ({
      type: 'updateNodeUser',
      poolId,
      nodeId,
      user: parseNodeUser(user, { seal: () => 'handle' }),
    }));
  },
  'delete user'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    const userName = line.option('name') ?? '';
    line.end();
    world.send({ type: 'deleteNodeUser', poolId, nodeId, userName });
  },
  'show users'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    line.end();
    for (const { name, isAdmin, expiryTime } of world.engine.queries.nodeUsers(poolId, nodeId) ??
      []) {
      const expiry = formatSpan(Date.parse(expiryTime) - scenarioStart);
      world.say(`${name}${isAdmin ? ' admin' : ''} expiryTime=${expiry}`);
    }
  },
  'reboot node'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    const option = line.option('option') ?? 'requeue';
    line.end();
    throughDoor(world, () => ({
      type: 'rebootNode',
      poolId,
      nodeId,
      nodeRebootOption: parseRestartOption(option),
    }));
  },
  'reimage node'(world, line) {
    const [poolId, nodeId] = line.pair('the node');
    const option = line.option('option') ?? 'requeue';
    line.end();
    throughDoor(world, () => ({
      type: 'reimageNode',
      poolId,
      nodeId,
      nodeReimageOption: parseRestartOption(option),
    }));
  },
};
