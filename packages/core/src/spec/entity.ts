import { z } from 'zod';
import { nearest } from '../nearest.ts';
import type { Path } from './path.ts';
import { pathText, shorten } from './path.ts';
import { issue } from './problem.ts';

/** The names of an object of the model that have no schema here. */
export interface OtherNames {
  /**
   * Properties of the Batch API that Berth knows and does not carry out yet, each with the values that
   * ask for nothing (its default, mostly): those are accepted and dropped, so that what a tool writes out in
   * full is valid. Null is dropped from everything before.
   */
  notBuiltYet?: Readonly<Record<string, readonly unknown[]>>;
  /** What the service sets and answers with; a specification may not give it. */
  readOnly?: readonly string[];
  /** What is fixed when the entity is made, in a patch of it. */
  fixed?: readonly string[];
}

/** What the service sets on every entity that has a state (semantics §0). */
export const stateProperties: readonly string[] = [
  'url',
  'eTag',
  'lastModified',
  'creationTime',
  'state',
  'stateTransitionTime',
  'previousState',
  'previousStateTransitionTime',
];

/** Optional properties as they come out of the door: there or not there, never `undefined`. */
type WithoutUndefined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/**
 * A schema for an object of the model. Every name is either built (it has a schema), one of `others`, or unknown;
 * the latter two are refused, each with a sentence of its own. Properties that read as `undefined` are dropped.
 */
export function entity<Fields extends z.ZodRawShape>(
  fields: Fields,
  others: OtherNames = {},
): z.ZodType<WithoutUndefined<z.output<z.ZodObject<Fields>>>> {
  const known = new Set(Object.keys(fields));
  const judge = judgeOf(known, others);
  const names: z.core.$ZodCheck<Record<string, unknown>> = new z.core.$ZodCheck({
    check: 'custom',
    // Also where a property was wrong, so that the first mistake of the document is found, not of the schema.
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  });
  names._zod.check = (payload) => {
    let drop = false;
    for (const key in payload.value) {
      const value = payload.value[key];
      if (known.has(key)) {
        if (value === undefined) drop = true;
        continue;
      }
      drop = true;
      const found = judge(key, value);
      if (found !== undefined) payload.issues.push(found);
    }
    if (!drop) return;
    const kept: Record<string, unknown> = {};
    for (const key in payload.value) {
      const value = payload.value[key];
      if (value !== undefined && known.has(key)) kept[key] = value;
    }
    payload.value = kept;
  };
  const schema: z.ZodType = z.object(fields).catchall(z.unknown()).check(names);
  return schema as z.ZodType<WithoutUndefined<z.output<z.ZodObject<Fields>>>>;
}

type Judge = (key: string, value: unknown) => ReturnType<typeof issue> | undefined;

function judgeOf(known: ReadonlySet<string>, others: OtherNames): Judge {
  const notBuiltYet = new Map(Object.entries(others.notBuiltYet ?? {}));
  const readOnly = new Set(others.readOnly);
  const fixed = new Set(others.fixed);
  const refuse = (key: string, value: unknown, reason: string): ReturnType<typeof issue> =>
    issue(value, reason, { code: 'UnsupportedProperty', hideValue: true }, [key]);
  return (key, value) => {
    const harmless = notBuiltYet.get(key);
    if (harmless !== undefined) {
      if (harmless.some((same) => sameJson(same, value))) return undefined;
      const [accepted] = harmless;
      const but = accepted === undefined ? '' : ` (only ${JSON.stringify(accepted)} is accepted)`;
      return refuse(key, value, `is not supported yet${but}`);
    }
    if (readOnly.has(key)) return refuse(key, value, 'is set by the service and cannot be given');
    if (fixed.has(key)) return refuse(key, value, 'cannot be changed');
    const meant = nearest(key, [...known, ...notBuiltYet.keys()]);
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    const sentence = (path: Path): string => {
      const parent = pathText(path.slice(0, -1));
      const place = parent === '' ? '' : ` in ${parent}`;
      return `unknown property ${JSON.stringify(shorten(key))}${place}${hint}`;
    };
    const reason = `unknown property${hint}`;
    return issue(value, reason, { code: 'UnsupportedProperty', hideValue: true, sentence }, [key]);
  };
}

/** Equal but for upper and lower case, as enum values compare (semantics §0). */
function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a).toLowerCase() === JSON.stringify(b).toLowerCase();
}
