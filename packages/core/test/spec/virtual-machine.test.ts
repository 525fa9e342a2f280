import { describe, expect, it } from 'vitest';
import { parsePool } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const least = { id: 'p', vmSize: 'A4', targetDedicatedNodes: 2 };
const machine = (virtualMachineConfiguration: object): unknown =>
  parsePool({ ...least, virtualMachineConfiguration }).virtualMachineConfiguration;

describe('what the nodes of a pool run', () => {
  it('is linux unless the node agent says otherwise', () => {
    expect(machine({})).toEqual({ osType: 'linux' });
    const nodeAgentSKUId = 'batch.node.windows amd64';
    expect(machine({ nodeAgentSKUId })).toEqual({ osType: 'windows', nodeAgentSKUId });
  });

  it('is refused where system and node agent do not fit', () => {
    const given = { osType: 'windows', nodeAgentSKUId: 'batch.node.ubuntu 22.04' };
    expect(refusalOf(() => machine(given))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'virtualMachineConfiguration.osType',
    });
  });

  it('keeps the image for the executor', () => {
    const imageReference = {
      publisher: 'canonical',
      offer: 'ubuntu',
      sku: '22_04',
      version: 'latest',
    };
    expect(machine({ imageReference })).toEqual({ osType: 'linux', imageReference });
  });
});

it('nodes that can reach one another are asked for by true alone', () => {
  const { enableInterNodeCommunication } = parsePool({
    ...least,
    enableInterNodeCommunication: true,
  });
  expect(enableInterNodeCommunication).toBe(true);
  expect(parsePool({ ...least, enableInterNodeCommunication: false })).toEqual(parsePool(least));
});
