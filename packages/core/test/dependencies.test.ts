import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../src/bytes.ts';
import type { TaskLookup } from '../src/dependencies.ts';
import { Dependencies } from '../src/dependencies.ts';
import { integerOf } from '../src/integer-ids.ts';
import type { TaskDependencies } from '../src/specification.ts';

interface Task {
  id: string;
  row: number;
  succeeded: boolean;
}

interface Group {
  row: number;
  count: number;
  missingIds: Set<string>;
  missingIntegers: Set<number>;
}

/** Who waits for whom, with every id and integer written out, looked through anew each time. */
class NaiveGraph implements TaskLookup {
  tasks: Task[] = [];
  waiting: Group[] = [];

  find(id: string): number {
    return this.tasks.find((task) => task.id.toLowerCase() === id.toLowerCase())?.row ?? -1;
  }

  satisfies(row: number): boolean {
    return this.tasks.some((task) => task.row === row && task.succeeded);
  }

  wait(row: number, count: number, { taskIds, taskIdRanges }: TaskDependencies): boolean {
    const group: Group = {
      row,
      count,
      missingIds: new Set(taskIds.map((id) => id.toLowerCase())),
      missingIntegers: new Set(),
    };
    for (const { start, end } of taskIdRanges) {
      for (let integer = start; integer <= end; integer++) group.missingIntegers.add(integer);
    }
    this.waiting.push(group);
    return this.takeReleased().length === 0;
  }

  takeReleased(): { row: number; count: number }[] {
    for (const { missingIds, missingIntegers } of this.waiting) {
      for (const { id, succeeded } of this.tasks) {
        if (!succeeded) continue;
        missingIds.delete(id.toLowerCase());
        missingIntegers.delete(integerOf(id));
      }
    }
    const free = ({ missingIds, missingIntegers }: Group) =>
      missingIds.size + missingIntegers.size === 0;
    const released = this.waiting.filter(free);
    this.waiting = this.waiting.filter((group) => !free(group));
    return released.map(({ row, count }) => ({ row, count })).sort((a, b) => a.row - b.row);
  }
}

const id = fc.constantFrom('a', 'B', 'b', '1', '2', '3', '03', '4', '5', '6', '07', '7', '9x');
const on: fc.Arbitrary<TaskDependencies> = fc.record({
  taskIds: fc.array(id, { maxLength: 3 }),
  taskIdRanges: fc.array(
    fc
      .record({ start: fc.nat({ max: 9 }), length: fc.nat({ max: 6 }) })
      .map(({ start, length }) => ({ start, end: start + length })),
    { maxLength: 3 },
  ),
});
const pick = fc.nat({ max: 20 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('add' as const), id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('addIntegers' as const),
      first: fc.nat({ max: 9 }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('succeed' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('delete' as const), pick }) },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('wait' as const),
      on,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('reload' as const) }) },
);

test('children are released when the last of what they wait for has succeeded, and never twice', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      let graph = new Dependencies();
      const naive = new NaiveGraph();
      let rows = 0;
      for (const step of steps) {
        switch (step.does) {
          case 'add':
            if (naive.find(step.id) !== -1) break;
            naive.tasks.push({ id: step.id, row: rows, succeeded: false });
            graph.added(step.id, rows++);
            break;
          case 'addIntegers': {
            const ids = Array.from({ length: step.count }, (_, index) =>
              String(step.first + index),
            );
            if (ids.some((id) => naive.find(id) !== -1)) break;
            graph.addedIntegers(step.first, step.count, rows);
            for (const id of ids) naive.tasks.push({ id, row: rows++, succeeded: false });
            break;
          }
          case 'succeed': {
            const active = naive.tasks.filter(({ succeeded }) => !succeeded);
            const task = active[step.pick % active.length];
            if (task === undefined) break;
            task.succeeded = true;
            graph.satisfied(task.row, integerOf(task.id));
            break;
          }
          case 'delete': {
            const task = naive.tasks[step.pick % naive.tasks.length];
            if (task === undefined) break;
            if (task.succeeded) graph.withdrawn(integerOf(task.id));
            graph.deleted(task.id, task.row);
            naive.tasks = naive.tasks.filter((other) => other !== task);
            break;
          }
          case 'wait': {
            const waits = graph.wait(rows, step.count, step.on, naive);
            expect(waits).toBe(naive.wait(rows, step.count, step.on));
            rows += step.count;
            break;
          }
          case 'reload': {
            const writer = new ByteWriter();
            graph.write(writer);
            graph = Dependencies.read(new ByteReader(writer.bytes()));
          }
        }
        expect(graph.takeReleased()).toEqual(naive.takeReleased());
        expect(graph.hasReleased).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
