import { parseDisableSchedulingOption, parseRestartOption } from '@berth/core/spec';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';

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
