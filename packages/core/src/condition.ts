import type { Command } from './command.ts';
import type { BatchErrorBody } from './errors.ts';
import { eTagOf, taskETag } from './etag.ts';
import { refuse } from './refusal.ts';
import type { World } from './world.ts';

/** `ifMatch` that any state of the entity meets. */
export const anyETag = '*';

/**
 * The refusal of a command whose `ifMatch` is not the eTag of what it would change (semantics §14.2). Of what is not
 * there the command says so itself.
 */
export function refuseUnmet(world: World, command: Command): BatchErrorBody | undefined {
  const { ifMatch } = command;
  if (ifMatch === undefined) return undefined;
  const subject = subjectOf(command);
  if (subject === undefined) {
    return refuse(
      'InvalidPropertyValue',
      `${command.type} takes no ifMatch: only changes of pools, jobs, tasks and job schedules do.`,
      { PropertyName: 'ifMatch' },
    );
  }
  const eTag = subject.eTag(world);
  if (eTag === undefined || ifMatch === anyETag || ifMatch === eTag) return undefined;
  return refuse(
    'ConditionNotMet',
    `${subject.name} has the eTag ${eTag}, not ${ifMatch}: it has changed since; read it again.`,
  );
}

interface Subject {
  name: string;
  /** `undefined` if it is not there. */
  eTag(world: World): string | undefined;
}

/** What a command changes, if that has an eTag: nodes have none, and what is added is not there yet. */
function subjectOf(command: Command): Subject | undefined {
  if ('nodeId' in command || command.type === 'addTasks' || command.type === 'addTaskFactory') {
    return undefined;
  }
  if ('taskId' in command) {
    const { jobId, taskId } = command;
    return {
      name: `The task "${taskId}"`,
      eTag: (world) => {
        const job = world.job(jobId);
        const row = job?.find(taskId) ?? -1;
        return job === undefined || row === -1 ? undefined : taskETag(job, row);
      },
    };
  }
  if ('jobId' in command) return entity('job', command.jobId, (world) => world.job(command.jobId));
  if ('poolId' in command) {
    return entity('pool', command.poolId, (world) => world.pool(command.poolId));
  }
  if ('jobScheduleId' in command) {
    const { jobScheduleId } = command;
    return entity('job schedule', jobScheduleId, (world) => world.jobSchedule(jobScheduleId));
  }
  return undefined;
}

function entity(
  kind: string,
  id: string,
  find: (world: World) => Parameters<typeof eTagOf>[0] | undefined,
): Subject {
  return {
    name: `The ${kind} "${id}"`,
    eTag: (world) => {
      const found = find(world);
      return found === undefined ? undefined : eTagOf(found);
    },
  };
}
