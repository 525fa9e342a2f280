import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

interface Task {
  id: string;
  parents?: string[];
  children?: string[];
}

function document(
  tasks: Task[],
  runtimes: object[] = tasks.map(({ id }, index) => ({ id, runtimeInSeconds: index + 0.5 })),
): object {
  return {
    name: 'diamond',
    schemaVersion: '1.5',
    workflow: {
      specification: { tasks, files: [] },
      execution: { makespanInSeconds: 9, tasks: runtimes },
    },
  };
}

/** Written with children first, and one edge at the parent's end only. */
const diamond = document([
  { id: 'last.step', parents: ['left', 'right'], children: [] },
  { id: 'left', parents: ['first'], children: [] },
  { id: 'right', parents: [] },
  { id: 'first', children: ['right', 'left'] },
]);

describe('a recorded workflow', () => {
  it('has its tasks with parents before children, and their durations', () => {
    expect(parseWorkflow(diamond)).toEqual({
      name: 'diamond',
      tasks: [
        { id: 'first', parents: [], durationMs: 3_500 },
        { id: 'left', parents: [0], durationMs: 1_500 },
        { id: 'right', parents: [0], durationMs: 2_500 },
        { id: 'last.step', parents: [1, 2], durationMs: 500 },
      ],
    });
  });

  it('has durations in whole milliseconds, of nothing as well', () => {
    const runtimes = [
      { id: 'a', runtimeInSeconds: 0.012734 },
      { id: 'b', runtimeInSeconds: 0 },
    ];
    const { tasks } = parseWorkflow(
      document(
        [
          { id: 'a', parents: [] },
          { id: 'b', parents: [] },
        ],
        runtimes,
      ),
    );
    expect(tasks.map(({ durationMs }) => durationMs)).toEqual([13, 0]);
  });

  const one = { id: 'a', parents: [] };
  const at = 'workflow.specification.tasks';
  it.each<[string, object, string, string, string]>([
    [
      'of another version',
      { ...diamond, schemaVersion: '1.3' },
      'InvalidPropertyValue',
      'schemaVersion',
      'schemaVersion must be "1.5": no other version of WfFormat is read; it is "1.3"',
    ],
    [
      'without a workflow',
      { ...diamond, workflow: undefined },
      'MissingRequiredProperty',
      'workflow',
      'workflow is required',
    ],
    [
      'without tasks',
      document([]),
      'InvalidPropertyValue',
      at,
      `${at} must have at least one task; it is a list`,
    ],
    [
      'without edges',
      document([{ id: 'a' }]),
      'MissingRequiredProperty',
      `${at}[0].parents`,
      `${at}[0].parents is required`,
    ],
    [
      'with a parent that is no task',
      document([one, { id: 'b', parents: ['a', 'c'] }]),
      'InvalidPropertyValue',
      `${at}[1].parents[1]`,
      `${at}[1].parents[1] must be the id of a task in ${at}; it is "c"`,
    ],
    [
      'with a child that is no task',
      document([{ id: 'a', parents: [], children: ['c'] }]),
      'InvalidPropertyValue',
      `${at}[0].children[0]`,
      `${at}[0].children[0] must be the id of a task in ${at}; it is "c"`,
    ],
    [
      'with an id twice',
      document(
        [one, { id: 'b', parents: [] }, one],
        [
          { id: 'a', runtimeInSeconds: 1 },
          { id: 'b', runtimeInSeconds: 1 },
        ],
      ),
      'InvalidPropertyValue',
      `${at}[2].id`,
      `${at}[2].id is already the id of tasks[0]; it is "a"`,
    ],
    [
      'with a circle',
      document([one, { id: 'b', parents: ['c'] }, { id: 'c', parents: ['a', 'b'] }]),
      'InvalidPropertyValue',
      `${at}[1].parents`,
      `${at}[1].parents must not lead back to the task in a circle: "b" → "c" → "b"`,
    ],
    [
      'with a task that is its own parent',
      document([{ id: 'a', parents: ['a'] }]),
      'InvalidPropertyValue',
      `${at}[0].parents`,
      `${at}[0].parents must not lead back to the task in a circle: "a" → "a"`,
    ],
    [
      'without a duration',
      document([one, { id: 'b', parents: [] }], [{ id: 'a', runtimeInSeconds: 1 }]),
      'MissingRequiredProperty',
      `${at}[1].id`,
      `${at}[1].id "b" has no runtimeInSeconds in workflow.execution.tasks`,
    ],
    [
      'with a task in the execution that has none',
      document([one], [{ id: 'a' }]),
      'MissingRequiredProperty',
      'workflow.execution.tasks[0].runtimeInSeconds',
      'workflow.execution.tasks[0].runtimeInSeconds is required',
    ],
    [
      'with a negative duration',
      document([one], [{ id: 'a', runtimeInSeconds: -0.5 }]),
      'InvalidPropertyValue',
      'workflow.execution.tasks[0].runtimeInSeconds',
      'workflow.execution.tasks[0].runtimeInSeconds must be from 0 to 1000000000 seconds; it is -0.5',
    ],
    [
      'with two durations of a task',
      document(
        [one],
        [
          { id: 'a', runtimeInSeconds: 1 },
          { id: 'a', runtimeInSeconds: 2 },
        ],
      ),
      'InvalidPropertyValue',
      'workflow.execution.tasks[1].id',
      'workflow.execution.tasks[1].id is already the id of tasks[0]; it is "a"',
    ],
    [
      'with a duration of no task',
      document(
        [one],
        [
          { id: 'a', runtimeInSeconds: 1 },
          { id: 'b', runtimeInSeconds: 2 },
        ],
      ),
      'InvalidPropertyValue',
      'workflow.execution.tasks[1].id',
      `workflow.execution.tasks[1].id must be the id of a task in ${at}; it is "b"`,
    ],
  ])('%s is refused', (_, given, code, path, message) => {
    expect(refusalOf(() => parseWorkflow(given))).toEqual({ code, message, path });
  });

  it('with a long circle is refused with its beginning and end', () => {
    const tasks = Array.from({ length: 9 }, (_, i) => ({
      id: `t${i}`,
      parents: [`t${(i + 8) % 9}`],
    }));
    expect(refusalOf(() => parseWorkflow(document(tasks))).message).toMatch(
      /circle: "t\d" → "t\d" → "t\d" → "t\d" → … → "t\d"$/,
    );
  });

  it('of 100,000 tasks with 300,000 edges is read in a second or two', () => {
    const tasks = Array.from({ length: 100_000 }, (_, i) => ({
      id: `task ${i}`,
      parents: [1, 7, 1_000].filter((back) => back <= i).map((back) => `task ${i - back}`),
      children: [],
    }));
    expect(parseWorkflow(document(tasks)).tasks).toHaveLength(100_000);
  });
});
