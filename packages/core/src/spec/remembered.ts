import type { z } from 'zod';
import type { PoolOptions } from './pool.ts';

/** The schema of each options, made when it is first asked for: making one costs more than reading by it. */
export function remembered<T>(
  make: (options: PoolOptions) => z.ZodType<T>,
): (options: PoolOptions) => z.ZodType<T> {
  const schemas = new WeakMap<PoolOptions, z.ZodType<T>>();
  return (options) => {
    const known = schemas.get(options);
    if (known !== undefined) return known;
    const made = make(options);
    schemas.set(options, made);
    return made;
  };
}
