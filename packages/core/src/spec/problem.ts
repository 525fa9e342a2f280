import type { z } from 'zod';
import type { BatchErrorBody, ErrorValue } from '../errors.ts';
import type { Path } from './path.ts';
import { compareInDocument, pathText, shorten, valueAt } from './path.ts';

/** One thing wrong with a specification. */
export interface Problem {
  /** A code of semantics §13. */
  code: string;
  path: Path;
  /** The end of a sentence that begins with the path, e.g. `must not be empty`. */
  reason: string;
  /** The whole sentence, where it does not begin with the path. */
  sentence?: string;
  /** The value tells nothing, or nothing that an error may show. */
  hideValue?: boolean;
}

/** What a schema of ours says besides the reason, in a zod issue's `params`. */
export type ProblemDetails = Partial<Pick<Problem, 'code' | 'hideValue'>> & {
  /** Turns the place into a sentence of its own. */
  sentence?: (path: Path) => string;
};

/** An issue for zod's `ctx.issues.push`, where several properties or a whole value are judged. */
export function issue(
  input: unknown,
  reason: string,
  details: ProblemDetails = {},
  path: PropertyKey[] = [],
): z.core.$ZodRawIssue<z.core.$ZodIssueCustom> {
  return { code: 'custom', input, message: reason, path, params: details };
}

const expectations: Record<string, string> = {
  string: 'must be a string',
  number: 'must be a number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be an object',
};

/** zod's own words are never shown: they say neither what the model calls things nor what its rules are. */
export function problemOf(found: z.core.$ZodIssue, root: unknown): Problem {
  const { path } = found;
  if (found.code === 'custom') {
    const details = (found.params ?? {}) as ProblemDetails;
    return {
      code: details.code ?? 'InvalidPropertyValue',
      path,
      reason: found.message,
      ...(details.sentence && { sentence: details.sentence(path) }),
      ...(details.hideValue && { hideValue: true }),
    };
  }
  if (path.length > 0 && valueAt(root, path) === undefined) {
    return { code: 'MissingRequiredProperty', path, reason: 'is required' };
  }
  const expected = found.code === 'invalid_type' ? expectations[found.expected] : undefined;
  return {
    code: path.length > 0 ? 'InvalidPropertyValue' : 'InvalidRequestBody',
    path,
    reason: expected ?? 'is not valid',
  };
}

/** What was read: its name in sentences, and the path that stands before those inside it. */
export interface Subject {
  name: string;
  path?: Path;
}

/** The error for everything that is wrong: the first in document order, and how many more there are. */
export function refusal(
  problems: readonly Problem[],
  root: unknown,
  subject: Subject,
): BatchErrorBody {
  const order = compareInDocument(root);
  const first = problems.reduce((a, b) => (order(b.path, a.path) < 0 ? b : a));
  const path = pathText([...(subject.path ?? []), ...first.path]);
  const shown = first.hideValue ? undefined : showable(valueAt(root, first.path), first.path);
  const isNow = shown === undefined ? '' : `; it is ${quoted(shown, valueAt(root, first.path))}`;
  const sentence = first.sentence ?? `${path || `the ${subject.name}`} ${first.reason}${isNow}`;
  const more = problems.length - 1;
  const values: ErrorValue[] = [{ key: 'PropertyName', value: path }];
  if (shown !== undefined) values.push({ key: 'PropertyValue', value: shown });
  values.push({ key: 'Reason', value: first.reason });
  return {
    code: first.code,
    message: sentence + (more > 0 ? ` (and ${more} more problem${more > 1 ? 's' : ''})` : ''),
    values,
  };
}

const secretNames = new Set(['value', 'data', 'password', 'sshPrivateKey', 'accountKey', 'sasKey']);

/** A value as it may stand in an error: short, without the values of variables, the signatures and passwords of URLs. */
function showable(value: unknown, path: Path): string | undefined {
  if (value === undefined || secretNames.has(String(path.at(-1)))) return undefined;
  if (typeof value === 'string') {
    const isUrl = value.includes('://') || /url$|^blobSource$/i.test(String(path.at(-1)));
    return shorten(isUrl ? value.replace(/^.*@/s, '…@').replace(/[?#].*/s, '?…') : value);
  }
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return shorten(String(value));
}

function quoted(shown: string, value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(shown) : shown;
}
