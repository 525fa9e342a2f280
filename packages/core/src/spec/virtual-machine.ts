import type { z } from 'zod';
import type { VirtualMachineConfiguration } from '../specification.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { choice, text } from './scalars.ts';

const name = text((value) => value.trim() !== '', 'must not be empty');

/** What a pool's nodes run. semantics §1.2, ruling 21 */
export const virtualMachineConfiguration: z.ZodType<VirtualMachineConfiguration> = entity(
  {
    osType: choice(['linux', 'windows']).optional(),
    nodeAgentSKUId: name.optional(),
    imageReference: entity({
      publisher: name.optional(),
      offer: name.optional(),
      sku: name.optional(),
      version: name.optional(),
      virtualMachineImageId: name.optional(),
    }).optional(),
  },
  {
    notBuiltYet: {
      containerConfiguration: [],
      dataDisks: [[]],
      diskEncryptionConfiguration: [],
      extensions: [[]],
      licenseType: [],
      nodePlacementConfiguration: [],
      osDisk: [],
      windowsConfiguration: [{ enableAutomaticUpdates: true }],
    },
  },
).transform(({ osType, nodeAgentSKUId, imageReference }, ctx): VirtualMachineConfiguration => {
  const named = nodeAgentSKUId === undefined ? undefined : osTypeOf(nodeAgentSKUId);
  if (osType !== undefined && named !== undefined && osType !== named) {
    const reason = `must be "${named}", as nodeAgentSKUId says, or be left out`;
    ctx.issues.push(issue(osType, reason, {}, ['osType']));
  }
  return {
    osType: osType ?? named ?? 'linux',
    ...(nodeAgentSKUId !== undefined && { nodeAgentSKUId }),
    ...(imageReference !== undefined && { imageReference }),
  };
});

function osTypeOf(nodeAgentSKUId: string): 'linux' | 'windows' {
  return /windows/i.test(nodeAgentSKUId) ? 'windows' : 'linux';
}
