import { expect, test } from 'vitest';
import type {
  Command,
  Report,
  TaskDependencies,
  TaskExplanation,
  TaskSpecification,
} from '../src/index.ts';
import { Engine, explanationSentences, InputBatch, ReportKind } from '../src/index.ts';

const at = 1_700_000_000_000;

test('a circle of two hundred thousand tasks is named, with a stack that does not grow', {
  timeout: 60_000,
}, () => {
  const engine = world(0);
  const length = 200_000;
  add(
    engine,
    Array.from({ length }, (_, index) => task(`t${index}`, [`t${(index + 1) % length}`])),
  );
  const searchLimit = length;
  const explanation = explain(engine, 't7', searchLimit);
  const cycle = explanation.reasons.find(({ kind }) => kind === 'cycle');
  expect(cycle).toMatchObject({ length, isMember: true, forEver: true });
  expect(cycle?.kind === 'cycle' && cycle.taskIds.slice(0, 3)).toEqual(['t7', 't8', 't9']);
  expect(cycle?.kind === 'cycle' && cycle.taskIds).toHaveLength(100);
  expect(explanation.searchedEdges).toBeUndefined();
});

test('the search ends at its limit, and says so', () => {
  const engine = world(0);
  const length = 1000;
  add(engine, [
    task('t0', ['nobody']),
    ...Array.from({ length }, (_, index) => task(`t${index + 1}`, [`t${index}`])),
  ]);
  const explanation = explain(engine, `t${length}`, 100);
  expect(explanation.searchedEdges).toBe(100);
  expect(explanation.reasons.map(({ kind }) => kind)).toEqual(['parent', 'noNodes']);
  expect(explanationSentences(explanation).at(-1)).toContain('100 dependencies');
  const whole = explain(engine, `t${length}`);
  expect(whole.searchedEdges).toBeUndefined();
  const cause = whole.reasons.find(({ kind }) => kind === 'rootCause');
  expect(cause).toMatchObject({ taskId: 'nobody', cause: 'missing' });
  expect(cause?.kind === 'rootCause' && cause.via.slice(0, 2)).toEqual(['t999', 't998']);
});

test('what the tasks of a range wait for is found, however many they are', () => {
  const engine = world(0);
  const repeatTask = { ...template, dependsOn: dependsOn(['setup']) };
  engineCommand(engine, {
    type: 'addTaskFactory',
    jobId: 'j',
    factory: {
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: 10_000_000, step: 1 }],
      firstTaskId: 1,
      repeatTask,
    },
  });
  const ranges = [{ start: 1, end: 10_000_000 }];
  add(engine, [{ id: 'merge', ...template, dependsOn: { taskIds: [], taskIdRanges: ranges } }]);
  const causes = explain(engine, 'merge').reasons.filter(({ kind }) => kind === 'rootCause');
  expect(causes).toMatchObject([{ taskId: 'setup', cause: 'missing', via: ['1'] }]);
});

test('of many parents the first hundred are told, and how many more there are', () => {
  const engine = world(0);
  const parents = Array.from({ length: 250 }, (_, index) => `p${index}`);
  add(engine, [task('child', parents)]);
  const { reasons } = explain(engine, 'child');
  expect(reasons.filter(({ kind }) => kind === 'parent')).toHaveLength(100);
  expect(reasons.find(({ kind }) => kind === 'moreParents')).toMatchObject({ count: 150 });
});

test('a place far back in a queue full of stale entries is a lower bound', () => {
  const engine = world(1);
  const ids = Array.from({ length: 30_000 }, (_, index) => `t${index}`);
  add(
    engine,
    ids.map((id) => task(id)),
  );
  const place = (taskId: string) =>
    explain(engine, taskId).reasons.find(({ kind }) => kind === 'queue');
  expect(place('t29999')).toMatchObject({ ahead: 29_998, isExact: true, part: 'middle' });
  engineCommand(engine, { type: 'terminateTask', jobId: 'j', taskId: 't5000' });
  expect(place('t29999')).toMatchObject({ isExact: false });
  expect(place('t6000')).toMatchObject({ ahead: 5_998, isExact: true, part: 'middle' });
});

test('there is no explanation of a task that is not there', () => {
  const engine = world(0);
  expect(engine.queries.explain('j', 'nobody')).toBeUndefined();
  expect(engine.queries.explain('nothing', 'nobody')).toBeUndefined();
});

const template = {
  commandLine: 'true',
  resourceFiles: [],
  outputFiles: [],
  environmentSettings: [],
  constraints: {},
  requiredSlots: 1,
};

function dependsOn(taskIds: string[]): TaskDependencies {
  return { taskIds, taskIdRanges: [] };
}

function task(id: string, parents: string[] = []): TaskSpecification {
  return { id, ...template, ...(parents.length === 0 ? {} : { dependsOn: dependsOn(parents) }) };
}

/** A pool of so many nodes of one slot, and a job `j` with dependencies. */
function world(nodes: number): Engine {
  const engine = new Engine();
  engineCommand(engine, {
    type: 'addPool',
    pool: {
      id: 'p',
      vmSize: 'any',
      targetDedicatedNodes: nodes,
      taskSlotsPerNode: 1,
      taskSchedulingPolicy: { nodeFillType: 'spread' },
      metadata: [],
      executor: 'simulated',
      durability: 'written',
    },
  });
  const effects = engine.outstanding();
  const reports = Array.from(
    { length: effects.length },
    (_, index): Report => ({
      kind: ReportKind.nodeReady,
      node: effects.node(index),
      sequence: effects.sequence(index),
    }),
  );
  const batch = new InputBatch();
  for (const report of reports) batch.report(at, report);
  engine.apply(batch);
  engineCommand(engine, {
    type: 'addJob',
    job: {
      id: 'j',
      priority: 0,
      constraints: { maxTaskRetryCount: 0 },
      commonEnvironmentSettings: [],
      poolInfo: { poolId: 'p' },
      onAllTasksComplete: 'noaction',
      usesTaskDependencies: true,
      metadata: [],
    },
  });
  return engine;
}

function engineCommand(engine: Engine, command: Command): void {
  const [result] = engine.apply(new InputBatch().command(at, command)).results;
  expect(result?.error).toBeUndefined();
}

function add(engine: Engine, tasks: TaskSpecification[]): void {
  for (let from = 0; from < tasks.length; from += 10_000) {
    const part = tasks.slice(from, from + 10_000);
    engineCommand(engine, { type: 'addTasks', jobId: 'j', tasks: part });
  }
}

function explain(engine: Engine, taskId: string, searchLimit?: number): TaskExplanation {
  const options = searchLimit === undefined ? {} : { searchLimit };
  const explanation = engine.queries.explain('j', taskId, options);
  if (explanation === undefined) throw new Error(`no task ${taskId}`);
  return explanation;
}
