import { z } from 'zod';
import { mostMetadataItems } from '../limits.ts';
import type { MetadataItem } from '../specification.ts';
import { entity } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { text } from './scalars.ts';

const item: z.ZodType<MetadataItem> = entity({
  name: text((name) => name !== '', 'must not be empty', 'EmptyMetadataKey'),
  value: z.string(),
});

const tooLarge: ProblemDetails = { code: 'MetadataTooLarge' };

/** semantics §0, §12 */
export const metadata: z.ZodType<MetadataItem[]> = z
  .array(item)
  .refine((items) => items.length <= mostMetadataItems, {
    error: `must have at most ${mostMetadataItems} items`,
    params: tooLarge,
  });
