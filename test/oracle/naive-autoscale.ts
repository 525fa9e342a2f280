import type { NodeDeallocationOption } from '@berth/core';
import { must } from './must.ts';

/*
 * Formulas for random histories, each beside what it means, said by hand over plain lists of samples (6.6, 6.8).
 */

export interface NaiveSample {
  at: number;
  active: number;
  running: number;
  succeeded: number;
  failed: number;
}

export interface NaiveAutoscale {
  formula: string;
  intervalMs: number;
  next: number;
  retry?: number;
  samples: NaiveSample[];
  run?: { at: number; error?: string };
}

export interface NaiveTargets {
  dedicated: number;
  lowPriority: number;
  option: NodeDeallocationOption;
}

/** `undefined`: too few samples. */
type Meaning = (
  visible: NaiveSample[],
  now: number,
  before: NaiveTargets,
) => NaiveTargets | undefined;

const formulas: Readonly<Record<string, Meaning>> = {
  '$TargetDedicatedNodes = 2': (_visible, _now, before) => ({ ...before, dedicated: 2 }),

  'p = $PendingTasks.GetSamplePercent(TimeInterval_Minute); $TargetDedicatedNodes = p < 50 ? 1 : min(3, max($PendingTasks.GetSample(TimeInterval_Minute))); $NodeDeallocationOption = taskcompletion':
    (visible, now, { lowPriority }) => {
      const window = visible.filter(({ at }) => at > now - 60_000);
      const pending = window.map(({ active, running }) => active + running);
      const dedicated = window.length === 0 ? 1 : Math.min(3, Math.max(...pending));
      return { dedicated, lowPriority, option: 'taskcompletion' };
    },

  '$TargetDedicatedNodes = min(2, $ActiveTasks.GetSample(1)); $TargetLowPriorityNodes = $RunningTasks > 0 ? 1 : 0.9; $NodeDeallocationOption = terminate':
    (visible) => {
      const latest = visible.at(-1);
      if (latest === undefined) return undefined;
      const lowPriority = latest.running > 0 ? 1 : 0;
      return { dedicated: Math.min(2, latest.active), lowPriority, option: 'terminate' };
    },

  '$TargetDedicatedNodes = $FailedTasks - $SucceededTasks + $TargetDedicatedNodes / 2; $TargetDedicatedNodes = min(3, $TargetDedicatedNodes)':
    (visible, _now, { dedicated: before, lowPriority }) => {
      const latest = visible.at(-1);
      if (latest === undefined) return undefined;
      const wanted = Math.trunc(Math.min(3, latest.failed - latest.succeeded + before / 2));
      return { dedicated: Math.max(0, wanted), lowPriority, option: 'requeue' };
    },
};

export const naiveFormulas: readonly string[] = Object.keys(formulas);

/** What the formula comes to now. */
export function naiveTargets(
  { formula, samples }: NaiveAutoscale,
  now: number,
  before: Omit<NaiveTargets, 'option'>,
): NaiveTargets | undefined {
  const visible = samples.filter(({ at }) => at <= now - 30_000).slice(-2_880);
  return must(formulas[formula])(visible, now, { ...before, option: 'requeue' });
}
