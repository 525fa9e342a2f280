import { autoPoolOptions } from './pool-info.ts';
import type { BodyOptions } from './rest-body.ts';
import { jobOptions } from './rest-body.ts';
import { scenarioStart } from './scenario-world.ts';
import { parseSpan } from './time-span.ts';

const text = (value: string): unknown => value;

/** Of each of its jobs, and of the schedule itself. */
export const jobScheduleOptions: BodyOptions = {
  ...Object.fromEntries(
    Object.entries({ ...jobOptions, ...autoPoolOptions }).map(([name, [path, read]]) => [
      name,
      [`jobSpecification.${path}`, read],
    ]),
  ),
  doNotRunUntil: ['schedule.doNotRunUntil', moment],
  doNotRunAfter: ['schedule.doNotRunAfter', moment],
  startWindow: ['schedule.startWindow', text],
  recurrenceInterval: ['schedule.recurrenceInterval', text],
};

/** `10m`: so long after the beginning of the scenario. */
function moment(span: string): unknown {
  const milliseconds = parseSpan(span);
  return milliseconds === undefined ? span : new Date(scenarioStart + milliseconds).toISOString();
}
