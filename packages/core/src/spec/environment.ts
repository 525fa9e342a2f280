import { z } from 'zod';
import { largestEnvironment } from '../limits.ts';
import type { EnvironmentSetting } from '../specification.ts';
import { entity } from './entity.ts';
import { text, utf8Length } from './scalars.ts';

const setting: z.ZodType<EnvironmentSetting> = entity({
  name: text((name) => name !== '' && !name.includes('='), 'must not be empty nor contain "="'),
  value: z.string().default(''),
});

/**
 * Environment variables, an absent value being empty. Names and values of one list have at most 32 KB of UTF-8
 * together. `AZ_BATCH_*` are accepted; the system's own win later. semantics §1.14, §12
 */
export const environmentSettings: z.ZodType<EnvironmentSetting[]> = z
  .array(setting)
  .refine((settings) => settings.reduce(addBytes, 0) <= largestEnvironment, {
    error: `must have at most ${largestEnvironment} bytes of names and values together`,
  });

function addBytes(sum: number, { name, value }: EnvironmentSetting): number {
  return sum + utf8Length(name) + utf8Length(value);
}
