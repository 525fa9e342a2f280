import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RangeQueue } from '../src/range-queue.ts';

interface Entry {
  row: number;
  stamp: number;
}

function entriesOf(queue: RangeQueue): Entry[] {
  return [...queue.ranges()].flatMap(({ row, count, stamp }) =>
    Array.from({ length: count }, (_, index) => ({ row: row + index, stamp: stamp + index })),
  );
}

function check(queue: RangeQueue, model: Entry[]): void {
  expect(entriesOf(queue)).toEqual(model);
  expect(queue.rows).toBe(model.length);
  const [first] = model;
  if (first === undefined) return;
  expect({ row: queue.firstRow, stamp: queue.firstStamp }).toEqual(first);
}

/** Drops the first range; how many rows it had. */
function takeFirst(queue: RangeQueue): number {
  const count = queue.firstCount;
  queue.shift();
  return count;
}

const step = fc.oneof(
  fc.record({
    does: fc.constant('push' as const),
    count: fc.integer({ min: 1, max: 5 }),
    gap: fc.constantFrom(0, 0, 0, 1, 3),
    behind: fc.boolean(),
  }),
  fc.record({ does: fc.constant('shift' as const) }),
  fc.record({ does: fc.constant('unshift' as const) }),
  fc.record({ does: fc.constant('remove' as const), row: fc.nat({ max: 60 }) }),
  fc.record({ does: fc.constant('reload' as const) }),
);

test('a queue of ranges holds rows and stamps as an array of rows would', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      let queue = new RangeQueue();
      let model: Entry[] = [];
      let row = 0;
      let stamp = 0;
      for (const step of steps) {
        if (step.does === 'push') {
          // Rows or stamps that do not follow on must not melt into the range before.
          if (step.behind) row += step.gap;
          else stamp += step.gap;
          queue.push(row, step.count, stamp);
          for (let left = step.count; left > 0; left--) model.push({ row: row++, stamp: stamp++ });
        } else if (step.does === 'shift') {
          if (model.length > 0) model = model.slice(takeFirst(queue));
        } else if (step.does === 'unshift') {
          // As placement does: the first range is taken out, and what is left of it comes back.
          if (model.length === 0) continue;
          const { firstRow, firstStamp } = queue;
          const count = takeFirst(queue);
          if (count > 1) queue.unshift(firstRow + 1, count - 1, firstStamp + 1);
          model = model.slice(1);
        } else if (step.does === 'remove') {
          expect(queue.remove(step.row)).toBe(model.some(({ row }) => row === step.row));
          model = model.filter(({ row }) => row !== step.row);
        } else {
          const copy = new RangeQueue();
          for (const { row, count, stamp } of queue.ranges()) copy.restore(row, count, stamp);
          queue = copy;
        }
        check(queue, model);
      }
    }),
  );
});

test('consecutive rows are one range however they come', () => {
  const queue = new RangeQueue();
  for (let row = 0; row < 1_000; row++) queue.push(row, 1, row);
  expect(queue.length).toBe(1);
});

const insertion = fc.record({
  row: fc.nat({ max: 20 }),
  later: fc.constantFrom(0, 0, 1),
  shifts: fc.constantFrom(0, 0, 0, 1, 2),
});

test('rows that are inserted stand by stamp, then by row', () => {
  fc.assert(
    fc.property(fc.array(insertion, { maxLength: 60, size: 'max' }), (insertions) => {
      const queue = new RangeQueue();
      let model: Entry[] = [];
      let stamp = 0;
      for (const { row, later, shifts } of insertions) {
        stamp += later;
        expect(queue.remove(row)).toBe(model.some((entry) => entry.row === row));
        queue.insert(row, stamp);
        model = [...model.filter((entry) => entry.row !== row), { row, stamp }].sort(
          (a, b) => a.stamp - b.stamp || a.row - b.row,
        );
        for (let left = Math.min(shifts, model.length); left > 0; left--) {
          queue.shift();
          model.shift();
        }
        check(queue, model);
      }
    }),
  );
});
