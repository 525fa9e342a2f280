import type { Evaluation } from '../../src/autoscale/evaluator.ts';
import { Formula, parseFormula } from '../../src/autoscale/formula.ts';
import { formulaErrorText } from '../../src/autoscale/formula-error.ts';
import { notSampled, SampleHistory, samplePeriodMs } from '../../src/autoscale/samples.ts';
import type { SampledVariable } from '../../src/autoscale/variables.ts';
import { sampledVariables } from '../../src/autoscale/variables.ts';

/** A Thursday: 2016-10-13T19:18:47.805Z. */
export const thursday: number = Date.UTC(2016, 9, 13, 19, 18, 47, 805);

const minute = 60_000;

export type Samples = Partial<Record<SampledVariable, (sample: number) => number>>;

/** One sample every 30 s from `minutes` before `now` to `now`, of the given variables; 0 of the others. */
export function history(minutes: number, samples: Samples = {}, now = thursday): SampleHistory {
  const taken = new SampleHistory();
  const start = now - minutes * minute;
  for (let at = start, sample = 0; at <= now; at += samplePeriodMs, sample++) {
    taken.take(
      at,
      sampledVariables.map((name) => samples[name]?.(sample) ?? 0),
    );
  }
  return taken;
}

/** As {@link history}, with no sample of what is not given. */
export function historyOf(minutes: number, samples: Samples, now = thursday): SampleHistory {
  const others = Object.fromEntries(sampledVariables.map((name) => [name, () => notSampled]));
  return history(minutes, { ...others, ...samples }, now);
}

export interface Circumstances {
  now?: number;
  samples?: SampleHistory;
  dedicated?: number;
  lowPriority?: number;
  seed?: number;
}

export function formula(text: string): Formula {
  const parsed = parseFormula(text);
  if (parsed instanceof Formula) return parsed;
  throw new Error(`${formulaErrorText(parsed)} in ${text}`);
}

export function evaluate(text: string, given: Circumstances = {}): Evaluation {
  return formula(text).evaluate({
    now: given.now ?? thursday,
    samples: given.samples ?? new SampleHistory(),
    targetDedicatedNodes: given.dedicated ?? 0,
    targetLowPriorityNodes: given.lowPriority ?? 0,
    seed: given.seed ?? 0,
  });
}

/** What `expression` shows as a variable of the user, or what goes wrong, with its place. */
export function shown(expression: string, given: Circumstances = {}): string {
  const { results, error } = evaluate(`x=${expression}`, given);
  return error === undefined ? results.replace(/^.*?\$x=/, '') : formulaErrorText(error);
}

/** What is wrong with a formula, with its place; `undefined`: nothing. */
export function refused(text: string): string | undefined {
  const parsed = parseFormula(text);
  return parsed instanceof Formula ? undefined : formulaErrorText(parsed);
}
