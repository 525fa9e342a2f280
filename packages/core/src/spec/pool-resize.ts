import { z } from 'zod';
import { defaultResizeTimeoutMs, leastResizeTimeoutMs, mostNodesToRemove } from '../limits.ts';
import type {
  NodeDeallocationOption,
  NodeDisableSchedulingOption,
  NodeRemoval,
  PoolResize,
} from '../specification.ts';
import { parseDuration } from './duration.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { underEitherName } from './same-property.ts';
import { choice, whole } from './scalars.ts';

/** More nodes than an account is meant for, and few enough not to exhaust an engine by a slip of the hand. */
export const nodeCount: z.ZodType<number> = whole(0, 1_000_000);

/** Milliseconds; infinite: `Infinity`, which a specification does not have. semantics §1.2 */
export const resizeTimeout: z.ZodType<number> = z.string().transform((given, ctx) => {
  const ms = parseDuration(given) ?? Infinity;
  if (typeof ms === 'object') ctx.issues.push(issue(given, ms.problem));
  else if (ms >= leastResizeTimeoutMs) return ms;
  else ctx.issues.push(issue(given, 'must be at least PT5M'));
  return z.NEVER;
});

/** The property as it stands in commands. */
export function resizeTimeoutMs(ms: number): { resizeTimeoutMs?: number } {
  return ms === Infinity ? {} : { resizeTimeoutMs: ms };
}

/** What becomes of the tasks of a node that leaves or starts again. semantics §2.2 */
export const nodeDeallocationOption: z.ZodType<NodeDeallocationOption> = choice([
  'requeue',
  'terminate',
  'taskcompletion',
  'retaineddata',
]);

/** Of one that takes no new tasks. */
export const nodeDisableSchedulingOption: z.ZodType<NodeDisableSchedulingOption> = choice([
  'requeue',
  'terminate',
  'taskcompletion',
]);

const common = {
  resizeTimeout: resizeTimeout.default(defaultResizeTimeoutMs),
  nodeDeallocationOption: nodeDeallocationOption.default('requeue'),
};

/** The body of POST resize. semantics §2.1 */
export const poolResize: z.ZodType<PoolResize> = entity({
  targetDedicatedNodes: nodeCount.optional(),
  targetDedicated: nodeCount.optional(),
  targetLowPriorityNodes: nodeCount.optional(),
  ...common,
}).transform((given, ctx): PoolResize => {
  const dedicated = underEitherName(given, 'targetDedicatedNodes', 'targetDedicated', ctx);
  const { targetLowPriorityNodes: lowPriority, nodeDeallocationOption } = given;
  if (dedicated === undefined && lowPriority === undefined) {
    const reason = 'is required where there is no targetLowPriorityNodes';
    const details = { code: 'MissingRequiredProperty' };
    ctx.issues.push(issue(given, reason, details, ['targetDedicatedNodes']));
  }
  return {
    ...(dedicated !== undefined && { targetDedicatedNodes: dedicated }),
    ...(lowPriority !== undefined && { targetLowPriorityNodes: lowPriority }),
    ...resizeTimeoutMs(given.resizeTimeout),
    nodeDeallocationOption,
  };
});

/** The body of POST removenodes. semantics §2.1 */
export const nodeRemoval: z.ZodType<NodeRemoval> = entity({
  nodeList: z
    .array(z.string())
    .refine(
      ({ length }) => length >= 1 && length <= mostNodesToRemove,
      `must name 1 to ${mostNodesToRemove} nodes`,
    ),
  ...common,
}).transform(({ nodeList, resizeTimeout: ms, nodeDeallocationOption }) => ({
  nodeList,
  ...resizeTimeoutMs(ms),
  nodeDeallocationOption,
}));
