import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentSetting, RunDetails } from '@berth/core';

/*
 * What an instance of a multi-instance task knows of the others (semantics §4.2, §9).
 */

/** Where a node is, for the other nodes of its pool. */
export interface NodePlace {
  address: string;
  cores: number;
}

/** Where the primary may listen, as the service has it. */
const masterPort = 6000;
const lookEveryMs = 100;

/** The nodes of all instances; one that is not reached yet is awaited. */
export async function peersOf(
  nodeIds: readonly string[],
  placeOf: (nodeId: string) => NodePlace | undefined,
  signal: AbortSignal,
): Promise<NodePlace[]> {
  for (;;) {
    const places = nodeIds.flatMap((nodeId) => placeOf(nodeId) ?? []);
    if (places.length === nodeIds.length) return places;
    await sleep(lookEveryMs, undefined, { signal });
  }
}

/** `directory`: of the task. Nothing for a run that is no instance. */
export function instanceEnvironment(
  { multiInstance }: RunDetails,
  peers: readonly NodePlace[],
  directory: string,
): EnvironmentSetting[] {
  if (multiInstance === undefined) return [];
  const addresses = peers.map(({ address }) => address);
  const cores = peers.flatMap((peer) => [peer.address, peer.cores]);
  return [
    { name: 'AZ_BATCH_TASK_SHARED_DIR', value: directory },
    { name: 'AZ_BATCH_NODE_LIST', value: addresses.join(';') },
    { name: 'AZ_BATCH_HOST_LIST', value: addresses.join(',') },
    { name: 'AZ_BATCH_MASTER_NODE', value: `${addresses[0] ?? ''}:${masterPort}` },
    {
      name: 'AZ_BATCH_IS_CURRENT_NODE_MASTER',
      value: String(multiInstance.instance === 0),
    },
    { name: 'CCP_NODES', value: [peers.length, ...cores].join(' ') },
  ];
}
