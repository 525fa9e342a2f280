import type { z } from 'zod';
import type { BatchErrorBody } from '../errors.ts';
import { BatchError } from '../errors.ts';
import { plain } from './plain.ts';
import type { Problem, Subject } from './problem.ts';
import { problemOf, refusal } from './problem.ts';

export type Reading<T> = { ok: true; value: T } | { ok: false; error: BatchErrorBody };

/** Reads JSON by a schema; what is wrong comes back as data. */
export function read<T>(schema: z.ZodType<T>, json: unknown, subject: Subject): Reading<T> {
  const clean = plain(json);
  if ('problem' in clean) return refused([clean.problem], json, subject);
  const parsed = schema.safeParse(clean.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map((found) => problemOf(found, clean.value));
  return refused(problems, clean.value, subject);
}

/** Reads JSON by a schema, or throws a `BatchError`. */
export function demand<T>(schema: z.ZodType<T>, json: unknown, subject: Subject): T {
  const reading = read(schema, json, subject);
  if (!reading.ok) throw new BatchError(reading.error);
  return reading.value;
}

function refused(problems: readonly Problem[], root: unknown, subject: Subject): Reading<never> {
  return { ok: false, error: refusal(problems, root, subject) };
}
