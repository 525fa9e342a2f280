import type { Engine, TaskView } from '@berth/core';
import { must, record } from '@berth/core/testing';
import fc from 'fast-check';
import { expect } from 'vitest';
import { check } from './check.ts';
import { NaiveScheduler } from './naive-scheduler.ts';

// The list of a job's dependencies, against the specifications of its tasks and what the naive scheduler waits for.

check(
  'all dependencies are listed, in slices of any size, and open are those that are waited for',
  150,
  fc.integer({ min: 1, max: 5 }),
  (steps, sliceSize) => {
    const naive = new NaiveScheduler();
    const { engine } = record(steps, (input, _applied, _lines, { ledger }) => {
      if ('command' in input) naive.command(input.at, input.command);
      else naive.report(input.at, ledger.translate(input.report));
    });
    for (const { id: jobId, usesTaskDependencies } of engine.queries.jobs()) {
      const listed = [...must(engine.queries.dependencies(jobId, sliceSize))].flat();
      const expected = usesTaskDependencies
        ? tasksOf(engine, jobId).flatMap((task) => expectedOf(engine, naive, jobId, task))
        : [];
      const lines = listed.map(
        ({ parentId, childId, isSatisfied }) =>
          `${parentId.toLowerCase()} → ${childId}${isSatisfied ? '' : ' (open)'}`,
      );
      expect(lines.sort()).toEqual(expected.sort());
    }
  },
);

function tasksOf({ queries }: Engine, jobId: string): TaskView[] {
  return must(queries.tasks(jobId)).tasks;
}

function expectedOf(
  engine: Engine,
  naive: NaiveScheduler,
  jobId: string,
  { id, dependsOn }: TaskView,
): string[] {
  const { ids, integers } = naive.waitsFor(jobId, id);
  const line = (parentId: string, isOpen: boolean): string =>
    `${parentId.toLowerCase()} → ${id}${isOpen ? ' (open)' : ''}`;
  const taskIds = new Set((dependsOn?.taskIds ?? []).map((one) => one.toLowerCase()));
  const bounds = new Map(
    (dependsOn?.taskIdRanges ?? []).map((range) => [`${range.start}-${range.end}`, range]),
  );
  return [
    ...[...taskIds].map((one) => line(one, ids.has(one))),
    ...[...bounds.values()].flatMap(({ start, end }) =>
      Array.from({ length: end - start + 1 }, (_, index) => start + index).flatMap((integer) => {
        const standing = tasksOf(engine, jobId)
          .map((task) => task.id)
          .filter((one) => /^\d+$/.test(one) && Number(one) === integer);
        const parents = standing.length === 0 ? [String(integer)] : standing;
        return parents.map((one) => line(one, integers.has(integer)));
      }),
    ),
  ];
}
