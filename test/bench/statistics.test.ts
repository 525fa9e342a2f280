import { expect, test } from 'vitest';
import { measure } from '../../bench/src/measure.ts';
import { latencyOf, medianOf } from '../../bench/src/statistics.ts';
import { count, duration, figure, rate, share, short } from '../../bench/src/units.ts';

test('the median of an even number is between the middle two', () => {
  expect(medianOf([9, 1, 5])).toBe(5);
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  expect(medianOf([])).toBeNaN();
});

test('percentiles are of the samples, by nearest rank', () => {
  const thousand = Float64Array.from({ length: 1_000 }, (_, index) => 1_000 - index);
  expect(latencyOf(thousand)).toEqual({
    p50: 500,
    p99: 990,
    p999: 999,
    most: 1_000,
    samples: 1_000,
  });
  expect(latencyOf(Float64Array.of(7))).toEqual({ p50: 7, p99: 7, p999: 7, most: 7, samples: 1 });
});

test('contenders alternate, and what is before and after is not part of a turn', async () => {
  const steps: string[] = [];
  const contender = (name: string): Parameters<typeof measure>[0][number] => ({
    name,
    before: () => void steps.push(`before ${name}`),
    run: () => void steps.push(name),
    after: () => void steps.push(`after ${name}`),
  });
  const warmUp = { name: 'warm-up', run: () => void steps.push('warm-up') };
  const rows = await measure([contender('a'), contender('b')], 10, 2, [warmUp]);
  const turn = ['before a', 'a', 'after a', 'before b', 'b', 'after b'];
  expect(steps).toEqual(['warm-up', 'warm-up', 'warm-up', ...turn, ...turn]);
  expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(rows[0]?.shareOfFloor).toBe(1);
});

test('a promise is waited for', async () => {
  let ended = false;
  const run = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    ended = true;
  };
  await measure([{ name: 'later', run }], 1, 1, []);
  expect(ended).toBe(true);
});

test('numbers are printed with the digits that count', () => {
  expect([0.1234, 12.34, 123.4, 1234.5].map(figure)).toEqual(['0.12', '12.3', '123', '1,235']);
  expect([12_345, 1_234_567].map(rate)).toEqual(['12,345', '1.23 M']);
  expect([0.5, 0.0512, 0.00051].map(share)).toEqual(['0.50', '0.051', '0.0005']);
  expect([80, 1_234, 12_345_678].map(duration)).toEqual(['80 ns', '1.23 µs', '12.3 ms']);
  expect([1, 1_000, 100_000_000].map(short)).toEqual(['1', '1 k', '100 M']);
  expect(count(100_000_000)).toBe('100,000,000');
});
