import { formatTime } from './calendar.ts';
import type { Job } from './job.ts';
import type { JobSchedule } from './job-schedule.ts';
import type { Pool } from './pool.ts';
import type { World } from './world.ts';

/*
 * `stats` (semantics §1.2, §1.4, §1.8), as far as the engine knows them exactly and without work when a task starts or
 * ends: docs/statistics.md says what is left out.
 */

/** Counts over tasks since a job was made: those that are gone or active again are in it. */
export interface TaskStatistics {
  numSucceededTasks: number;
  numFailedTasks: number;
  /** Runs of a task that had failed before, by its maxTaskRetryCount. */
  numTaskRetries: number;
}

interface StatisticsTimes {
  startTime: string;
  lastUpdateTime: string;
}

export interface JobStatistics extends StatisticsTimes, TaskStatistics {}

/** Over all jobs that it has made, those that are gone as well. */
export interface JobScheduleStatistics extends StatisticsTimes, TaskStatistics {
  /** (extension) jobs that it has made. */
  numJobs: number;
}

export interface PoolStatistics extends StatisticsTimes {
  /** (extension) From the request for each node until it was gone, together, ms. */
  dedicatedNodeTimeMs: number;
  lowPriorityNodeTimeMs: number;
}

export function taskStatistics(job: Job): TaskStatistics {
  const { succeeded, failed } = job.completions;
  return {
    numSucceededTasks: succeeded,
    numFailedTasks: failed,
    numTaskRetries: job.numTaskRetries,
  };
}

export function jobStatistics({ now }: World, job: Job): JobStatistics {
  return { ...times(job, now), ...taskStatistics(job) };
}

export function jobScheduleStatistics(world: World, schedule: JobSchedule): JobScheduleStatistics {
  const jobs = [...schedule.jobs].map((number) => taskStatistics(world.jobs[number]!));
  const all = jobs.reduce(sum, schedule.formerJobs);
  return { ...times(schedule, world.now), numJobs: schedule.jobCount, ...all };
}

/** To be called before a job goes: its schedule goes on counting what it has counted. */
export function keepStatistics(world: World, job: Job): void {
  const schedule = world.jobSchedules[job.schedule];
  if (schedule !== undefined) schedule.formerJobs = sum(schedule.formerJobs, taskStatistics(job));
}

/** Costs the nodes that there have ever been. */
export function poolStatistics(world: World, pool: Pool): PoolStatistics {
  let dedicatedNodeTimeMs = 0;
  let lowPriorityNodeTimeMs = 0;
  for (const node of world.nodes) {
    if (node.pool !== pool.number) continue;
    const end = node.state === 'gone' ? node.stateTransitionTime : world.now;
    if (node.isDedicated) dedicatedNodeTimeMs += end - node.allocationTime;
    else lowPriorityNodeTimeMs += end - node.allocationTime;
  }
  return { ...times(pool, world.now), dedicatedNodeTimeMs, lowPriorityNodeTimeMs };
}

function sum(one: TaskStatistics, other: TaskStatistics): TaskStatistics {
  return {
    numSucceededTasks: one.numSucceededTasks + other.numSucceededTasks,
    numFailedTasks: one.numFailedTasks + other.numFailedTasks,
    numTaskRetries: one.numTaskRetries + other.numTaskRetries,
  };
}

function times({ creationTime }: { creationTime: number }, now: number): StatisticsTimes {
  return { startTime: formatTime(creationTime), lastUpdateTime: formatTime(now) };
}
