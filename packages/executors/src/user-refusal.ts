import type { RunUser } from '@berth/core';
import { capabilitiesOf } from './capabilities.ts';
import type { Executor } from './executor.ts';

/** Why the executor cannot run a command line as this user, in a sentence; `undefined`: it can. */
export function userRefusal(executor: Executor, user: RunUser | undefined): string | undefined {
  if (user === undefined) return undefined;
  if ('error' in user) return user.error;
  const able = capabilitiesOf(executor);
  if ('userAccount' in user) {
    return able.userAccounts
      ? undefined
      : `The executor "${executor.name}" runs nothing as a user account.`;
  }
  if (able.autoUsers) return undefined;
  const { scope, elevationLevel } = user.autoUser;
  const which =
    elevationLevel === 'admin' ? 'with rights of an administrator' : `of scope ${scope}`;
  return `The executor "${executor.name}" runs nothing as an auto user ${which}.`;
}
