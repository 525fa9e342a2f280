import type { z } from 'zod';
import type { CloudServiceConfiguration } from '../specification.ts';
import { entity } from './entity.ts';
import { text } from './scalars.ts';

const named = text((value) => value.trim() !== '', 'must not be empty');

/** The operating system of a pool's nodes, which can change. semantics §1.2, ruling 12 */
export const cloudServiceConfiguration: z.ZodType<CloudServiceConfiguration> = entity(
  { osFamily: named, targetOSVersion: named.default('*') },
  { readOnly: ['currentOSVersion'] },
);

/** The body of POST upgradeos. semantics §2.1 */
export const upgradeOS: z.ZodType<{ targetOSVersion: string }> = entity({ targetOSVersion: named });
