import { z } from 'zod';
import { leastTaskRetryCount, longestStartTask } from '../limits.ts';
import type { StartTask } from '../specification.ts';
import { containerName } from './blob-names.ts';
import { entity } from './entity.ts';
import { environmentSettings } from './environment.ts';
import { issue } from './problem.ts';
import { resourceFile } from './resource-file.ts';
import { commandLine, flag, MAX_INT32, whole } from './scalars.ts';
import type { SealOptions } from './seal.ts';
import { sealTask } from './seal.ts';
import { identityFields, withIdentity } from './user-identity.ts';

/** What each node of a pool runs when it starts. semantics §1.2, §4.3 */
export function startTask(options: SealOptions): z.ZodType<StartTask> {
  return entity(
    {
      commandLine,
      resourceFiles: z.array(resourceFile(containerName, { sealed: true })).default(() => []),
      environmentSettings: environmentSettings.default(() => []),
      ...identityFields,
      maxTaskRetryCount: whole(leastTaskRetryCount, MAX_INT32, 'InvalidConstraintValue').default(0),
      waitForSuccess: flag.default(true),
    },
    { notBuiltYet: { containerSettings: [] } },
  ).transform((task, ctx): StartTask => {
    const given = withIdentity(task, ctx);
    if (JSON.stringify(given).length > longestStartTask) {
      const reason = `must have at most ${longestStartTask} characters with all that belongs to it`;
      ctx.issues.push(issue(given, reason, { hideValue: true }));
    }
    return sealTask(given, options, ctx);
  });
}
