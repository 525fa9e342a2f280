import { z } from 'zod';
import type { ExitConditions, ExitOptions } from '../specification.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { choice, MAX_INT32, whole } from './scalars.ts';

/** What only a task or its job says, and an engine looks at together: see task-rules.ts of the core. */
const exitOptions: z.ZodType<ExitOptions> = entity({
  jobAction: choice(['none', 'disable', 'terminate']).optional(),
  dependencyAction: choice(['satisfy', 'block']).optional(),
});

/** Signed 32 bits, as a wall clock's is. */
const exitCode = whole(-MAX_INT32 - 1, MAX_INT32);

const exitCodeRange = entity({ start: exitCode, end: exitCode, exitOptions }).transform(
  (given, ctx) => {
    if (given.start > given.end) {
      ctx.issues.push(issue(given, 'must not end before it starts', { hideValue: true }));
    }
    return given;
  },
);

/** `undefined` where they say nothing. semantics §3.7 */
export const exitConditions: z.ZodType<ExitConditions | undefined> = entity({
  exitCodes: z.array(entity({ code: exitCode, exitOptions })).optional(),
  exitCodeRanges: z.array(exitCodeRange).optional(),
  preProcessingError: exitOptions.optional(),
  fileUploadError: exitOptions.optional(),
  default: exitOptions.optional(),
}).transform((conditions) => (Object.keys(conditions).length > 0 ? conditions : undefined));
