import { z } from 'zod';
import { leastScheduleSpanMs } from '../limits.ts';
import type { JobSchedulePatch, JobScheduleSpecification, Schedule } from '../specification.ts';
import { parseDateTime } from './date-time.ts';
import { parseDuration } from './duration.ts';
import { entity, stateProperties } from './entity.ts';
import { scheduledJob } from './job.ts';
import { metadata } from './metadata.ts';
import type { PoolOptions } from './pool.ts';
import { issue } from './problem.ts';
import { remembered } from './remembered.ts';
import { displayName, id } from './scalars.ts';

/** semantics §7 */

const dateTime: z.ZodType<number> = z.string().transform((given, ctx) => {
  const at = parseDateTime(given);
  if (at !== undefined) return at;
  const reason = 'must be an ISO 8601 date and time with its offset such as 2016-05-12T08:30:00Z';
  ctx.issues.push(issue(given, reason));
  return z.NEVER;
});

/** Milliseconds; `undefined` = infinite. */
const duration: z.ZodType<number | undefined> = z.string().transform((given, ctx) => {
  const ms = parseDuration(given);
  if (typeof ms === 'object') ctx.issues.push(issue(given, ms.problem));
  else if (ms === undefined || ms >= leastScheduleSpanMs) return ms;
  else ctx.issues.push(issue(given, 'must be at least PT1M'));
  return z.NEVER;
});

const schedule: z.ZodType<Schedule> = entity({
  doNotRunUntil: dateTime.optional(),
  doNotRunAfter: dateTime.optional(),
  startWindow: duration.optional(),
  recurrenceInterval: duration.optional(),
}).transform((given, ctx): Schedule => {
  const {
    doNotRunUntil: doNotRunUntilMs,
    doNotRunAfter: doNotRunAfterMs,
    startWindow: startWindowMs,
    recurrenceInterval: recurrenceIntervalMs,
  } = given;
  if ((doNotRunUntilMs ?? -Infinity) > (doNotRunAfterMs ?? Infinity)) {
    const reason = 'must not be before doNotRunUntil: no job would ever be made';
    ctx.issues.push(issue(given, reason, { hideValue: true }, ['doNotRunAfter']));
  }
  return {
    ...(doNotRunUntilMs !== undefined && { doNotRunUntilMs }),
    ...(doNotRunAfterMs !== undefined && { doNotRunAfterMs }),
    ...(startWindowMs !== undefined && { startWindowMs }),
    ...(recurrenceIntervalMs !== undefined && { recurrenceIntervalMs }),
  };
});

const readOnly = [...stateProperties, 'executionInfo', 'stats'];

const fixed = ['id', 'displayName'];

/** semantics §1.8, §7 */
export const jobSchedule: (options: PoolOptions) => z.ZodType<JobScheduleSpecification> =
  remembered((options) =>
    entity(
      {
        id,
        displayName: displayName.optional(),
        schedule: schedule.default(() => ({})),
        jobSpecification: scheduledJob(options),
        metadata: metadata.default(() => []),
      },
      { readOnly },
    ),
  );

/** What is left out stays. semantics §1.8 */
export const jobSchedulePatch: (options: PoolOptions) => z.ZodType<JobSchedulePatch> = remembered(
  (options) =>
    entity(
      {
        schedule: schedule.optional(),
        jobSpecification: scheduledJob(options).optional(),
        metadata: metadata.optional(),
      },
      { readOnly, fixed },
    ),
);

/** What is left out goes back to its default. semantics §1.8 */
export const jobScheduleUpdate: (options: PoolOptions) => z.ZodType<Required<JobSchedulePatch>> =
  remembered((options) =>
    entity(
      {
        schedule: schedule.default(() => ({})),
        jobSpecification: scheduledJob(options),
        metadata: metadata.default(() => []),
      },
      { readOnly, fixed },
    ),
  );
