import type { NodeDeallocationOption } from '@berth/core';
import { formulas, must } from '@berth/core/testing';

/*
 * What the formulas of random histories mean, said by hand over plain lists of samples (6.6, 6.8).
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

const meanings: Readonly<Record<string, Meaning>> = {
  [formulas.two]: (_visible, _now, before) => ({ ...before, dedicated: 2 }),

  [formulas.pending]: (visible, now, { lowPriority }) => {
    const window = visible.filter(({ at }) => at > now - 60_000);
    const pending = window.map(({ active, running }) => active + running);
    const dedicated = window.length === 0 ? 1 : Math.min(3, Math.max(...pending));
    return { dedicated, lowPriority, option: 'taskcompletion' };
  },

  [formulas.active]: (visible) => {
    const latest = visible.at(-1);
    if (latest === undefined) return undefined;
    const lowPriority = latest.running > 0 ? 1 : 0;
    return { dedicated: Math.min(2, latest.active), lowPriority, option: 'terminate' };
  },

  [formulas.completed]: (visible, _now, { dedicated: before, lowPriority }) => {
    const latest = visible.at(-1);
    if (latest === undefined) return undefined;
    const wanted = Math.trunc(Math.min(3, latest.failed - latest.succeeded + before / 2));
    return { dedicated: Math.max(0, wanted), lowPriority, option: 'requeue' };
  },
};

/** What the formula comes to now. */
export function naiveTargets(
  { formula, samples }: NaiveAutoscale,
  now: number,
  before: Omit<NaiveTargets, 'option'>,
): NaiveTargets | undefined {
  const visible = samples.filter(({ at }) => at <= now - 30_000).slice(-2_880);
  return must(meanings[formula])(visible, now, { ...before, option: 'requeue' });
}
