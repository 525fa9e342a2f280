import { z } from 'zod';
import { Formula, parseFormula } from '../autoscale/formula.ts';
import { formulaErrorText } from '../autoscale/formula-error.ts';
import { leastEvaluationIntervalMs, mostEvaluationIntervalMs } from '../limits.ts';
import type { AutoScaleSettings } from '../specification.ts';
import { parseDuration } from './duration.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';

/** A formula without mistakes that can be known before it is evaluated. semantics §6.1 */
export const autoScaleFormula: z.ZodType<string> = z.string().transform((text, ctx) => {
  const formula = parseFormula(text);
  if (formula instanceof Formula) return text;
  const reason = `has an error, ${formulaErrorText(formula)}`;
  ctx.issues.push(issue(text, reason, { code: formula.code, hideValue: true }));
  return z.NEVER;
});

/** Milliseconds. semantics §1.2 */
export const autoScaleEvaluationInterval: z.ZodType<number> = z.string().transform((given, ctx) => {
  const ms = parseDuration(given) ?? Infinity;
  if (typeof ms === 'object') ctx.issues.push(issue(given, ms.problem));
  else if (ms >= leastEvaluationIntervalMs && ms <= mostEvaluationIntervalMs) return ms;
  else ctx.issues.push(issue(given, 'must be from PT5M to PT168H'));
  return z.NEVER;
});

/** The body of POST enableautoscale. semantics §2.1 */
export const autoScaleSettings: z.ZodType<AutoScaleSettings> = entity({
  autoScaleFormula: autoScaleFormula.optional(),
  autoScaleEvaluationInterval: autoScaleEvaluationInterval.optional(),
}).transform(({ autoScaleFormula: formula, autoScaleEvaluationInterval: ms }) => ({
  ...(formula !== undefined && { autoScaleFormula: formula }),
  ...(ms !== undefined && { autoScaleEvaluationIntervalMs: ms }),
}));

/** The body of POST evaluateautoscale. semantics §6.7 */
export const autoScaleEvaluation: z.ZodType<{ autoScaleFormula: string }> = entity({
  autoScaleFormula,
});
