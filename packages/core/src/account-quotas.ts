import type { Account } from './account.ts';
import { activeJobsAndSchedules, coresInUse, coresPerNode } from './account-usage.ts';
import type { BatchErrorBody } from './errors.ts';
import type { Pool, ResizeError } from './pool.ts';
import { refuse } from './refusal.ts';

/*
 * What an account refuses because of its quotas (semantics §12). Without a quota nothing is counted.
 */

export function refusePool(account: Account): BatchErrorBody | undefined {
  const { poolQuota } = account.specification;
  if (poolQuota === undefined || account.poolById.size < poolQuota) return undefined;
  return refuse(
    'PoolQuotaReached',
    `The account "${account.name}" may have ${poolQuota} pools and has ${account.poolById.size}: delete one and wait until it is gone, or raise its poolQuota.`,
  );
}

export function refuseJobOrSchedule(account: Account): BatchErrorBody | undefined {
  if (!hasActiveQuotaReached(account)) return undefined;
  const { activeJobAndJobScheduleQuota } = account.specification;
  return refuse(
    'ActiveJobAndScheduleQuotaReached',
    `The account "${account.name}" may have ${activeJobAndJobScheduleQuota} jobs and job schedules that are not completed: terminate one, or raise its activeJobAndJobScheduleQuota.`,
  );
}

/** Whether no further job or job schedule may become active now. */
export function hasActiveQuotaReached(account: Account): boolean {
  const quota = account.specification.activeJobAndJobScheduleQuota;
  return quota !== undefined && activeJobsAndSchedules(account) >= quota;
}

/** How many more nodes of each kind the pool may have now. */
export function roomForNodes(
  account: Account,
  pool: Pool,
): { dedicated: number; lowPriority: number } {
  const { dedicatedCoreQuota, lowPriorityCoreQuota, poolAllocationMode } = account.specification;
  const isLimited = dedicatedCoreQuota !== undefined || lowPriorityCoreQuota !== undefined;
  // Of a subscription the account knows no quota.
  if (!isLimited || poolAllocationMode === 'usersubscription') {
    return { dedicated: Infinity, lowPriority: Infinity };
  }
  const perNode = coresPerNode(account, pool);
  const inUse = coresInUse(account);
  const room = (quota: number | undefined, used: number): number =>
    quota === undefined ? Infinity : Math.max(0, Math.floor((quota - used) / perNode));
  return {
    dedicated: room(dedicatedCoreQuota, inUse.dedicated),
    lowPriority: room(lowPriorityCoreQuota, inUse.lowPriority),
  };
}

export const accountCoreQuotaReached: ResizeError = {
  code: 'AccountCoreQuotaReached',
  message:
    'The dedicatedCoreQuota of the account left no room for all nodes; those that fitted are there.',
};
export const accountLowPriorityCoreQuotaReached: ResizeError = {
  code: 'AccountLowPriorityCoreQuotaReached',
  message:
    'The lowPriorityCoreQuota of the account left no room for all nodes; those that fitted are there.',
};
