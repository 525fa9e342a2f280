import type { BatchErrorBody } from './errors.ts';

/** A refusal as data: code of semantics §13, one sentence, and what it is about. */
export function refuse(
  code: string,
  message: string,
  values: Record<string, string> = {},
): BatchErrorBody {
  const pairs = Object.entries(values).map(([key, value]) => ({ key, value }));
  return pairs.length === 0 ? { code, message } : { code, message, values: pairs };
}
