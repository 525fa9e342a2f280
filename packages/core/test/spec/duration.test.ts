import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/spec/duration.ts';

describe('a duration', () => {
  it.each([
    ['PT0S', 0],
    ['PT1S', 1000],
    ['PT0.5S', 500],
    ['PT1,25S', 1250],
    ['PT90S', 90_000],
    ['PT1H30M', 5_400_000],
    ['PT1.5H', 5_400_000],
    ['P7D', 604_800_000],
    ['P2W', 1_209_600_000],
    ['P1DT2H3M4.005S', 93_784_005],
    ['P10675199DT2H48M5.4775807S', undefined],
    ['P99999999999D', undefined],
    [`PT${'9'.repeat(400)}S`, undefined],
  ])('%s is %s milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it('longer than nothing is never rounded to nothing', () => {
    expect(parseDuration('PT0.0000001S')).toBe(1);
  });

  it.each(['P1Y', 'P1M', 'P1Y2M3D', 'P1.5Y'])('%s is refused because its length varies', (text) => {
    expect(parseDuration(text)).toHaveProperty(
      'problem',
      expect.stringContaining('years or months'),
    );
  });

  it('has a fraction in its smallest unit only', () => {
    expect(parseDuration('PT1.5H1M')).toHaveProperty('problem');
  });

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    '1H',
    '-PT1H',
    'PT-1H',
    'pt1h',
    'PT1S ',
    'PT1H1H',
    'PT.5S',
    '90',
  ])('"%s" is refused', (text) => {
    expect(parseDuration(text)).toHaveProperty('problem');
  });

  it.each([
    [0, 'PT0S'],
    [500, 'PT0.5S'],
    [5_400_000, 'PT1H30M'],
    [604_800_000, 'P7D'],
    [93_784_005, 'P1DT2H3M4.005S'],
    [undefined, 'P10675199DT2H48M5.4775807S'],
  ])('of %s ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('reads back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
