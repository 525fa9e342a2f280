import { z } from 'zod';
import { longestDependencyIdList, mostDependencyRanges } from '../limits.ts';
import type { TaskDependencies, TaskIdRange } from '../specification.ts';
import { entity } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { id, MAX_WHOLE, whole } from './scalars.ts';

const listTooLong: ProblemDetails = { code: 'TaskDependencyListTooLong' };
const rangesTooLong: ProblemDetails = { code: 'TaskDependencyRangesTooLong' };

const range: z.ZodType<TaskIdRange> = entity({
  start: whole(0, MAX_WHOLE),
  end: whole(0, MAX_WHOLE),
}).transform((given, ctx) => {
  if (given.start > given.end) {
    ctx.issues.push(issue(given, 'must not end before it starts', { hideValue: true }));
  }
  return given;
});

/** What a task waits for; `undefined` where that is nothing. semantics §3.6, §12 */
export const dependsOn: z.ZodType<TaskDependencies | undefined> = entity({
  taskIds: z
    .array(id)
    .refine((ids) => ids.reduce((sum, { length }) => sum + length, 0) <= longestDependencyIdList, {
      error: `must have at most ${longestDependencyIdList} characters of ids together; use taskIdRanges`,
      params: listTooLong,
    })
    .default(() => []),
  taskIdRanges: z
    .array(range)
    .refine((ranges) => ranges.length <= mostDependencyRanges, {
      error: `must have at most ${mostDependencyRanges} ranges`,
      params: rangesTooLong,
    })
    .default(() => []),
}).transform((on) => (on.taskIds.length + on.taskIdRanges.length > 0 ? on : undefined));
