import { BatchError } from '@berth/core';

export function notFound(entity: 'Job' | 'Node' | 'Pool' | 'Task', id: string): BatchError {
  return new BatchError({
    code: `${entity}NotFound`,
    message: `There is no ${entity.toLowerCase()} "${id}".`,
  });
}
