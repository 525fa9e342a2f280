import type { AccountView } from '@berth/core';
import { parseAccount, parseAccountPatch } from '@berth/core/spec';
import { accountPrefix, defaultAccountName } from './account-words.ts';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';
import type { BodyOptions } from './rest-body.ts';
import { parseNumber, restBody } from './rest-body.ts';

const quotaOptions: BodyOptions = {
  cores: ['dedicatedCoreQuota', parseNumber],
  lowPriorityCores: ['lowPriorityCoreQuota', parseNumber],
  pools: ['poolQuota', parseNumber],
  jobs: ['activeJobAndJobScheduleQuota', parseNumber],
};
const text = (value: string): unknown => value;

/** Of the account that is acted in, unless one is named. */
export const accountCommands: Record<string, ScenarioCommand> = {
  /** All that follows is done and asked in this account; without a name in the one that scenarios begin in. */
  account(world, line) {
    const name = line.optionalWord('default') === undefined ? line.word('an account') : undefined;
    line.end();
    world.accountName = name;
    world.effects.prefix = accountPrefix(name ?? defaultAccountName);
  },
  'add account'(world, line) {
    const accountName = line.word('a name');
    const body = restBody(
      line,
      { ...quotaOptions, mode: ['poolAllocationMode', text] },
      { accountName },
    );
    line.end();
    throughDoor(world, () => ({ type: 'addAccount', account: parseAccount(body) }));
  },
  'patch account'(world, line) {
    const body = restBody(line, { ...quotaOptions, state: ['state', text] }, {});
    line.end();
    throughDoor(world, () => ({ type: 'patchAccount', patch: parseAccountPatch(body) }));
  },
  'delete account'(world, line) {
    line.end();
    world.send({ type: 'deleteAccount' });
  },
  'show account'(world, line) {
    line.end();
    const account = world.queries.account();
    world.say(account === undefined ? 'not found' : accountText(account));
  },
  'show accounts'(world, line) {
    line.end();
    for (const account of world.queries.accounts()) world.say(accountText(account));
  },
};

/** `y enabled cores=4/8 pools=1`: what there is, and the quota where there is one. */
function accountText(account: AccountView): string {
  const parts = Object.entries(quotaOptions).map(([word, [property]]) => {
    // The cast is the table's promise: its paths are names of quotas.
    const name = property as keyof AccountView['usage'];
    const quota = account[name];
    return `${word}=${account.usage[name]}${quota === undefined ? '' : `/${quota}`}`;
  });
  return [account.accountName, account.state, ...parts].join(' ');
}
