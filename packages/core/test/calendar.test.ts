import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime } from '../src/calendar.ts';

test('a time is written as Date writes it', () => {
  const time = fc.oneof(
    fc.integer({ min: Date.UTC(1600, 0), max: Date.UTC(2500, 0) }),
    // The years that are written with four digits.
    fc.integer({ min: -62_167_219_200_000, max: Date.UTC(9999, 11, 31) }),
  );
  fc.assert(
    fc.property(time, (time) => {
      expect(formatTime(time)).toBe(new Date(time).toISOString());
    }),
    { numRuns: 2_000 },
  );
});

test('so are the days around every end of February and of a year', () => {
  for (let year = 1890; year <= 2410; year++) {
    for (const start of [Date.UTC(year, 1, 28), Date.UTC(year, 11, 31)]) {
      for (const hours of [0, 23.999_999, 24, 48]) {
        const time = Math.floor(start + hours * 3_600_000);
        expect(formatTime(time)).toBe(new Date(time).toISOString());
      }
    }
  }
});
