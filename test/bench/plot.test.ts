import { describe, expect, test } from 'vitest';
import { barPlot } from '../../bench/src/bar-plot.ts';
import { linePlot } from '../../bench/src/line-plot.ts';
import { escaped, powersOfTen, roundSteps } from '../../bench/src/svg.ts';

/** Every attribute of that name in the picture, as a number. */
function numbers(picture: string, element: string, attribute: string): number[] {
  const pattern = new RegExp(`<${element} [^>]*?\\b${attribute}="([^"]+)"`, 'g');
  return [...picture.matchAll(pattern)].map(([, value]) => Number(value));
}

const steps = [10, 100, 1_000, 10_000];
const lines = linePlot({
  title: 'Cost & count',
  xName: 'nodes',
  series: [
    { name: 'engine', colour: '#00f', points: steps.map((x, index) => ({ x, y: 200 + index })) },
    { name: 'floor', colour: '#888', points: steps.map((x) => ({ x, y: 200 })) },
  ],
});

describe('lines', () => {
  test('a power of ten is a step, and the axis of cost begins at nothing', () => {
    const xs = numbers(lines, 'circle', 'cx').slice(0, steps.length);
    const widths = xs.slice(1).map((x, index) => x - (xs[index] ?? 0));
    for (const width of widths) expect(width).toBeCloseTo(widths[0] ?? 0, 0);
    expect(lines).toContain('>0</text>');
  });

  test('everything is inside of the picture', () => {
    const [, width = '', height = ''] = /viewBox="0 0 (\d+) (\d+)"/.exec(lines) ?? [];
    for (const x of numbers(lines, 'text', 'x')) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThan(Number(width));
    }
    for (const y of [...numbers(lines, 'text', 'y'), ...numbers(lines, 'circle', 'cy')]) {
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(Number(height));
    }
  });

  test('names of lines that end at one place do not cover each other', () => {
    const [engine = 0, floor = 0] = [...lines.matchAll(/y="([\d.]+)"[^>]*>(?:engine|floor),/g)].map(
      ([, y]) => Number(y),
    );
    expect(Math.abs(engine - floor)).toBeGreaterThanOrEqual(15);
  });

  test('text is escaped', () => {
    expect(lines).toContain('<title>Cost &amp; count</title>');
    expect(escaped('a < b')).toBe('a &lt; b');
  });
});

test('ten times the cost is as much longer wherever it is', () => {
  const picture = barPlot({
    title: 'Peers',
    bars: [100, 1_000, 10_000].map((nanoseconds) => ({
      name: `of ${nanoseconds}`,
      nanoseconds,
      colour: '#00f',
    })),
    legend: [{ name: 'all', colour: '#00f' }],
  });
  const [, , a = 0, b = 0, c = 0] = [Number.NaN, ...numbers(picture, 'rect', 'width')];
  expect(c - b).toBeCloseTo(b - a, -1);
  expect(picture).toContain('>10 µs</text>');
});

test('axes go from round to round', () => {
  expect(powersOfTen(10, 100_000)).toEqual([10, 100, 1_000, 10_000, 100_000]);
  expect(powersOfTen(12, 90)).toEqual([10, 100]);
  expect(powersOfTen(1, 1)).toEqual([1, 10]);
  expect(roundSteps(243)).toEqual([0, 50, 100, 150, 200, 250]);
  expect(roundSteps(0.9).at(-1)).toBeCloseTo(1);
});
