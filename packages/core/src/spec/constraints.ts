import { z } from 'zod';
import { leastTaskRetryCount } from '../limits.ts';
import { defaultRetentionTimeMs, endlessMs } from '../retention.ts';
import type { JobConstraints, TaskConstraints } from '../specification.ts';
import { parseDuration } from './duration.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { MAX_INT32, whole } from './scalars.ts';

/** Milliseconds; `undefined` = no limit. A limit of nothing is `InvalidConstraintValue`. */
export const maxWallClockTime: z.ZodType<number | undefined> = z
  .string()
  .transform((given, ctx) => {
    const ms = parseDuration(given);
    if (typeof ms === 'object') ctx.issues.push(issue(given, ms.problem));
    else if (ms !== 0) return ms;
    else ctx.issues.push(issue(given, 'must be longer than 0', { code: 'InvalidConstraintValue' }));
    return z.NEVER;
  });

/** Milliseconds; no limit is the longest duration there is. */
export const retentionTime: z.ZodType<number> = z.string().transform((given, ctx) => {
  const ms = parseDuration(given);
  if (typeof ms !== 'object') return ms ?? endlessMs;
  ctx.issues.push(issue(given, ms.problem));
  return z.NEVER;
});

export const maxTaskRetryCount: z.ZodType<number> = whole(
  leastTaskRetryCount,
  MAX_INT32,
  'InvalidConstraintValue',
);

/** semantics §1.6 */
export const taskConstraints: z.ZodType<TaskConstraints> = entity({
  maxWallClockTime: maxWallClockTime.optional(),
  retentionTime: retentionTime.default(defaultRetentionTimeMs),
  maxTaskRetryCount: maxTaskRetryCount.optional(),
}).transform(
  ({
    maxWallClockTime: maxWallClockTimeMs,
    retentionTime: retentionTimeMs,
    maxTaskRetryCount: retries,
  }) => ({
    ...(maxWallClockTimeMs !== undefined && { maxWallClockTimeMs }),
    ...(retentionTimeMs !== defaultRetentionTimeMs && { retentionTimeMs }),
    ...(retries !== undefined && { maxTaskRetryCount: retries }),
  }),
);

/** semantics §1.6 */
export const jobConstraints: z.ZodType<JobConstraints> = entity({
  maxWallClockTime: maxWallClockTime.optional(),
  maxTaskRetryCount: maxTaskRetryCount.default(0),
}).transform(({ maxWallClockTime: maxWallClockTimeMs, maxTaskRetryCount: retries }) => ({
  ...(maxWallClockTimeMs !== undefined && { maxWallClockTimeMs }),
  maxTaskRetryCount: retries,
}));
