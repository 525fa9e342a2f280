import { z } from 'zod';
import { secretMark } from '../secret-mark.ts';
import type { NodeUserSpecification } from '../specification.ts';
import { parseDateTime } from './date-time.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { flag, text } from './scalars.ts';
import type { SealOptions } from './seal.ts';

/** The name of an account on a node, or of a pool: at most 20 characters. semantics §12 */
export const userName: z.ZodType<string> = text(
  (name) => /^[^\s:/\\]{1,20}$/u.test(name),
  'must be 1 to 20 characters without spaces, colons and slashes',
);

const expiryTime = z.string().transform((given, ctx): number => {
  const time = parseDateTime(given);
  if (time !== undefined) return time;
  ctx.issues.push(issue(given, 'must be a moment such as 2016-05-12T08:30:00Z'));
  return z.NEVER;
});

/** A user of a node, with a handle in place of its password. semantics §1.3 */
export function nodeUser({ seal }: SealOptions): z.ZodType<NodeUserSpecification> {
  return entity({
    name: userName,
    isAdmin: flag.default(false),
    expiryTime: expiryTime.optional(),
    password: z.string().optional(),
    sshPublicKey: text((key) => key.trim() !== '', 'must not be empty').optional(),
  }).transform((given, ctx): NodeUserSpecification => {
    const { password, sshPublicKey, expiryTime: expiryTimeMs } = given;
    const hidden = { hideValue: true };
    if (password === undefined && sshPublicKey === undefined) {
      const missing = { code: 'MissingRequiredProperty' };
      const reason = 'is required, or a sshPublicKey';
      ctx.issues.push(issue(given, reason, missing, ['password']));
    } else if (password !== undefined && sshPublicKey !== undefined) {
      const reason = 'must not be given with a sshPublicKey';
      ctx.issues.push(issue(given, reason, hidden, ['password']));
    } else if (password !== undefined && seal === undefined) {
      const reason = 'is secret, and there is no secret store to keep it in';
      const details = { code: 'UnsupportedProperty', ...hidden };
      ctx.issues.push(issue(given, reason, details, ['password']));
    }
    return {
      name: given.name,
      isAdmin: given.isAdmin,
      ...(expiryTimeMs !== undefined && { expiryTimeMs }),
      ...(password !== undefined && seal !== undefined && { password: secretMark(seal(password)) }),
      ...(sshPublicKey !== undefined && { sshPublicKey }),
    };
  });
}
