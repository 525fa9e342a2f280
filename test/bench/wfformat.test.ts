import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseWorkflow, readWorkflows, WorkflowError } from '../../bench/src/wfformat.ts';
import { runWorkflow } from '../../bench/src/wfformat-run.ts';

interface Task {
  id: string;
  parents: string[];
  children: string[];
}

const task = (id: string, parents: string[], children: string[] = []): Task => ({
  id,
  parents,
  children,
});

function document(
  tasks: Task[],
  execution: object[] = tasks.map(({ id }, index) => ({ id, runtimeInSeconds: index + 0.5 })),
): Record<string, unknown> {
  return {
    name: 'a diamond',
    schemaVersion: '1.5',
    workflow: {
      specification: { tasks, files: [] },
      execution: { makespanInSeconds: 9, tasks: execution },
    },
  };
}

/** Written with children first, and one edge at the parent's end only. */
const diamond = document([
  task('last.step', ['left', 'right']),
  task('left', ['first']),
  task('right', []),
  task('first', [], ['right', 'left']),
]);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'wfformat-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('a workflow has its tasks with parents before children, and their runtimes', () => {
  const { name, tasks } = parseWorkflow(JSON.stringify(diamond), 'somewhere/diamond.json');
  expect(name).toBe('diamond');
  expect(tasks).toEqual([
    { id: 'first', parents: [], runtimeSeconds: 3.5 },
    { id: 'left', parents: [0], runtimeSeconds: 1.5 },
    { id: 'right', parents: [0], runtimeSeconds: 2.5 },
    { id: 'last.step', parents: [1, 2], runtimeSeconds: 0.5 },
  ]);
});

test('the engine runs a workflow in the order of its edges, as long as its critical path', () => {
  const workflow = parseWorkflow(JSON.stringify(diamond), 'diamond.json');
  const path = { criticalPathMs: 6_500, workMs: 8_000 };
  expect(runWorkflow(workflow, 2)).toEqual({ makespanMs: 6_500, ...path });
  expect(runWorkflow(workflow, 1)).toEqual({ makespanMs: 8_000, ...path });
});

test('a directory gives the workflows of its .json files by name', () => {
  for (const name of ['b.json', 'a.json', 'notes.txt']) {
    writeFileSync(join(directory, name), JSON.stringify(diamond));
  }
  expect(readWorkflows(directory).map(({ name }) => name)).toEqual(['a', 'b']);
  expect(readWorkflows(join(directory, 'notes.txt'))).toHaveLength(1);
  expect(() => readWorkflows(join(directory, 'none'))).toThrow(WorkflowError);
});

test.each([
  ['no JSON', '{', /^f\.json: .*JSON/],
  ['another version', { ...diamond, schemaVersion: '1.3' }, /^f\.json: schemaVersion: /],
  ['no workflow', { ...diamond, workflow: undefined }, /^f\.json: workflow: /],
  [
    'no parents',
    document([{ id: 'a', children: [] } as unknown as Task]),
    /^f\.json: workflow\.specification\.tasks\[0\]\.parents: /,
  ],
  [
    'a parent that is no task',
    document([task('a', ['b'])]),
    /^f\.json: workflow\.specification\.tasks\[0\]\.parents: no task "b"/,
  ],
  [
    'an id twice',
    document([task('a', []), task('a', [])]),
    /^f\.json: workflow\.specification\.tasks\[0\]\.id: another task "a"/,
  ],
  [
    'a circle',
    document([task('a', []), task('b', ['c']), task('c', ['b'])]),
    /^f\.json: workflow\.specification\.tasks\[1\]\.parents: .* circle/,
  ],
  [
    'no runtime',
    document([task('a', [])], []),
    /^f\.json: workflow\.execution\.tasks: no runtimeInSeconds of "a"/,
  ],
])('%s is an error that names file and property', (_, given, message) => {
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  expect(() => parseWorkflow(text, 'f.json')).toThrow(message);
});
