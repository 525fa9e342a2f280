import { z } from 'zod';
import type { TaskDependencies, TaskIdRange } from '../specification.ts';
import { entity } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { id, MAX_WHOLE, whole } from './scalars.ts';

const MAX_ID_CHARACTERS = 64_000;
/** The service names an error for too many and no number. */
const MAX_RANGES = 10_000;

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
    .refine((ids) => ids.reduce((sum, { length }) => sum + length, 0) <= MAX_ID_CHARACTERS, {
      error: `must have at most ${MAX_ID_CHARACTERS} characters of ids together; use taskIdRanges`,
      params: listTooLong,
    })
    .default(() => []),
  taskIdRanges: z
    .array(range)
    .refine((ranges) => ranges.length <= MAX_RANGES, {
      error: `must have at most ${MAX_RANGES} ranges`,
      params: rangesTooLong,
    })
    .default(() => []),
}).transform((on) => (on.taskIds.length + on.taskIdRanges.length > 0 ? on : undefined));
