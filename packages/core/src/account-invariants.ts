import type { Account } from './account.ts';
import { defaultAccount } from './accounts.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/** What does not hold of the accounts, as sentences (semantics §1.1). */
export function brokenAccounts(world: World): string[] {
  const wrong: string[] = [];
  const accounts = [...world.accounts];
  if (accounts[0]?.number !== defaultAccount) wrong.push('there is no default account');
  if (new Set(accounts.map(({ name }) => idKey(name))).size !== accounts.length) {
    wrong.push('two accounts have one name');
  }
  // What is kept of a job for the sake of its runs has no id any more.
  const jobs = world.jobs.filter((job) => job?.state !== 'gone');
  for (const account of accounts) {
    wrong.push(
      ...broken(account, 'pools', world.pools, account.poolById),
      ...broken(account, 'jobs', jobs, account.jobById),
      ...broken(account, 'job schedules', world.jobSchedules, account.jobScheduleById),
    );
  }
  for (const job of world.jobs) {
    const account = world.pools[job?.pool ?? -1]?.account;
    if (job !== undefined && account !== undefined && account !== job.account) {
      wrong.push(`job ${job.specification.id}: its pool belongs to another account`);
    }
  }
  return wrong;
}

/** It has exactly those that name it, by their ids. */
function broken<Entity extends { account: number; specification: { id: string } }>(
  { name, number }: Account,
  what: string,
  all: readonly (Entity | undefined)[],
  byId: ReadonlyMap<string, Entity>,
): string[] {
  const own = all.filter((one) => one?.account === number);
  const isWhole =
    own.length === byId.size &&
    own.every((one) => one !== undefined && byId.get(idKey(one.specification.id)) === one);
  return isWhole ? [] : [`account ${name}: its ${what} by id are not those that it has`];
}
