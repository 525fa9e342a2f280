import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadlineHeap } from '../src/deadline-heap.ts';

const step = fc.record({
  key: fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 500 })),
  time: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 3 }),
});

test('a deadline heap gives the earliest, then the lowest key, whatever was set before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const heap = new DeadlineHeap();
      const model = new Map<number, number>();
      const first = () => [...model].sort(([a, s], [b, t]) => s - t || a - b)[0];
      for (const { key, time } of steps) {
        if (time === null) heap.delete(key);
        else heap.set(key, time);
        if (time === null) model.delete(key);
        else model.set(key, time);
        expect(heap.size).toBe(model.size);
        expect(heap.timeOf(key)).toBe(model.get(key));
        expect([heap.firstKey, heap.firstTime]).toEqual(first() ?? [-1, Infinity]);
      }
      while (heap.size > 0) {
        expect([heap.firstKey, heap.firstTime]).toEqual(first());
        model.delete(heap.firstKey);
        heap.delete(heap.firstKey);
      }
      expect(model.size).toBe(0);
    }),
  );
});
