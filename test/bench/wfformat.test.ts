import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseWorkflow } from '@berth/core/spec';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWorkflows, WorkflowError } from '../../bench/src/wfformat.ts';
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

test('the engine runs a workflow in the order of its edges, as long as its critical path', () => {
  const workflow = { ...parseWorkflow(diamond), name: 'diamond' };
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

test('a file that is no workflow is an error that names file and property', () => {
  const refused = (name: string, text: string): unknown => {
    const file = join(directory, name);
    writeFileSync(file, text);
    try {
      return readWorkflows(file);
    } catch (error) {
      return error;
    }
  };
  const broken = refused('broken', '{');
  expect(broken).toBeInstanceOf(WorkflowError);
  expect(String(broken)).toContain(`${join(directory, 'broken')}: `);
  expect(String(refused('old', JSON.stringify({ ...diamond, schemaVersion: '1.3' })))).toContain(
    `${join(directory, 'old')}: schemaVersion must be "1.5"`,
  );
});
