import type { Account } from './account.ts';
import type { AccountPatch, AccountSpecification } from './account-specification.ts';
import { accountQuotaNames } from './account-specification.ts';
import { defaultAccount } from './accounts.ts';
import type { Command } from './command.ts';
import type { BatchErrorBody } from './errors.ts';
import { attendAllSchedules } from './job-schedule-rules.ts';
import { InvalidTransition } from './machine.ts';
import type { AccountTrigger } from './machines.ts';
import { accountMachine } from './machines.ts';
import { refuse } from './refusal.ts';
import type { World } from './world.ts';

/*
 * Accounts come, change and go (semantics §1.1).
 */

export function addAccount(
  world: World,
  specification: AccountSpecification,
): BatchErrorBody | undefined {
  const { accounts } = world;
  if (accounts.named(specification.accountName) !== undefined) {
    return alreadyThere(specification.accountName);
  }
  accounts.add({
    number: accounts.length,
    specification,
    creationTime: world.now,
    state: 'enabled',
    applications: [],
    certificates: [],
  });
  return undefined;
}

/** Lower quotas than what there is end nothing: they refuse what comes. */
export function patchAccount(world: World, patch: AccountPatch): undefined {
  const account = world.accounts.current;
  const { state, keys, nodeSizes } = patch;
  if (state !== undefined && state !== account.state) {
    tell(world, account, state === 'enabled' ? 'enable' : 'disable');
    account.state = state;
  }
  const changed = { ...account.specification };
  if (keys !== undefined) changed.keys = { ...changed.keys, ...keys };
  if (nodeSizes !== undefined) changed.nodeSizes = nodeSizes;
  for (const name of accountQuotaNames) {
    const quota = patch[name];
    if (quota === -1) delete changed[name];
    else if (quota !== undefined) changed[name] = quota;
  }
  account.specification = changed;
  if (patch.activeJobAndJobScheduleQuota !== undefined) attendAllSchedules(world, account);
}

/** Only an empty one goes, so that nothing is lost by it; the default account never does. */
export function deleteAccount(world: World): BatchErrorBody | undefined {
  const { accounts } = world;
  const account = accounts.current;
  const { name, number } = account;
  if (number === defaultAccount) {
    return refuse(
      'OperationInvalidForCurrentState',
      `The account "${name}" is the one that commands mean which name none: it cannot be deleted.`,
    );
  }
  if (!account.isEmpty) {
    return refuse(
      'OperationInvalidForCurrentState',
      `The account "${name}" is not empty: delete its job schedules, jobs, pools, applications and certificates first, and wait until they are gone.`,
    );
  }
  tell(world, account, 'delete');
  accounts.delete(account);
  return undefined;
}

/** What the account becomes, for watchers. */
function tell({ events }: World, { name, state: from }: Account, trigger: AccountTrigger): void {
  const to = accountMachine.next(from, trigger);
  if (to === undefined) throw new InvalidTransition('account', name, from, trigger);
  events?.tell({ entity: 'account', accountName: name, from, to });
}

/** The default account is named by the first input of every history. */
export function nameDefaultAccount(world: World, name: string): BatchErrorBody | undefined {
  const { accounts } = world;
  const account = accounts.get(defaultAccount);
  const named = accounts.named(name);
  if (named !== undefined && named !== account) return alreadyThere(name);
  accounts.rename(account, name);
  return undefined;
}

const ofNoAccount: ReadonlySet<Command['type']> = new Set(['configure', 'addAccount', 'tick']);
const ofDisabledAccounts: ReadonlySet<Command['type']> = new Set(['patchAccount', 'deleteAccount']);

/** The account that a command acts in from now on, or why it may not. */
export function enterAccount(
  { accounts }: World,
  { type, accountName }: Command,
): BatchErrorBody | undefined {
  const account: Account | undefined = accounts.named(
    ofNoAccount.has(type) ? undefined : accountName,
  );
  if (account === undefined) {
    return refuse('ResourceNotFound', `There is no account "${accountName}".`);
  }
  if (account.state === 'disabled' && !ofNoAccount.has(type) && !ofDisabledAccounts.has(type)) {
    return refuse(
      'AccountIsDisabled',
      `The account "${account.name}" is disabled: what runs there goes on, nothing else is accepted until it is enabled.`,
    );
  }
  accounts.enter(account);
  return undefined;
}

function alreadyThere(accountName: string): BatchErrorBody {
  return refuse('ResourceAlreadyExists', `The account "${accountName}" exists already.`);
}
