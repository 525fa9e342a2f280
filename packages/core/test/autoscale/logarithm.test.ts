import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binaryLogarithm,
  decimalLogarithm,
  naturalLogarithm,
} from '../../src/autoscale/logarithm.ts';

describe.each([
  ['naturalLogarithm', naturalLogarithm, Math.log],
  ['binaryLogarithm', binaryLogarithm, Math.log2],
  ['decimalLogarithm', decimalLogarithm, Math.log10],
])('%s', (_, ours, theirs) => {
  test('is that of Math but for the last bits', () => {
    const positive = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.oneof(positive, fc.double({ min: 0.5, max: 2, noNaN: true })), (x) => {
        const exact = theirs(x);
        expect(Math.abs(ours(x) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 4 * Number.EPSILON);
      }),
      { numRuns: 5_000 },
    );
  });

  test('is −∞ of 0, nothing of less and of nothing, ∞ of ∞, 0 of 1', () => {
    expect([0, -0, -1, NaN, Infinity, 1].map(ours)).toEqual([
      -Infinity,
      -Infinity,
      NaN,
      NaN,
      Infinity,
      0,
    ]);
  });
});

test('powers of two have whole binary logarithms', () => {
  for (let power = -1074; power <= 1023; power++) expect(binaryLogarithm(2 ** power)).toBe(power);
});

test('powers of ten have whole decimal logarithms', () => {
  for (let power = 0; power <= 22; power++) expect(decimalLogarithm(10 ** power)).toBe(power);
});
