import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../src/bytes.ts';
import type { TaskLookup, TaskParents } from '../src/dependencies.ts';
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
  on: TaskDependencies;
  missingIds: Set<string>;
  missingIntegers: Set<number>;
}

/** Who waits for whom, with every id and integer written out, looked through anew each time. */
class NaiveGraph implements TaskLookup {
  tasks: Task[] = [];
  waiting: Group[] = [];
  groups: Group[] = [];

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
      on: { taskIds, taskIdRanges },
      missingIds: new Set(taskIds.map((id) => id.toLowerCase())),
      missingIntegers: new Set(),
    };
    for (const { start, end } of taskIdRanges) {
      for (let integer = start; integer <= end; integer++) group.missingIntegers.add(integer);
    }
    this.waiting.push(group);
    this.groups.push(group);
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

  parentsOf({ on, missingIds, missingIntegers }: Group): TaskParents {
    const ids = new Set(on.taskIds.map((id) => id.toLowerCase()));
    const bounds = new Map(on.taskIdRanges.map((range) => [`${range.start}-${range.end}`, range]));
    return {
      tasks: [...ids].map((id) => ({ id, isSatisfied: !missingIds.has(id) })),
      ranges: [...bounds.values()].map(({ start, end }) => {
        const missing = [...missingIntegers].filter(
          (integer) => start <= integer && integer <= end,
        );
        return missing.length === 0
          ? { start, end, isSatisfied: true }
          : { start, end, isSatisfied: false, lowestMissing: Math.min(...missing) };
      }),
    };
  }

  /** First rows of those that wait for the task. */
  childrenOf({ id }: Task): number[] {
    return this.waiting
      .filter(
        ({ missingIds, missingIntegers }) =>
          missingIds.has(id.toLowerCase()) || missingIntegers.has(integerOf(id)),
      )
      .map(({ row }) => row);
  }
}

function expectSameEdges(graph: Dependencies, naive: NaiveGraph, idOfRow: string[]): void {
  const parentsOf = (row: number): TaskParents => {
    const { tasks, ranges } = graph.parentsOf(row, (row) => idOfRow[row] ?? '');
    return { tasks: tasks.map((task) => ({ ...task, id: task.id.toLowerCase() })), ranges };
  };
  for (const group of naive.groups) {
    expect(parentsOf(group.row)).toEqual(naive.parentsOf(group));
    expect(parentsOf(group.row + group.count - 1)).toEqual(naive.parentsOf(group));
  }
  for (const task of naive.tasks) {
    expect(parentsOf(task.row)).toEqual({ tasks: [], ranges: [] });
    const integer = integerOf(task.id);
    const children = [...graph.childrenOf(task.row, integer)].map(({ row }) => row);
    expect(children).toEqual(expect.arrayContaining(naive.childrenOf(task)));
    for (const row of children) {
      const { tasks, ranges } = parentsOf(row);
      const isParent =
        tasks.some(({ id }) => id === task.id.toLowerCase()) ||
        ranges.some(({ start, end }) => start <= integer && integer <= end);
      expect(isParent).toBe(true);
    }
  }
}

/** The integers below it are kept otherwise than those above. */
const edge = 2 ** 30;
const id = fc.constantFrom(
  ...['a', 'B', 'b', 'bb', 'ccc', '1', '2', '3', '03', '4', '5', '6', '07', '7', '9x'],
  ...[edge - 1, edge, edge + 1, 2 ** 52].map(String),
);
const integer = fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 9 }) }, fc.constant(edge - 2));
const on: fc.Arbitrary<TaskDependencies> = fc.record({
  taskIds: fc.array(id, { maxLength: 3 }),
  taskIdRanges: fc.array(
    fc
      .record({ start: integer, length: fc.nat({ max: 6 }) })
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
      first: integer,
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
      const idOfRow: string[] = [];
      for (const step of steps) {
        switch (step.does) {
          case 'add':
            if (naive.find(step.id) !== -1) break;
            naive.tasks.push({ id: step.id, row: rows, succeeded: false });
            idOfRow[rows] = step.id;
            graph.added(step.id, rows++);
            break;
          case 'addIntegers': {
            const ids = Array.from({ length: step.count }, (_, index) =>
              String(step.first + index),
            );
            if (ids.some((id) => naive.find(id) !== -1)) break;
            graph.addedIntegers(step.first, step.count, rows);
            for (const id of ids) {
              idOfRow[rows] = id;
              naive.tasks.push({ id, row: rows++, succeeded: false });
            }
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
            expectSameEdges(graph, naive, idOfRow);
          }
        }
        const released: { row: number; count: number }[] = [];
        graph.takeReleased((row, count) => released.push({ row, count }));
        expect(released).toEqual(naive.takeReleased());
        expect(graph.hasReleased).toBe(false);
      }
      expectSameEdges(graph, naive, idOfRow);
    }),
    { numRuns: 300 },
  );
});

const nobody: TaskLookup = { find: () => -1, satisfies: () => false };

function releasedRows(graph: Dependencies): number[] {
  const rows: number[] = [];
  graph.takeReleased((row) => rows.push(row));
  return rows;
}

function rewritten(graph: Dependencies): Dependencies {
  const writer = new ByteWriter();
  graph.write(writer);
  return Dependencies.read(new ByteReader(writer.bytes()));
}

test('a task waits for the last of a thousand parents, also after being written and read', () => {
  const parents = 1_000;
  let graph = new Dependencies();
  const taskIds = Array.from({ length: parents }, (_, index) => String(index));
  expect(graph.wait(0, 1, { taskIds, taskIdRanges: [] }, nobody)).toBe(true);
  graph.addedIntegers(0, parents, 1);
  for (let parent = 0; parent < parents; parent++) {
    expect(releasedRows(graph)).toEqual([]);
    if (parent % 100 === 0) graph = rewritten(graph);
    graph.satisfied(1 + parent, parent);
  }
  expect(releasedRows(graph)).toEqual([0]);
});

test('a thousand children of one parent are released by creation', () => {
  const graph = new Dependencies();
  for (let row = 0; row < 1_000; row++) {
    graph.wait(row, 1, { taskIds: ['parent'], taskIdRanges: [] }, nobody);
  }
  graph.added('parent', 1_000);
  expect([...graph.childrenOf(1_000, -1)]).toHaveLength(1_000);
  graph.satisfied(1_000, -1);
  expect(releasedRows(graph)).toEqual(Array.from({ length: 1_000 }, (_, row) => row));
});

test('ids that are not missing any more leave no memory behind', () => {
  const graph = new Dependencies();
  const tasks = 200_000;
  for (let row = 0; row < tasks; row++) {
    graph.wait(row, 1, { taskIds: [String(row)], taskIdRanges: [] }, nobody);
  }
  const before = graph.bytes;
  for (let task = 0; task < tasks; task++) graph.added(String(task), task);
  // The heads are with their rows now.
  expect(graph.bytes).toBeLessThan(before);
  expect(graph.bytes / tasks).toBeLessThan(22);
});

test('an edge between tasks takes 12 bytes, with all that belongs to its tasks', () => {
  const graph = new Dependencies();
  const tasks = 500_000;
  for (let row = 0; row < tasks; row++) {
    graph.addedInteger(row, row);
    graph.begin(row, 1);
    for (let parent = 1; parent <= 3; parent++) {
      const integer = (row * 7_919 + parent * 104_729) % tasks;
      graph.waitForInteger(integer, integer <= row ? integer : -1, true);
    }
    graph.end();
  }
  expect(graph.bytes / (3 * tasks)).toBeLessThan(12);
});
