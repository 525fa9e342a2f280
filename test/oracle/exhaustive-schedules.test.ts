import type { AutoPoolSpecification, Command, JobScheduleSpecification } from '@berth/core';
import { parseJobSchedule } from '@berth/core/spec';
import { describe, expect, test } from 'vitest';
import { timeout } from './check.ts';
import type { Place, SmallWorld } from './small-world.ts';
import { explore } from './small-world.ts';

// Job schedules and the pools that are made for their jobs, in every order in which things can happen.

function schedule(
  poolLifetimeOption: AutoPoolSpecification['poolLifetimeOption'],
  targetDedicatedNodes: number = 1,
): JobScheduleSpecification {
  const pool = { vmSize: 'local', targetDedicatedNodes };
  const parsed = parseJobSchedule({
    id: 's',
    jobSpecification: {
      poolInfo: { autoPoolSpecification: { poolLifetimeOption, pool } },
      onAllTasksComplete: 'terminatejob',
      taskFactory: {
        type: 'parametricSweep',
        parameterSets: [{ start: 1, end: 1 }],
        firstTaskId: 1,
        repeatTask: { commandLine: 'run' },
      },
    },
  });
  // Shorter than the door lets in: a tick is an interval.
  return { ...parsed, schedule: { recurrenceIntervalMs: 1_000 } };
}

const jobScheduleId = 's';
const tick: Command = { type: 'tick' };
const small = { tickMs: 1_000, losses: 0, exitCodes: [0] };

const worlds: Record<string, SmallWorld> = {
  'jobs with a pool of their own, of a schedule that is disabled and enabled': {
    ...small,
    setup: [{ type: 'addJobSchedule', jobSchedule: schedule('job') }],
    commands: [
      tick,
      tick,
      { type: 'disableJobSchedule', jobScheduleId },
      { type: 'enableJobSchedule', jobScheduleId },
    ],
  },
  'jobs that share a pool, of a schedule that gets another one, is terminated and deleted': {
    ...small,
    setup: [{ type: 'addJobSchedule', jobSchedule: schedule('jobschedule') }],
    commands: [
      tick,
      tick,
      {
        type: 'patchJobSchedule',
        jobScheduleId,
        patch: { jobSpecification: schedule('jobschedule', 0).jobSpecification },
      },
      { type: 'terminateJob', jobId: 's:job-1' },
      { type: 'terminateJobSchedule', jobScheduleId },
      { type: 'deleteJobSchedule', jobScheduleId },
    ],
  },
};

describe('in every interleaving of time, commands and reports schedules keep what they promise', () => {
  for (const [name, world] of Object.entries(worlds)) {
    test(
      name,
      () => {
        const { states, moves, ends } = explore(world, (place, isEnd) => {
          const wrong = [...place.engine.validate(), ...broken(place, isEnd)];
          if (wrong.length > 0) throw new Error(`${wrong.join()}\n${JSON.stringify(place.path)}`);
        });
        console.log(`${name}: ${states} states, ${moves} moves, ${ends} ends`);
        expect(ends).toBeGreaterThan(0);
      },
      timeout,
    );
  }
});

function broken({ engine: { queries } }: Place, isEnd: boolean): string[] {
  const wrong: string[] = [];
  const jobs = queries.jobs();
  const schedules = queries.jobSchedules();
  const underWay = jobs.filter(({ state }) => state !== 'completed');
  // What is being deleted is asked to end all at once.
  if (underWay.length > 1 && schedules[0]?.state !== 'deleting') wrong.push('two jobs at a time');
  if (queries.pools().filter(({ state }) => state === 'active').length > 1) {
    wrong.push('two pools at a time');
  }
  if (!isEnd) return wrong;
  if (schedules.some(({ state }) => state === 'terminating' || state === 'deleting')) {
    wrong.push('the end of a schedule never comes');
  }
  const isOver = schedules.every(({ state }) => state === 'completed');
  if (isOver && queries.pools().length > 0) wrong.push('a pool is left over');
  return wrong;
}
