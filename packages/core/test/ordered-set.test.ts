import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderedSet } from '../src/ordered-set.ts';

const member = fc.oneof(
  { weight: 5, arbitrary: fc.nat({ max: 70 }) },
  { weight: 3, arbitrary: fc.nat({ max: 2_100 }) },
  { weight: 1, arbitrary: fc.nat({ max: 1_100_000 }) },
);
const step = fc.record({ does: fc.constantFrom('add', 'add', 'delete'), member });

test('an ordered set answers as a sorted array does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const set = new OrderedSet();
      let model: number[] = [];
      for (const { does, member } of steps) {
        const held = model.includes(member);
        if (does === 'add') {
          expect(set.add(member)).toBe(!held);
          if (!held) model = [...model, member].sort((a, b) => a - b);
        } else {
          expect(set.delete(member)).toBe(held);
          model = model.filter((other) => other !== member);
        }
        expect(set.has(member)).toBe(model.includes(member));
        expect(set.size).toBe(model.length);
        expect(set.first()).toBe(model[0] ?? -1);
        expect(set.last()).toBe(model.at(-1) ?? -1);
        expect(set.next(member)).toBe(model.find((other) => other > member) ?? -1);
      }
      expect([...set]).toEqual(model);
    }),
  );
});

test('−1, which stands for none, is never in an ordered set', () => {
  const set = new OrderedSet();
  set.add(31);
  expect(set.has(-1)).toBe(false);
  expect(set.delete(-1)).toBe(false);
});
