import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimingWheel } from '../src/timing-wheel.ts';

/** From the present to beyond the turn of the wheel, with much that falls together. */
const distance = fc.oneof(
  fc.nat({ max: 3 }),
  fc.nat({ max: 300 }),
  fc.nat({ max: 70_000 }),
  fc.integer({ min: 0, max: 40_000_000 }),
  fc.integer({ min: 4_000_000_000, max: 9_000_000_000 }),
  fc.constant(Infinity),
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ adds: fc.nat({ max: 60 }), after: distance }) },
  { weight: 1, arbitrary: fc.record({ deletes: fc.nat({ max: 60 }) }) },
  { weight: 2, arbitrary: fc.constant({ takes: true }) },
);

test('a timing wheel gives the earliest, of one moment the one that came first', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 0xffff_ff00, 1_700_000_000_000),
      fc.array(step, { maxLength: 200, size: 'max' }),
      (begin, steps) => {
        const wheel = new TimingWheel();
        let model: { key: number; time: number }[] = [];
        let now: number = begin;
        const earliest = (): { key: number; time: number } | undefined =>
          model.reduce<(typeof model)[0] | undefined>(
            (first, one) => (first === undefined || one.time < first.time ? one : first),
            undefined,
          );
        const take = (): void => {
          const first = earliest()!;
          expect(wheel.takeFirst()).toBe(first.key);
          model = model.filter((one) => one !== first);
          now = first.time;
        };
        for (const one of steps) {
          if ('adds' in one) {
            if (wheel.has(one.adds)) continue;
            wheel.add(one.adds, now + one.after);
            model.push({ key: one.adds, time: now + one.after });
          } else if ('deletes' in one) {
            wheel.delete(one.deletes);
            model = model.filter(({ key }) => key !== one.deletes);
            expect(wheel.has(one.deletes)).toBe(false);
          } else if ((earliest()?.time ?? Infinity) < Infinity) take();
          expect(wheel.size).toBe(model.length);
          expect(wheel.firstTime).toBe(earliest()?.time ?? Infinity);
        }
        while ((earliest()?.time ?? Infinity) < Infinity) take();
        expect(wheel.firstTime).toBe(Infinity);
      },
    ),
    { numRuns: 300 },
  );
});
