import { z } from 'zod';
import type {
  JobSpecification,
  PoolSpecification,
  TaskFactory,
  TaskSpecification,
} from '../specification.ts';
import { factoryCount } from '../task-factory.ts';
import { entity } from './entity.ts';
import { jobInFile } from './job.ts';
import type { PoolOptions } from './pool.ts';
import { pool } from './pool.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import type { SealOptions } from './seal.ts';
import { sealJob, sealTask, sealTaskFactory } from './seal.ts';
import { task } from './task.ts';
import { taskFactory } from './task-factory.ts';
import type { Download, Upload } from './transfer.ts';
import { downloads, uploads } from './transfer.ts';

/** (extension) Everything that one run needs, in one file. */
export interface JobFile {
  pool: PoolSpecification;
  job: JobSpecification;
  tasks: TaskSpecification[];
  /** May stand beside tasks: slices and the task that merges them. */
  taskFactory?: TaskFactory;
  uploads: Upload[];
  downloads: Download[];
}

/** How a job file is read, default by default: `pool.vmSize` is `local`, `job.poolInfo` the file's pool. */
export function jobFile(options: PoolOptions & SealOptions): z.ZodType<JobFile> {
  return entity({
    pool: pool(options, 'local'),
    job: jobInFile,
    tasks: z.array(task).default(() => []),
    taskFactory: taskFactory.optional(),
    uploads: uploads.default(() => []),
    downloads: downloads.default(() => []),
    // Read by `jobSimulation`, where somebody simulates; to a run it means nothing.
    simulation: z.unknown().optional(),
  }).transform(({ simulation: _, ...file }, ctx): JobFile => {
    const { pool, job, tasks, taskFactory } = file;
    const add = (path: PropertyKey[], reason: string, details?: ProblemDetails): void => {
      ctx.issues.push(issue(file, reason, details, path));
    };
    const poolInfo = { poolId: pool.id };
    if (job.poolInfo && job.poolInfo.poolId.toLowerCase() !== pool.id.toLowerCase()) {
      add(['job', 'poolInfo', 'poolId'], `must be the id of the file's pool, "${pool.id}"`);
    }
    if (tasks.length === 0 && taskFactory === undefined && job.jobManagerTask === undefined) {
      add(
        ['tasks'],
        'must have at least one task where there is no taskFactory and no jobManagerTask',
        {
          code: 'MissingRequiredProperty',
          hideValue: true,
        },
      );
    }
    if (!job.usesTaskDependencies) {
      for (const path of placesOfDependencies(tasks, taskFactory)) {
        add(path, 'needs usesTaskDependencies: true in the job', {
          code: 'TaskDependenciesNotSpecifiedOnJob',
          hideValue: true,
        });
      }
    }
    for (const { index, takenBy } of takenIds(tasks, taskFactory, job.jobManagerTask?.id)) {
      const id = JSON.stringify(tasks[index]?.id);
      add(['tasks', index, 'id'], `${id} is already the id of ${takenBy}`, {
        code: 'TaskExists',
        hideValue: true,
      });
    }
    return {
      ...file,
      job: { ...sealJob(job, options, ctx, ['job']), poolInfo },
      tasks: tasks.map((task, i) => sealTask(task, options, ctx, ['tasks', i])),
      ...(taskFactory && {
        taskFactory: sealTaskFactory(taskFactory, options, ctx, ['taskFactory']),
      }),
    };
  });
}

function placesOfDependencies(
  tasks: readonly TaskSpecification[],
  factory: TaskFactory | undefined,
): PropertyKey[][] {
  const places: PropertyKey[][] = [];
  for (const [i, { dependsOn }] of tasks.entries()) {
    if (dependsOn) places.push(['tasks', i, 'dependsOn']);
  }
  if (factory?.repeatTask.dependsOn) places.push(['taskFactory', 'repeatTask', 'dependsOn']);
  return places;
}

/** Tasks whose id another has already; ids differ by more than upper and lower case (semantics §0). */
function takenIds(
  tasks: readonly TaskSpecification[],
  factory: TaskFactory | undefined,
  managerId: string | undefined,
): { index: number; takenBy: string }[] {
  const taken: { index: number; takenBy: string }[] = [];
  const seen = new Map<string, number>();
  const first = factory?.firstTaskId ?? 0;
  const end = factory === undefined ? 0 : first + factoryCount(factory);
  for (const [index, { id }] of tasks.entries()) {
    const key = id.toLowerCase();
    const other = seen.get(key);
    if (key === managerId?.toLowerCase()) taken.push({ index, takenBy: 'the jobManagerTask' });
    else if (other !== undefined) taken.push({ index, takenBy: `tasks[${other}]` });
    else seen.set(key, index);
    if (/^(0|[1-9]\d*)$/.test(id) && Number(id) >= first && Number(id) < end) {
      taken.push({
        index,
        takenBy: `a task of the taskFactory, which makes ${first} to ${end - 1}`,
      });
    }
  }
  return taken;
}
