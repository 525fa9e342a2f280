import type { AllocationErrorCode, NodeDetails, OsType } from '@berth/core';
import type { Executor } from './executor.ts';

/**
 * What the nodes of an executor can do. What one cannot is refused before it is journaled, with
 * `OperationNotValidOnPool` or `OperationNotValidOnNode`; a node that it cannot have ends the resize with an error.
 */
export interface ExecutorCapabilities {
  /** Systems of its nodes. Others: resize error `UnsupportedVMSize` (ruling 21). */
  readonly osTypes: readonly OsType[];
  /**
   * Operating systems that pools choose by `cloudServiceConfiguration`, the newest version last; `osVersion` of
   * {@link NodeDetails} is what a node is to run when it is got or reimaged. None by default.
   */
  readonly osVersions: Readonly<Record<string, readonly string[]>>;
  /** Nodes that may be taken away. Others: `OperationNotValidOnPool`, under a formula `AllocationFailed`. */
  readonly lowPriority: boolean;
  /**
   * The nodes of a pool can reach one another, and the executor runs multi-instance tasks on them (semantics §9). Else
   * `OperationNotValidOnPool`.
   */
  readonly interNodeCommunication: boolean;
  /** Installs application packages, of pools and of tasks (semantics §10). Else `OperationNotValidOnPool`. */
  readonly applicationPackages: boolean;
  /** Installs certificates (semantics §11). Else `OperationNotValidOnPool`. */
  readonly certificates: boolean;
  /**
   * Runs command lines as auto users other than the one that all nodes have: with rights of an administrator, or of
   * scope `task` (ruling 18). Else `OperationNotValidOnPool`.
   */
  readonly autoUsers: boolean;
  /** Its nodes have the user accounts of their pool, and it runs command lines as them. Else `OperationNotValidOnPool`. */
  readonly userAccounts: boolean;
  /** Its nodes mount file systems. Else `OperationNotValidOnPool`. */
  readonly mounts: boolean;
  /** Pools and jobs choose the network of its nodes. Else `OperationNotValidOnPool`. */
  readonly networks: boolean;
  /** A node can be given up for a while and had again under its id. Else `OperationNotValidOnNode`. */
  readonly deallocate: boolean;
  /** Its nodes have accounts to log in with. Else `OperationNotValidOnNode`. */
  readonly nodeUsers: boolean;
  /** Else `OperationNotValidOnNode`. */
  readonly reboot: boolean;
  /** Else `OperationNotValidOnNode`. */
  readonly reimage: boolean;
}

/** What an executor can do that does not say otherwise: the effects of a node's life, on machines with a POSIX shell. */
export const defaultCapabilities: ExecutorCapabilities = {
  osTypes: ['linux'],
  osVersions: {},
  lowPriority: true,
  interNodeCommunication: false,
  applicationPackages: false,
  certificates: false,
  autoUsers: false,
  userAccounts: false,
  mounts: false,
  networks: false,
  deallocate: false,
  nodeUsers: false,
  reboot: true,
  reimage: true,
};

export function capabilitiesOf({ capabilities }: Executor): ExecutorCapabilities {
  return { ...defaultCapabilities, ...capabilities };
}

/** Why the executor cannot have this node, if it cannot. */
export function allocationErrorOf(
  executor: Executor,
  { isDedicated, pool }: NodeDetails,
): { error: AllocationErrorCode; detail: string } | undefined {
  const { osTypes, lowPriority } = capabilitiesOf(executor);
  const { osType } = pool.virtualMachineConfiguration ?? { osType: 'linux' };
  if (pool.virtualMachineConfiguration !== undefined && !osTypes.includes(osType)) {
    const has = osTypes.length === 0 ? 'none' : osTypes.join(' and ');
    const detail = `The executor "${executor.name}" has no nodes with ${osType}, only with ${has}.`;
    return { error: 'UnsupportedVMSize', detail };
  }
  if (!isDedicated && !lowPriority) {
    const detail = `The executor "${executor.name}" has no low-priority nodes.`;
    return { error: 'AllocationFailed', detail };
  }
  return undefined;
}
