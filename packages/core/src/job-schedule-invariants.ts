import { hasActiveQuotaReached } from './account-quotas.ts';
import type { JobSchedule } from './job-schedule.ts';
import { deadlineOf } from './job-schedule-rules.ts';
import { isOver, isWaiting } from './recurrence.ts';
import type { World } from './world.ts';

/** What does not hold of the job schedules, as sentences (semantics §7). */
export function brokenSchedules(world: World): string[] {
  const wrong = world.jobSchedules.flatMap((schedule) =>
    schedule === undefined
      ? []
      : broken(world, schedule).map((what) => `job schedule ${schedule.specification.id}: ${what}`),
  );
  if (world.endedJobs.length > 0) wrong.push('jobs are left to be followed up');
  return wrong;
}

function broken(world: World, schedule: JobSchedule): string[] {
  const wrong: string[] = [];
  const { state, activeJob, recurrence, lastJobTime } = schedule;
  const jobs = world.jobs.flatMap((job) => (job?.schedule === schedule.number ? [job] : []));
  const numbers = jobs.map(({ number }) => number);
  if (numbers.join() !== [...schedule.jobs].join()) {
    wrong.push(`knows the jobs ${[...schedule.jobs]}, has ${numbers}`);
  }
  const unfinished = jobs.filter((job) => job.state !== 'completed');
  if (state !== 'deleting') {
    const expected = unfinished.map(({ number }) => number).join() || '-1';
    if (expected !== String(activeJob)) wrong.push(`active is job ${expected}, not ${activeJob}`);
  }
  const isFull = hasActiveQuotaReached(world.accounts.of(schedule));
  if (activeJob === -1) {
    if (state === 'active' && isWaiting(recurrence, lastJobTime, world.now) && !isFull) {
      wrong.push('an occurrence waits for nothing');
    }
    const open = state === 'active' || state === 'disabled';
    if (open && isOver(recurrence, lastJobTime, world.now)) wrong.push(`is ${state} and over`);
    if (state === 'terminating') wrong.push('is terminating and has no job that is not completed');
  }
  if (state === 'deleting' && jobs.length === 0) wrong.push('is deleting and has no jobs');
  if ((state === 'completed') !== (schedule.endTime !== undefined) && state !== 'deleting') {
    wrong.push(`is ${state} with endTime ${schedule.endTime}`);
  }
  const deadline = world.jobScheduleDeadlines.timeOf(schedule.number);
  if (deadline !== deadlineOf(world, schedule)) {
    wrong.push(`is due at ${deadline}, must be at ${deadlineOf(world, schedule)}`);
  }
  return wrong;
}
