import { BatchError } from '@berth/core';

export function notFound(
  entity: 'Application' | 'Job' | 'JobSchedule' | 'Node' | 'Pool' | 'Task',
  id: string,
): BatchError {
  const name = entity === 'JobSchedule' ? 'job schedule' : entity.toLowerCase();
  return new BatchError({ code: `${entity}NotFound`, message: `There is no ${name} "${id}".` });
}
