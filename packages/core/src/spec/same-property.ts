import type { z } from 'zod';
import { issue } from './problem.ts';

/**
 * The value of a property that has a name of today and one of 2016 (ruling 1). Given both, they must agree.
 */
export function underEitherName<Given, Name extends keyof Given & string>(
  given: Given,
  today: Name,
  in2016: Name,
  ctx: z.core.ParsePayload,
): Given[Name] {
  const [value, old] = [given[today], given[in2016]];
  if (value !== undefined && old !== undefined && value !== old) {
    const reason = `must be the same as ${today}, which is the name of today for it`;
    ctx.issues.push(issue(old, reason, {}, [in2016]));
  }
  return value ?? old;
}
