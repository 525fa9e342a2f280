import { z } from 'zod';
import type { MultiInstanceSettings } from '../specification.ts';
import { entity } from './entity.ts';
import { resourceFile } from './resource-file.ts';
import { commandLine, MAX_INT32, whole } from './scalars.ts';

/** semantics §9 */
export function multiInstanceSettings(
  containerName: z.ZodType<string>,
): z.ZodType<MultiInstanceSettings> {
  return entity({
    numberOfInstances: whole(1, MAX_INT32).default(1),
    coordinationCommandLine: commandLine,
    commonResourceFiles: z.array(resourceFile(containerName, { sealed: true })).default(() => []),
  });
}
