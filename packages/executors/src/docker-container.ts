import { createHash } from 'node:crypto';
import type { NodeDetails, PoolSpecification } from '@berth/core';

/** What a node's container is made with. */
export interface ContainerOptions {
  image: string;
  shell: string;
  /** AZ_BATCH_NODE_ROOT_DIR there; a volume of the container's own. */
  root: string;
  /** Name of the volume. */
  volume: string;
  network: string;
  binds: readonly string[];
  labels: Readonly<Record<string, string>>;
}

/**
 * The first process does nothing but to collect what others leave. It is a shell, since every node has one, and not every
 * engine has an init.
 */
const idle = 'trap "exit 0" TERM; while :; do sleep 86400 & wait $!; done';
const periodUs = 100_000;

/** The body of a request for a node's container. */
export function nodeContainer(node: NodeDetails, options: ContainerOptions): object {
  const { image, shell, root, volume, network, binds, labels } = options;
  return {
    Image: image,
    Hostname: node.nodeId,
    // Whatever the image starts otherwise, and as whom.
    Entrypoint: [shell, '-c', idle],
    Cmd: [],
    User: '0:0',
    WorkingDir: '/',
    Healthcheck: { Test: ['NONE'] },
    Labels: labels,
    HostConfig: {
      NetworkMode: network,
      Binds: binds,
      Mounts: [{ Type: 'volume', Source: volume, Target: root, VolumeOptions: { Labels: labels } }],
      ...limits(node),
    },
    ...(network === 'none' || network === 'host'
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [node.nodeId] } } } }),
  };
}

/** Processor time and memory of the node's size; of `local`, all that the machine has. */
function limits({ nodeSize }: NodeDetails): object {
  if (nodeSize === undefined) return {};
  const { cores, memoryMiB } = nodeSize;
  // A quota, not a number of processors: the engine refuses more of these than it has.
  const processors = { CpuPeriod: periodUs, CpuQuota: cores * periodUs };
  if (memoryMiB === undefined) return processors;
  const bytes = memoryMiB * 1024 * 1024;
  return { ...processors, Memory: bytes, MemorySwap: bytes };
}

/** The image that a pool names, if it names one of a container engine. */
export function imageOf({ virtualMachineConfiguration }: PoolSpecification): string | undefined {
  const id = virtualMachineConfiguration?.imageReference?.virtualMachineImageId;
  // What begins so is a resource of Azure.
  return id === undefined || id.startsWith('/') ? undefined : id;
}

/** A name that engines take, and no other node's: `berth-<engine>-<pool>-<node>-<hash>`. */
export function containerName(
  engine: string,
  { accountName, poolId, nodeId }: NodeDetails,
): string {
  const hash = hashOf(`${accountName}/${poolId}/${nodeId}`);
  return `berth-${engine}-${plain(poolId)}-${plain(nodeId)}-${hash}`;
}

export function networkName(engine: string, { accountName, poolId }: NodeDetails): string {
  return `berth-${engine}-${plain(poolId)}-${hashOf(`${accountName}/${poolId}`)}`;
}

function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '_');
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 6);
}
