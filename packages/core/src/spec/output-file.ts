import { z } from 'zod';
import type { OutputFile } from '../specification.ts';
import { blobPath } from './blob-names.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { containerUrl } from './resource-file.ts';
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
      container: destination(containerName),
    }),
    uploadOptions: entity({
      uploadCondition: choice(['taskcompletion', 'tasksuccess', 'taskfailure']).default(
        'taskcompletion',
      ),
    }).default(() => ({ uploadCondition: 'taskcompletion' as const })),
  });
}

type Destination = OutputFile['destination']['container'];

/** Exactly one container. A URL's secrets are sealed with the rest of the task (seal.ts). */
function destination(containerName: z.ZodType<string>): z.ZodType<Destination> {
  return entity(
    {
      containerUrl: containerUrl.optional(),
      autoStorageContainerName: containerName.optional(),
      path: blobPath.optional(),
    },
    { notBuiltYet: { identityReference: [], uploadHeaders: [[]] } },
  ).transform((given, ctx): Destination => {
    const { containerUrl: url, autoStorageContainerName, path } = given;
    const at = path === undefined ? {} : { path };
    if (url !== undefined && autoStorageContainerName === undefined) {
      return { containerUrl: url, ...at };
    }
    if (url === undefined && autoStorageContainerName !== undefined) {
      return { autoStorageContainerName, ...at };
    }
    const reason = 'must have exactly one of containerUrl and autoStorageContainerName';
    ctx.issues.push(issue(given, reason, { hideValue: true }));
    return z.NEVER;
  });
}
