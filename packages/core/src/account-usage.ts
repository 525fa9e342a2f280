import type { Account } from './account.ts';
import type { AccountQuotas } from './account-specification.ts';
import type { NodeSize } from './node-size.ts';
import { findNodeSize, nodeSizeTable } from './node-size.ts';
import type { Pool } from './pool.ts';

/*
 * What an account holds, counted when somebody asks: quotas are asked when pools, jobs and nodes are added, never in
 * the life of a task (semantics §1.1, §12).
 */

/** Cores of a node of the pool; of a size that the account does not know, one. */
export function coresPerNode(account: Account, pool: Pool): number {
  const table = nodeSizeTable(account.specification.nodeSizes);
  return findNodeSize(table, pool.specification.vmSize)?.cores ?? 1;
}

/** What a node of the pool has; nothing is said of `local`, unless the account has a size of that name. */
export function nodeSizeOf(account: Account, pool: Pool): NodeSize | undefined {
  const table = nodeSizeTable(account.specification.nodeSizes, 0);
  const size = findNodeSize(table, pool.specification.vmSize);
  return size?.cores === 0 ? undefined : size;
}

/** Cores of all nodes that there are, those that come and those that leave included. */
export function coresInUse(account: Account): { dedicated: number; lowPriority: number } {
  const cores = { dedicated: 0, lowPriority: 0 };
  for (const pool of account.poolById.values()) {
    const perNode = coresPerNode(account, pool);
    cores.dedicated += pool.nodes.dedicated * perNode;
    cores.lowPriority += pool.nodes.lowPriority * perNode;
  }
  return cores;
}

/** Jobs and job schedules that are not completed. */
export function activeJobsAndSchedules(account: Account): number {
  let active = 0;
  for (const { endTime } of account.jobById.values()) if (endTime === undefined) active++;
  for (const { endTime } of account.jobScheduleById.values()) if (endTime === undefined) active++;
  return active;
}

export function usageOf(account: Account): Required<AccountQuotas> {
  const { dedicated, lowPriority } = coresInUse(account);
  return {
    dedicatedCoreQuota: dedicated,
    lowPriorityCoreQuota: lowPriority,
    poolQuota: account.poolById.size,
    activeJobAndJobScheduleQuota: activeJobsAndSchedules(account),
  };
}
