import type { z } from 'zod';
import type { UserIdentity } from '../specification.ts';
import { isSameJson } from '../task-template.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { choice, flag, text } from './scalars.ts';
import { isUserName, USER_NAME_RULE } from './user-accounts.ts';

/** What a command line without an identity runs as (ruling 18). */
const taskUser: UserIdentity = { autoUser: { scope: 'pool', elevationLevel: 'nonadmin' } };

/** semantics §1.5 */
const userIdentity: z.ZodType<UserIdentity> = entity({
  userName: text(isUserName, USER_NAME_RULE).optional(),
  autoUser: entity({
    scope: choice(['pool', 'task']).default('pool'),
    elevationLevel: choice(['nonadmin', 'admin']).default('nonadmin'),
  }).optional(),
}).transform(({ userName, autoUser }, ctx): UserIdentity => {
  if (userName !== undefined && autoUser !== undefined) {
    const reason = 'must not stand beside userName: one user runs a command line';
    ctx.issues.push(issue({ autoUser }, reason, { hideValue: true }, ['autoUser']));
  }
  if (userName === undefined && autoUser === undefined) {
    const reason = 'must have a userName or an autoUser';
    ctx.issues.push(issue({}, reason, { hideValue: true }));
  }
  return userName === undefined ? { autoUser: autoUser ?? taskUser.autoUser } : { userName };
});

/** Of everything that has a command line; `runElevated` is the name of 2016 (ruling 1). */
export const identityFields: {
  userIdentity: z.ZodOptional<z.ZodType<UserIdentity>>;
  runElevated: z.ZodOptional<z.ZodType<boolean>>;
} = {
  userIdentity: userIdentity.optional(),
  runElevated: flag.optional(),
};

interface GivenIdentity {
  userIdentity?: UserIdentity;
  runElevated?: boolean;
}

/** What has a command line, with the identity under its name of today; the default is none. */
export function withIdentity<Given extends GivenIdentity>(
  given: Given,
  ctx: z.core.ParsePayload,
): Omit<Given, 'runElevated'> {
  if (given.userIdentity === undefined && given.runElevated === undefined) return given;
  const { userIdentity, runElevated, ...rest } = given;
  const elevationLevel = runElevated === true ? 'admin' : 'nonadmin';
  const in2016: UserIdentity = { autoUser: { scope: 'pool', elevationLevel } };
  if (
    userIdentity !== undefined &&
    runElevated !== undefined &&
    !isSameJson(userIdentity, in2016)
  ) {
    const reason = 'must say the same as userIdentity, which is the name of today for it';
    ctx.issues.push(issue(runElevated, reason, {}, ['runElevated']));
  }
  const asked = userIdentity ?? in2016;
  const kept = isSameJson(asked, taskUser) ? rest : { ...rest, userIdentity: asked };
  // What is left out of it is optional, or undefined by now.
  return kept as Omit<Given, 'runElevated'>;
}
