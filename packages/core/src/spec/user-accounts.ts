import { z } from 'zod';
import { longestUserName } from '../limits.ts';
import type { UserAccount } from '../specification.ts';
import { entity } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { choice, MAX_INT32, text, whole } from './scalars.ts';
import type { SealOptions } from './seal.ts';
import { sealedText } from './seal.ts';

/** In Unicode characters. semantics §1.2 */
export function isUserName(name: string): boolean {
  return name.trim() !== '' && [...name].length <= longestUserName;
}

export const USER_NAME_RULE: string = `must have 1 to ${longestUserName} characters`;

const hidden: ProblemDetails = { hideValue: true };
const secret = z.string().refine((value) => value !== '', {
  error: 'must not be empty',
  params: hidden,
});
const unixId = whole(0, MAX_INT32);

const linuxUserConfiguration = entity({
  uid: unixId.optional(),
  gid: unixId.optional(),
  sshPrivateKey: secret.optional(),
}).transform((given, ctx) => {
  if ((given.uid === undefined) !== (given.gid === undefined)) {
    const [there, missing] = given.uid === undefined ? ['gid', 'uid'] : ['uid', 'gid'];
    ctx.issues.push(issue(given, `is required with ${there}`, hidden, [missing]));
  }
  return given;
});

/** The accounts of a pool, with handles in place of what is secret; no two have one name. semantics §1.2 */
export function userAccounts(options: SealOptions): z.ZodType<UserAccount[]> {
  return z
    .array(
      entity({
        name: text(isUserName, USER_NAME_RULE),
        password: secret,
        elevationLevel: choice(['nonadmin', 'admin']).default('nonadmin'),
        linuxUserConfiguration: linuxUserConfiguration.optional(),
        windowsUserConfiguration: entity({
          loginMode: choice(['batch', 'interactive']).optional(),
        }).optional(),
      }),
    )
    .transform((accounts, ctx): UserAccount[] => {
      const names = new Set<string>();
      return accounts.map((account, i) => {
        const key = account.name.toLowerCase();
        if (names.has(key)) {
          const reason = 'must not be the name of an account that stands before it';
          ctx.issues.push(issue(accounts, reason, hidden, [i, 'name']));
        }
        names.add(key);
        return sealed(account, options, ctx, [i]);
      });
    });
}

function sealed(
  account: UserAccount,
  options: SealOptions,
  ctx: z.core.ParsePayload,
  path: PropertyKey[],
): UserAccount {
  const password = sealedText(account.password, options, ctx, [...path, 'password']);
  const { linuxUserConfiguration: linux } = account;
  if (linux?.sshPrivateKey === undefined) return { ...account, password };
  const place = [...path, 'linuxUserConfiguration', 'sshPrivateKey'];
  const sshPrivateKey = sealedText(linux.sshPrivateKey, options, ctx, place);
  return { ...account, password, linuxUserConfiguration: { ...linux, sshPrivateKey } };
}
