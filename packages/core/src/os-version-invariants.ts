import { nodeId } from './node.ts';
import type { World } from './world.ts';

/** semantics §2.1: what does not hold of the OS versions of pools, as sentences. */
export function brokenOSVersions(world: World): string[] {
  const wrong: string[] = [];
  for (const pool of world.pools) {
    if (pool === undefined) continue;
    const { specification, state, currentOSVersion, nextOSVersion, allocationState } = pool;
    const { id } = specification;
    const has = specification.cloudServiceConfiguration !== undefined;
    if (has !== (currentOSVersion !== undefined)) wrong.push(`pool ${id}: has no OS version`);
    if ((state === 'upgrading') !== (nextOSVersion !== undefined)) {
      wrong.push(`pool ${id}: is ${state} and comes to version ${nextOSVersion}`);
    }
    const nodes = [...pool.nodes];
    if (state !== 'upgrading') continue;
    if (allocationState !== 'steady') wrong.push(`pool ${id}: is upgrading and ${allocationState}`);
    if (!nodes.some((node) => node.state === 'reimaging')) {
      wrong.push(`pool ${id}: is upgrading and waits for no node`);
    }
    for (const node of nodes) {
      if (!node.takesTasks || node.osVersion === nextOSVersion) continue;
      wrong.push(`${nodeId(node)}: takes tasks with version ${node.osVersion}`);
    }
  }
  return wrong;
}
