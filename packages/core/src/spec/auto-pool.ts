import { z } from 'zod';
import { longestAutoPoolIdPrefix } from '../limits.ts';
import type { AutoPoolSpecification, PoolInfo, PoolSpecification } from '../specification.ts';
import { entity } from './entity.ts';
import type { PoolOptions } from './pool.ts';
import { pool } from './pool.ts';
import { issue, problemOf } from './problem.ts';
import { choice, flag, id, text } from './scalars.ts';

type Lifetime = AutoPoolSpecification['poolLifetimeOption'];

/** What a job says of its pool; `lifetimes`: whose an auto pool may be. semantics §1.4, §1.9 */
export function poolInfo(
  options: PoolOptions,
  lifetimes: readonly [Lifetime, ...Lifetime[]],
): z.ZodType<PoolInfo> {
  return entity({
    poolId: id.optional(),
    autoPoolSpecification: autoPool(options, lifetimes).optional(),
  }).transform(({ poolId, autoPoolSpecification }, ctx): PoolInfo => {
    if (poolId !== undefined && autoPoolSpecification !== undefined) {
      const reason = 'must not stand beside poolId: a job has one pool';
      const place = ['autoPoolSpecification'];
      ctx.issues.push(issue({ autoPoolSpecification }, reason, { hideValue: true }, place));
      return z.NEVER;
    }
    if (autoPoolSpecification !== undefined) return { autoPoolSpecification };
    if (poolId !== undefined) return { poolId };
    const missing = { code: 'MissingRequiredProperty' };
    const reason = 'is required where there is no autoPoolSpecification';
    ctx.issues.push(issue({}, reason, missing, ['poolId']));
    return z.NEVER;
  });
}

function autoPool(
  options: PoolOptions,
  lifetimes: readonly [Lifetime, ...Lifetime[]],
): z.ZodType<AutoPoolSpecification> {
  return entity({
    autoPoolIdPrefix: text(
      (prefix) => prefix.length <= longestAutoPoolIdPrefix && /^[A-Za-z0-9_-]*$/.test(prefix),
      `must be at most ${longestAutoPoolIdPrefix} letters, digits, hyphens and underscores`,
    ).optional(),
    poolLifetimeOption: choice(lifetimes),
    keepAlive: flag.default(false),
    pool: poolWithoutId(options),
  });
}

/** A pool as `pools.add` takes it, but for the id, which the engine makes. */
function poolWithoutId(options: PoolOptions): z.ZodType<Omit<PoolSpecification, 'id'>> {
  const whole = pool(options);
  return z.record(z.string(), z.unknown()).transform((given, ctx) => {
    if (given['id'] !== undefined) {
      const details = { code: 'UnsupportedProperty', hideValue: true };
      ctx.issues.push(issue(given, 'is set by the service and cannot be given', details, ['id']));
      return z.NEVER;
    }
    const parsed = whole.safeParse({ ...given, id: 'auto' });
    if (parsed.success) {
      const { id: _id, ...rest } = parsed.data;
      return rest;
    }
    for (const found of parsed.error.issues) {
      const { code, path, reason, sentence, hideValue } = problemOf(found, given);
      const inside = sentence === undefined ? {} : { sentence: () => sentence };
      const details = { code, ...(hideValue && { hideValue }), ...inside };
      ctx.issues.push(issue(given, reason, details, [...path]));
    }
    return z.NEVER;
  });
}
