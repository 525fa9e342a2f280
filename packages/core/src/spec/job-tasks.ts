import { z } from 'zod';
import { defaultRetentionTimeMs } from '../retention.ts';
import type {
  JobManagerTask,
  JobPreparationTask,
  JobReleaseTask,
  ScheduledJobSpecification,
} from '../specification.ts';
import { applicationPackageReferences } from './application-package-references.ts';
import { containerName } from './blob-names.ts';
import {
  maxTaskRetryCount,
  maxWallClockTime,
  retentionTime,
  taskConstraints,
} from './constraints.ts';
import { entity } from './entity.ts';
import { environmentSettings } from './environment.ts';
import { outputFile } from './output-file.ts';
import { issue } from './problem.ts';
import { resourceFile } from './resource-file.ts';
import { commandLine, displayName, flag, id, MAX_INT32, whole } from './scalars.ts';
import { identityFields, withIdentity } from './user-identity.ts';

/** semantics §1.6, §8 */
const MOST_RELEASE_MS = 15 * 60_000;

const common = {
  commandLine,
  resourceFiles: z.array(resourceFile(containerName, { sealed: true })).default(() => []),
  environmentSettings: environmentSettings.default(() => []),
  ...identityFields,
};
const notBuiltYet = { containerSettings: [] };

/** semantics §1.7 */
export const jobManagerTask: z.ZodType<JobManagerTask> = entity(
  {
    id,
    displayName: displayName.optional(),
    ...common,
    outputFiles: z.array(outputFile(containerName)).default(() => []),
    constraints: taskConstraints.default(() => ({})),
    requiredSlots: whole(1, MAX_INT32).default(1),
    applicationPackageReferences: applicationPackageReferences
      .transform((references) => (references.length === 0 ? undefined : references))
      .optional(),
    killJobOnCompletion: flag.default(true),
    runExclusive: flag.default(true),
    allowLowPriorityNode: flag.default(true),
  },
  {
    notBuiltYet: {
      ...notBuiltYet,
      authenticationTokenSettings: [{ access: [] }, {}],
    },
  },
).transform(withIdentity);

/** semantics §1.7 */
export const jobPreparationTask: z.ZodType<JobPreparationTask> = entity(
  {
    id: id.default('jobpreparation'),
    ...common,
    constraints: taskConstraints.default(() => ({})),
    waitForSuccess: flag.default(true),
    rerunOnNodeRebootAfterSuccess: flag.default(true),
  },
  { notBuiltYet },
).transform(withIdentity);

const releaseTime = maxWallClockTime.transform((ms, ctx): number => {
  if (ms !== undefined && ms <= MOST_RELEASE_MS) return ms;
  ctx.issues.push(issue(ms, 'must be at most PT15M', { code: 'InvalidConstraintValue' }));
  return z.NEVER;
});

/** semantics §1.7; maxTaskRetryCount: ruling 5. */
export const jobReleaseTask: z.ZodType<JobReleaseTask> = entity(
  {
    id: id.default('jobrelease'),
    ...common,
    maxWallClockTime: releaseTime.default(MOST_RELEASE_MS),
    maxTaskRetryCount: maxTaskRetryCount.default(0),
    retentionTime: retentionTime.optional(),
  },
  { notBuiltYet },
)
  .transform(withIdentity)
  .transform(({ maxWallClockTime: maxWallClockTimeMs, retentionTime, ...rest }) => ({
    ...rest,
    maxWallClockTimeMs,
    ...(retentionTime !== undefined &&
      retentionTime !== defaultRetentionTimeMs && { retentionTimeMs: retentionTime }),
  }));

type WithJobTasks = Pick<
  ScheduledJobSpecification,
  'jobManagerTask' | 'jobPreparationTask' | 'jobReleaseTask'
>;

/** What the tasks of a job's own mean together (semantics §1.4). */
export function judgeJobTasks<Job extends WithJobTasks>(job: Job, ctx: z.core.ParsePayload): Job {
  if (job.jobReleaseTask !== undefined && job.jobPreparationTask === undefined) {
    const reason = 'needs a jobPreparationTask beside it';
    ctx.issues.push(issue(job, reason, { hideValue: true }, ['jobReleaseTask']));
  }
  const names = ['jobManagerTask', 'jobPreparationTask', 'jobReleaseTask'] as const;
  const taken = new Map<string, string>();
  for (const name of names) {
    const taskId = job[name]?.id;
    if (taskId === undefined) continue;
    const other = taken.get(taskId.toLowerCase());
    if (other === undefined) taken.set(taskId.toLowerCase(), name);
    else ctx.issues.push(issue(job, `must be another than that of the ${other}`, {}, [name, 'id']));
  }
  return job;
}
