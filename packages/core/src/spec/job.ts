import type { z } from 'zod';
import { highestPriority, lowestPriority } from '../limits.ts';
import type {
  DisableTasks,
  JobPatch,
  JobSpecification,
  OnAllTasksComplete,
  ScheduledJobSpecification,
} from '../specification.ts';
import { poolInfo } from './auto-pool.ts';
import { jobConstraints } from './constraints.ts';
import type { OtherNames } from './entity.ts';
import { entity, stateProperties } from './entity.ts';
import { environmentSettings } from './environment.ts';
import { jobManagerTask, jobPreparationTask, jobReleaseTask, judgeJobTasks } from './job-tasks.ts';
import { metadata } from './metadata.ts';
import { jobNetworkConfiguration } from './network-configuration.ts';
import type { PoolOptions } from './pool.ts';
import { remembered } from './remembered.ts';
import { choice, displayName, flag, id, MAX_INT32, whole } from './scalars.ts';
import { taskFactory } from './task-factory.ts';

const readOnly = [...stateProperties, 'executionInfo', 'stats'];

const priority = whole(lowestPriority, highestPriority, 'OutOfRangePriority');
const onAllTasksComplete: z.ZodType<OnAllTasksComplete> = choice(['noaction', 'terminatejob']);
const namedPool: z.ZodType<{ poolId: string }> = entity(
  { poolId: id },
  { notBuiltYet: { autoPoolSpecification: [] } },
);

/** semantics §2.4 */
export const disableTasks: z.ZodType<DisableTasks> = choice(['requeue', 'terminate', 'wait']);

/** Any number is no limit, and comes out as none. */
const maxParallelTasks = whole(-1, MAX_INT32).refine(
  (limit) => limit !== 0,
  'must be -1 or at least 1',
);
const noLimit = (limit: number): number | undefined => (limit === -1 ? undefined : limit);
const onTaskFailure = choice(['noaction', 'performexitoptionsjobaction']).transform((action) =>
  action === 'noaction' ? undefined : action,
);

/** Properties of a job that mean the same wherever it stands. */
const everywhere = {
  displayName: displayName.optional(),
  priority: priority.default(0),
  constraints: jobConstraints.default(() => ({ maxTaskRetryCount: 0 })),
  commonEnvironmentSettings: environmentSettings.default(() => []),
  onTaskFailure: onTaskFailure.optional(),
  maxParallelTasks: maxParallelTasks.transform(noLimit).optional(),
  allowTaskPreemption: flag.transform((allowed) => (allowed ? true : undefined)).optional(),
  usesTaskDependencies: flag.default(false),
  jobManagerTask: jobManagerTask.optional(),
  jobPreparationTask: jobPreparationTask.optional(),
  jobReleaseTask: jobReleaseTask.optional(),
  networkConfiguration: jobNetworkConfiguration.optional(),
  metadata: metadata.default(() => []),
};

const others: OtherNames = {
  readOnly,
};

const common = {
  ...everywhere,
  onAllTasksComplete: onAllTasksComplete.default('noaction'),
};

/** semantics §1.4 */
export const job: (options: PoolOptions) => z.ZodType<JobSpecification> = remembered((options) =>
  entity({ id, ...common, poolInfo: poolInfo(options, ['job']) }, others).transform(judgeJobTasks),
);

/** What a job schedule makes its jobs of: a job without an id, and (extension) its tasks. semantics §1.8 */
export function scheduledJob(options: PoolOptions): z.ZodType<ScheduledJobSpecification> {
  return entity(
    {
      ...common,
      poolInfo: poolInfo(options, ['job', 'jobschedule']),
      taskFactory: taskFactory.optional(),
    },
    { ...others, readOnly: ['id', ...readOnly] },
  ).transform(judgeJobTasks);
}

/** A job as it stands in a job file. */
export type JobInFile = Omit<JobSpecification, 'poolInfo'> & { poolInfo?: { poolId: string } };

/** In a job file the pool is the file's, and a job ends with its tasks unless it says otherwise. */
export const jobInFile: z.ZodType<JobInFile> = entity(
  {
    id,
    ...everywhere,
    poolInfo: namedPool.optional(),
    onAllTasksComplete: onAllTasksComplete.default('terminatejob'),
  },
  others,
).transform(judgeJobTasks);

/** What PATCH and PUT cannot change. */
const unchanging: OtherNames = {
  readOnly,
  fixed: [
    'id',
    'displayName',
    'commonEnvironmentSettings',
    'usesTaskDependencies',
    'onTaskFailure',
    'jobManagerTask',
    'jobPreparationTask',
    'jobReleaseTask',
    'networkConfiguration',
  ],
};

/** Only given elements change; of given constraints, what is left out goes back to its default. semantics §1.4 */
export const jobPatch: (options: PoolOptions) => z.ZodType<JobPatch> = remembered((options) =>
  entity(
    {
      priority: priority.optional(),
      constraints: jobConstraints.optional(),
      onAllTasksComplete: onAllTasksComplete.optional(),
      maxParallelTasks: maxParallelTasks.optional(),
      allowTaskPreemption: flag.optional(),
      poolInfo: poolInfo(options, ['job', 'jobschedule']).optional(),
      metadata: metadata.optional(),
    },
    unchanging,
  ),
);

/** What is left out goes back to its default. semantics §1.4 */
export const jobUpdate: (options: PoolOptions) => z.ZodType<Required<JobPatch>> = remembered(
  (options) =>
    entity(
      {
        priority: priority.default(0),
        constraints: jobConstraints.default(() => ({ maxTaskRetryCount: 0 })),
        onAllTasksComplete: onAllTasksComplete.default('noaction'),
        maxParallelTasks: maxParallelTasks.default(-1),
        allowTaskPreemption: flag.default(false),
        poolInfo: poolInfo(options, ['job', 'jobschedule']),
        metadata: metadata.default(() => []),
      },
      unchanging,
    ),
);
