import { z } from 'zod';
import type { BatchErrorBody } from '../errors.ts';
import { BatchError } from '../errors.ts';
import { largestTaskCollection, mostTasksPerCollection } from '../limits.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { demand } from './read.ts';

const collection = entity({
  value: z.array(z.unknown()).superRefine((tasks, ctx) => {
    if (tasks.length <= mostTasksPerCollection) return;
    const reason = `must have at most ${mostTasksPerCollection} tasks, and has ${tasks.length}`;
    ctx.issues.push(issue(tasks, reason, { hideValue: true }));
  }),
});

/** The tasks in the body of POST addtaskcollection, not looked at yet; `bytes`: how long the body was. semantics §12 */
export function taskCollection(body: unknown, bytes: number): unknown[] {
  if (bytes >= largestTaskCollection) throw new BatchError(tooLarge(bytes));
  return demand(collection, body, { name: 'task collection' }).value;
}

function tooLarge(bytes: number): BatchErrorBody {
  return {
    code: 'RequestBodyTooLarge',
    message: `the task collection has ${bytes} bytes, and must have less than ${largestTaskCollection}: add it in parts`,
  };
}
