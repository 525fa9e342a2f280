import type { z } from 'zod';
import type { OutputFile } from '../specification.ts';
import { blobPath } from './blob-names.ts';
import { entity } from './entity.ts';
import { choice, text } from './scalars.ts';

/** Relative to the working directory, and free to leave it: `../stdout.txt` is the usual example. */
const filePattern = text(
  (pattern) => pattern !== '' && pattern.length <= 1024,
  'must be 1 to 1024 characters',
);

/** Files that a task leaves in a container. semantics §1.13, §5 */
export function outputFile(containerName: z.ZodType<string>): z.ZodType<OutputFile> {
  return entity({
    filePattern,
    destination: entity({
      container: entity(
        { autoStorageContainerName: containerName, path: blobPath.optional() },
        { notBuiltYet: { containerUrl: [], identityReference: [], uploadHeaders: [[]] } },
      ),
    }),
    uploadOptions: entity({
      uploadCondition: choice(['taskcompletion', 'tasksuccess', 'taskfailure']).default(
        'taskcompletion',
      ),
    }).default(() => ({ uploadCondition: 'taskcompletion' as const })),
  });
}
