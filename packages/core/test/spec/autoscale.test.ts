import { describe, expect, it } from 'vitest';
import {
  parseAutoScaleEvaluation,
  parseAutoScaleSettings,
  parsePool,
} from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const formula = '$TargetDedicatedNodes = 1;';
const pool = { id: 'p', vmSize: 'local' };
const following = { ...pool, enableAutoScale: true, autoScaleFormula: formula };

describe('a pool that follows a formula', () => {
  it('has no targets of its own, and is evaluated every 15 minutes', () => {
    expect(parsePool(following)).toMatchObject({
      targetDedicatedNodes: 0,
      targetLowPriorityNodes: 0,
      enableAutoScale: true,
      autoScaleFormula: formula,
      autoScaleEvaluationIntervalMs: 900_000,
    });
  });

  it.each(['targetDedicatedNodes', 'targetDedicated', 'targetLowPriorityNodes'])(
    'is given no %s',
    (name) => {
      expect(refusalOf(() => parsePool({ ...following, [name]: 1 }))).toMatchObject({
        code: 'InvalidAutoScalingSettings',
        path: name,
      });
    },
  );

  it('has a formula, and no other pool has', () => {
    expect(refusalOf(() => parsePool({ ...pool, enableAutoScale: true }))).toMatchObject({
      code: 'MissingRequiredProperty',
      path: 'autoScaleFormula',
    });
    const byHand = { ...pool, targetDedicatedNodes: 1, autoScaleFormula: formula };
    expect(refusalOf(() => parsePool(byHand))).toMatchObject({
      code: 'InvalidAutoScalingSettings',
      path: 'autoScaleFormula',
    });
  });

  it('says where its formula is wrong', () => {
    const wrong = { ...following, autoScaleFormula: 'x = 1;\ny = $PendingTask' };
    expect(refusalOf(() => parsePool(wrong))).toMatchObject({
      code: 'AutoScalingFormulaSyntaxError',
      path: 'autoScaleFormula',
      message: expect.stringContaining(
        'has an error, Line 2, Col 5: $PendingTask is not known, and not assigned before; did you mean $PendingTasks?',
      ),
    });
    const long = { ...following, autoScaleFormula: `x = 1 //${'-'.repeat(8_200)}` };
    expect(refusalOf(() => parsePool(long)).code).toBe('AutoScaleFormulaTooLong');
  });

  it('is evaluated every 5 minutes at most, once a week at least', () => {
    const every = (autoScaleEvaluationInterval: string): unknown =>
      parsePool({ ...following, autoScaleEvaluationInterval });
    expect(every('PT5M')).toMatchObject({ autoScaleEvaluationIntervalMs: 300_000 });
    expect(every('P7D')).toMatchObject({ autoScaleEvaluationIntervalMs: 604_800_000 });
    for (const interval of ['PT4M59S', 'PT168H1S', 'P10675199DT2H48M5.4775807S', '5m']) {
      expect(refusalOf(() => every(interval))).toMatchObject({
        code: 'InvalidPropertyValue',
        path: 'autoScaleEvaluationInterval',
      });
    }
  });
});

describe('a pool that is sized by hand', () => {
  it('may say so in full', () => {
    const full = { enableAutoScale: false, autoScaleEvaluationInterval: 'PT15M' };
    const parsed = parsePool({ ...pool, targetDedicatedNodes: 1, ...full });
    expect(parsed).toEqual(parsePool({ ...pool, targetDedicatedNodes: 1 }));
  });
});

describe('what enableautoscale is given', () => {
  it('is a formula, an interval, or both', () => {
    expect(parseAutoScaleSettings({ autoScaleFormula: formula })).toEqual({
      autoScaleFormula: formula,
    });
    expect(parseAutoScaleSettings({ autoScaleEvaluationInterval: 'PT1H' })).toEqual({
      autoScaleEvaluationIntervalMs: 3_600_000,
    });
  });
});

describe('what evaluateautoscale is given', () => {
  it('is a formula', () => {
    expect(parseAutoScaleEvaluation({ autoScaleFormula: formula })).toEqual({
      autoScaleFormula: formula,
    });
    expect(refusalOf(() => parseAutoScaleEvaluation({}))).toMatchObject({
      code: 'MissingRequiredProperty',
      path: 'autoScaleFormula',
    });
  });
});
