import type { NodeSize } from './node-size.ts';

/** How much an account may hold; an absent quota does not limit (semantics §1.1, §12). */
export interface AccountQuotas {
  /** Cores of dedicated nodes, over all pools: nodes × the cores of their vmSize. */
  dedicatedCoreQuota?: number;
  /** The same of low-priority nodes. */
  lowPriorityCoreQuota?: number;
  /** Pools, those that are being deleted included. */
  poolQuota?: number;
  /** Jobs and job schedules that are not completed, together. */
  activeJobAndJobScheduleQuota?: number;
}

export const accountQuotaNames: readonly (keyof AccountQuotas)[] = [
  'dedicatedCoreQuota',
  'lowPriorityCoreQuota',
  'poolQuota',
  'activeJobAndJobScheduleQuota',
];

/** What the service gives to new accounts at most, and what its support may raise that to (semantics §12). To choose from. */
export const serviceQuotas: { readonly default: AccountQuotas; readonly most: AccountQuotas } = {
  default: {
    dedicatedCoreQuota: 900,
    lowPriorityCoreQuota: 100,
    poolQuota: 100,
    activeJobAndJobScheduleQuota: 300,
  },
  most: { poolQuota: 500, activeJobAndJobScheduleQuota: 1000 },
};

/** Handles of the keys, as marks: either key is valid, and none of them is known to the core. */
export interface AccountKeys {
  primary?: string;
  secondary?: string;
}

/**
 * `usersubscription`: cores are limited by the subscription of the user, so the core quotas of the account limit
 * nothing.
 */
export type PoolAllocationMode = 'batchservice' | 'usersubscription';

/** semantics §1.1 */
export interface AccountSpecification extends AccountQuotas {
  accountName: string;
  poolAllocationMode: PoolAllocationMode;
  keys: AccountKeys;
  /** Sizes of its own, before the built-in ones of the same name (semantics §1.2). */
  nodeSizes: readonly NodeSize[];
}

/** What may change of an account. An absent element stays; a quota of −1 does not limit any more. */
export interface AccountPatch extends AccountQuotas {
  state?: 'enabled' | 'disabled';
  /** New handles; a key that is not there stays. */
  keys?: AccountKeys;
  nodeSizes?: readonly NodeSize[];
}

/** An account of no quotas, keys and sizes. */
export function plainAccount(accountName: string): AccountSpecification {
  return { accountName, poolAllocationMode: 'batchservice', keys: {}, nodeSizes: [] };
}
