import { parseJobSchedule, parseJobSchedulePatch, parseJobScheduleUpdate } from '@berth/core/spec';
import type { CommandLine } from './command-line.ts';
import type { ScenarioCommand } from './commands.ts';
import { poolDoor, throughDoor } from './door.ts';
import { forceOption } from './job-commands.ts';
import { jobScheduleOptions } from './job-schedule-options.ts';
import { withPool } from './pool-info.ts';
import type { Body } from './rest-body.ts';
import { restBody, scheduledTaskOptions } from './rest-body.ts';

type PlainCommand = 'disableJobSchedule' | 'enableJobSchedule';
type EndCommand = 'terminateJobSchedule' | 'deleteJobSchedule';

/** The body of the options, whose jobs are of pool p where nothing else is said; `tasks=n` gives each job so many tasks. */
function scheduleBody(line: CommandLine, given: Body, ifNoTasks: string | undefined): Body {
  const { jobSpecification, ...body } = restBody(line, jobScheduleOptions, given);
  const tasks = line.option('tasks') ?? ifNoTasks;
  if (jobSpecification === undefined && tasks === undefined) return body;
  const taskFactory = {
    type: 'parametricSweep',
    parameterSets: [{ start: 1, end: Number(tasks) }],
    firstTaskId: 1,
    repeatTask: restBody(line, scheduledTaskOptions, { commandLine: 'true' }),
  };
  return {
    ...body,
    jobSpecification: {
      ...withPool((jobSpecification ?? {}) as Body),
      ...(tasks === undefined || tasks === '0' ? {} : { taskFactory }),
    },
  };
}

export const jobScheduleCommands: Record<string, ScenarioCommand> = {
  'add schedule'(world, line) {
    const id = line.word('an id');
    const body = scheduleBody(line, { id }, '1');
    line.end();
    throughDoor(world, () => ({
      type: 'addJobSchedule',
      jobSchedule: parseJobSchedule(body, {}, poolDoor),
    }));
  },
  /** PATCH: what is left out stays. */
  'patch schedule'(world, line) {
    const jobScheduleId = line.word('an id');
    const body = scheduleBody(line, {}, undefined);
    line.end();
    throughDoor(world, () => ({
      type: 'patchJobSchedule',
      jobScheduleId,
      patch: parseJobSchedulePatch(body, {}, poolDoor),
    }));
  },
  /** PUT: what is left out goes back to its default. */
  'update schedule'(world, line) {
    const jobScheduleId = line.word('an id');
    const body = scheduleBody(line, {}, '1');
    line.end();
    throughDoor(world, () => ({
      type: 'patchJobSchedule',
      jobScheduleId,
      patch: parseJobScheduleUpdate(body, {}, poolDoor),
    }));
  },
  'disable schedule': plain('disableJobSchedule'),
  'enable schedule': plain('enableJobSchedule'),
  'terminate schedule': end('terminateJobSchedule'),
  'delete schedule': end('deleteJobSchedule'),
};

function plain(type: PlainCommand): ScenarioCommand {
  return (world, line) => {
    const jobScheduleId = line.word('an id');
    line.end();
    world.send({ type, jobScheduleId });
  };
}

function end(type: EndCommand): ScenarioCommand {
  return (world, line) => {
    const jobScheduleId = line.word('an id');
    const force = forceOption(line);
    line.end();
    world.send({ type, jobScheduleId, ...force });
  };
}
