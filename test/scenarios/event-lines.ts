import type { EngineEvent } from '@berth/core';
import { accountPrefix } from './account-words.ts';

/** Changes of state as lines; several of one entity in a row are one: `job j: active → terminating → completed`. */
export function eventLines(events: readonly EngineEvent[]): { at: number; text: string }[] {
  const lines: { at: number; subject: string; states: string[]; result: string }[] = [];
  for (const event of events) {
    if (isToldElsewhere(event)) continue;
    const { at, from, to } = event;
    const subject = accountPrefix(event.accountName) + subjectOf(event);
    const result =
      event.entity === 'task' && event.result !== undefined ? ` (${event.result})` : '';
    const last = lines.at(-1);
    if (last?.subject === subject && last.at === at && last.states.at(-1) === from) {
      last.states.push(to);
      last.result = result;
    } else {
      lines.push({ at, subject, states: [from, to], result });
    }
  }
  return lines.map(({ at, subject, states, result }) => ({
    at,
    text: `${subject}: ${states.join(' → ')}${result}`,
  }));
}

/**
 * A start tells that its task runs; starts and ends tell whether a node is idle or running; the sizes of pools and the
 * scheduling of nodes are shown.
 */
function isToldElsewhere({ entity, from, to }: EngineEvent): boolean {
  if (entity === 'allocation' || entity === 'scheduling') return true;
  if (entity === 'task') return to === 'running';
  return entity === 'node' && [from, to].every((state) => state === 'idle' || state === 'running');
}

function subjectOf(event: EngineEvent): string {
  switch (event.entity) {
    case 'account':
      return `account ${event.accountName}`;
    case 'pool':
      return `pool ${event.poolId}`;
    case 'node':
      return `node ${event.poolId}/${event.nodeId}`;
    case 'allocation':
      return `allocation of ${event.poolId}`;
    case 'scheduling':
      return `scheduling of ${event.poolId}/${event.nodeId}`;
    case 'job':
      return `job ${event.jobId}`;
    case 'jobSchedule':
      return `schedule ${event.jobScheduleId}`;
    case 'applicationPackage':
      return `package ${event.applicationId}@${event.version}`;
    case 'certificate':
      return `certificate ${event.thumbprint}`;
    case 'task':
      return `task ${event.jobId}/${event.taskId}`;
  }
}
