import { z } from 'zod';
import { longestCommandLine, longestDisplayName, longestId } from '../limits.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';

/** 2^53 − 1: up to here every whole number is exact. */
export const MAX_WHOLE: number = Number.MAX_SAFE_INTEGER;
/** The service's 32-bit integers end here. */
export const MAX_INT32 = 2_147_483_647;

/** Text with one rule; the rule's sentence is `<path> <reason>`. */
export function text(
  holds: (value: string) => boolean,
  reason: string,
  code = 'InvalidPropertyValue',
): z.ZodType<string> {
  const params: ProblemDetails = { code };
  return z.string().refine(holds, { error: reason, params });
}

/** A whole number within bounds, both included. */
export function whole(min: number, max: number, code = 'InvalidPropertyValue'): z.ZodType<number> {
  const params: ProblemDetails = { code };
  const range =
    max >= MAX_INT32
      ? `must be a whole number of at least ${min} and at most ${max}`
      : `must be a whole number from ${min} to ${max}`;
  return z.number().refine((n) => Number.isSafeInteger(n) && n >= min && n <= max, {
    error: range,
    params,
  });
}

export const flag: z.ZodType<boolean> = z.boolean();

/** An enum value, in any case; comes out in lower case (semantics §0). */
export function choice<const Values extends readonly string[]>(
  values: Values,
  notBuiltYet: readonly string[] = [],
): z.ZodType<Values[number]> {
  const allowed = values.map((value) => `"${value}"`).join(' or ');
  return z.string().transform((given, ctx): Values[number] => {
    const value = given.toLowerCase();
    const found = values.find((one) => one.toLowerCase() === value);
    if (found !== undefined) return found;
    const known = notBuiltYet.find((one) => one.toLowerCase() === value);
    ctx.issues.push(
      known === undefined
        ? issue(given, `must be ${allowed}`)
        : issue(given, `"${known}" is not supported yet (only ${allowed} is accepted)`, {
            code: 'UnsupportedProperty',
            hideValue: true,
          }),
    );
    return z.NEVER;
  });
}

export function isId(value: string): boolean {
  return value.length <= longestId && /^[A-Za-z0-9_-]+$/.test(value);
}

export const ID_RULE: string = `must be 1 to ${longestId} letters, digits, hyphens and underscores`;

/** The id of a pool, job or task, or a name that Berth keeps to the same rule. semantics §0 */
export const id: z.ZodType<string> = text(isId, ID_RULE);

/** semantics §0: at most 1024 characters, counted as UTF-16 units. */
export const displayName: z.ZodType<string> = text(
  (value) => value.length <= longestDisplayName,
  `must have at most ${longestDisplayName} characters`,
);

/** semantics §12: 32 KB of UTF-8. */
export const commandLine: z.ZodType<string> = z
  .string()
  .refine((value) => value.trim() !== '', 'must not be empty')
  .refine(
    (value) => utf8Length(value) <= longestCommandLine,
    `must have at most ${longestCommandLine} bytes`,
  );

/** Number of bytes of well-formed text in UTF-8. */
export function utf8Length(value: string): number {
  let bytes = value.length;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0x80) continue;
    // Half of a surrogate pair is half of four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}
