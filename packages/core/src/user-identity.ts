import type { BatchErrorBody } from './errors.ts';
import { refuse } from './refusal.ts';
import type {
  PoolSpecification,
  ScheduledJobSpecification,
  UserAccount,
  UserIdentity,
} from './specification.ts';
import { readTemplate } from './task-factory.ts';
import type { World } from './world.ts';

/** Who is to run a command line; absent: the task user of the node, without rights (ruling 18). */
export type RunUser =
  | Extract<UserIdentity, { autoUser: unknown }>
  /** Of its pool's; its password is the mark of a secret. */
  | { userAccount: UserAccount }
  /** Why there is none: the command line is never launched. */
  | { error: string };

type WithAccounts = Pick<PoolSpecification, 'userAccounts'>;

/** Of a command line that runs in a pool. */
export function runUser(
  { id, userAccounts = [] }: WithAccounts & { id: string },
  identity: UserIdentity | undefined,
): { user?: RunUser } {
  if (identity === undefined) return {};
  if ('autoUser' in identity) return { user: identity };
  const { userName } = identity;
  const userAccount = accountOf(userAccounts, userName);
  if (userAccount !== undefined) return { user: { userAccount } };
  return { user: { error: `The pool "${id}" has no user account "${userName}".` } };
}

/**
 * Why a command line could not run in a pool as the account that it names; a name that is made of parameters is not
 * looked at. `path`: of what has the command line.
 */
export function refuseUser(
  { userAccounts = [] }: WithAccounts,
  identity: UserIdentity | undefined,
  path: string,
): BatchErrorBody | undefined {
  if (identity === undefined || 'autoUser' in identity) return undefined;
  const { userName } = identity;
  if (accountOf(userAccounts, userName) !== undefined) return undefined;
  if (readTemplate(userName).some((piece) => typeof piece !== 'string')) return undefined;
  const place = `${path}userIdentity.userName`;
  const known = userAccounts.map(({ name }) => `"${name}"`).join(', ') || 'none';
  return refuse(
    'InvalidPropertyValue',
    `${place}: the pool has no user account "${userName}" among its userAccounts, which are: ${known}.`,
    { PropertyName: place, PropertyValue: userName },
  );
}

/** The same for all that a job brings with it, as far as its pool is known. */
export function refuseUsersOf(
  world: World,
  job: ScheduledJobSpecification,
  path: string = '',
): BatchErrorBody | undefined {
  const { poolInfo, jobManagerTask, jobPreparationTask, jobReleaseTask, taskFactory } = job;
  const pool =
    'poolId' in poolInfo
      ? world.pool(poolInfo.poolId)?.specification
      : poolInfo.autoPoolSpecification.pool;
  if (pool === undefined) return undefined;
  const refusal = (
    task: { userIdentity?: UserIdentity } | undefined,
    name: string,
  ): BatchErrorBody | undefined => refuseUser(pool, task?.userIdentity, `${path}${name}.`);
  return (
    refusal(jobManagerTask, 'jobManagerTask') ??
    refusal(jobPreparationTask, 'jobPreparationTask') ??
    refusal(jobReleaseTask, 'jobReleaseTask') ??
    refusal(taskFactory?.repeatTask, 'taskFactory.repeatTask')
  );
}

/** Names compare without regard to case, as other names do (semantics §0). */
function accountOf(accounts: readonly UserAccount[], userName: string): UserAccount | undefined {
  const key = userName.toLowerCase();
  return accounts.find(({ name }) => name.toLowerCase() === key);
}
