import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Outcome } from './berth.ts';
import {
  berth,
  fromSources,
  jobOf,
  linesOf,
  resultsOf,
  sh,
  start,
  temporaryDirectory,
  until,
  writeJob,
} from './berth.ts';

// What `berth simulate` does with job files and recorded workflows.

/** Simulates what is written to a file of a directory of its own, where nothing else may be afterwards. */
async function simulate(content: object, ...more: string[]): Promise<Outcome> {
  const directory = temporaryDirectory();
  const name = 'given.json';
  writeJob(directory, content, name);
  const outcome = await berth(['simulate', name, ...more], { cwd: directory });
  expect(readdirSync(directory)).toEqual([name]);
  return outcome;
}

/** What `--json` prints of a simulation that ends as it should. */
async function resultsFor(content: object, ...more: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await simulate(content, '--json', ...more);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Tasks as `<id> <seconds> <parents>`. */
function workflowOf(...tasks: [id: string, seconds: number, ...parents: string[]][]): object {
  return {
    name: 'diamond',
    schemaVersion: '1.5',
    workflow: {
      specification: {
        tasks: tasks.map(([id, , ...parents]) => ({ name: id, id, parents, children: [] })),
      },
      execution: {
        tasks: tasks.map(([id, runtimeInSeconds]) => ({ id, runtimeInSeconds })),
      },
    },
  };
}

const diamond = workflowOf(
  ['first', 1],
  ['left.side', 2.5, 'first'],
  ['right', 4, 'first'],
  ['last', 0.25, 'left.side', 'right'],
);

describe.concurrent('a recorded workflow', () => {
  test('on one slot, from the sources: the tasks one after another', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(directory, diamond, 'diamond.json');
    const { code, stdout, stderr } = await berth(['simulate', file], {
      cwd: directory,
      node: fromSources,
    });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(
      stdout,
    ).toBe(`workflow diamond, simulated on 1 node of 1 slot (spread): completed (AllTasksComplete)

tasks  succeeded  failed  never run
4              4       0          0

makespan               7.750 s
critical path          5.250 s
total work             7.750 s
lower bound            7.750 s
above the lower bound    0.0 %
utilization            100.0 %
`);
  });

  test('--json, on a pool of the command', async () => {
    expect(await resultsFor(diamond, '--nodes', '2', '--slots=1', '--fill', 'pack')).toEqual({
      kind: 'workflow',
      name: 'diamond',
      pool: {
        targetDedicatedNodes: 2,
        targetLowPriorityNodes: 0,
        taskSlotsPerNode: 1,
        nodeFillType: 'pack',
      },
      state: 'completed',
      terminateReason: 'AllTasksComplete',
      tasks: 4,
      taskCounts: { active: 0, running: 0, completed: 4, succeeded: 4, failed: 0 },
      runs: 4,
      makespanSeconds: 5.25,
      criticalPathSeconds: 5.25,
      totalWorkSeconds: 7.75,
      lowerBoundSeconds: 5.25,
      aboveLowerBound: 0,
      utilization: 7.75 / 10.5,
      failedTasks: [],
      blockedTasks: [],
      startOrder: ['first', 'left.side', 'right', 'last'],
    });
  });

  const at = 'workflow.specification.tasks';
  test.each<[string, object, string]>([
    [
      'of another version',
      { ...diamond, schemaVersion: '1.4' },
      'schemaVersion must be "1.5": no other version of WfFormat is read; it is "1.4" (InvalidPropertyValue)',
    ],
    [
      'without tasks',
      workflowOf(),
      `${at} must have at least one task; it is a list (InvalidPropertyValue)`,
    ],
    [
      'with an unknown parent',
      workflowOf(['a', 1, 'b']),
      `${at}[0].parents[0] must be the id of a task in ${at}; it is "b" (InvalidPropertyValue)`,
    ],
    [
      'with a circle',
      workflowOf(['a', 1, 'c'], ['b', 1, 'a'], ['c', 1, 'b']),
      `${at}[0].parents must not lead back to the task in a circle: "a" → "b" → "c" → "a" (InvalidPropertyValue)`,
    ],
    [
      'with an id twice',
      workflowOf(['a', 1], ['a', 1]),
      `${at}[1].id is already the id of tasks[0]; it is "a" (and 1 more problem) (InvalidPropertyValue)`,
    ],
    [
      'with a negative duration',
      workflowOf(['a', -1]),
      'workflow.execution.tasks[0].runtimeInSeconds must be from 0 to 1000000000 seconds; it is -1 (InvalidPropertyValue)',
    ],
    [
      'that is none',
      { a: 1 },
      'is neither a job file, which has pool, job and tasks, nor a recorded workflow in WfFormat, which has ' +
        'schemaVersion and workflow (InvalidRequestBody)',
    ],
  ])('%s: one message, 2', async (_, content, message) => {
    const { code, stdout, stderr } = await simulate(content);
    expect([code, stdout, stderr]).toEqual([2, '', `berth: given.json: ${message}\n`]);
  });
});

const task = { commandLine: 'work' };
const twoNodes = { pool: { targetDedicatedNodes: 2, taskSlotsPerNode: 1 } };

describe.concurrent('a job file', () => {
  test('with durations of the file, on the pool of the file', async () => {
    const job = jobOf(
      [
        { ...task, id: 'a' },
        { ...task, id: 'b' },
        { ...task, id: 'c' },
      ],
      {
        ...twoNodes,
        simulation: { duration: 'PT1M', durations: { b: 'PT1M30S', C: 10 } },
      },
    );
    expect(await resultsFor(job)).toMatchObject({
      kind: 'job',
      name: 'j',
      pool: { targetDedicatedNodes: 2, taskSlotsPerNode: 1, nodeFillType: 'spread' },
      makespanSeconds: 90,
      criticalPathSeconds: 90,
      totalWorkSeconds: 160,
      startOrder: ['a', 'b', 'c'],
    });
    expect(await resultsFor(job, '--nodes', '1')).toMatchObject({ makespanSeconds: 160 });
    expect(await resultsFor(job, '--nodes', '1', '--slots', '3')).toMatchObject({
      pool: { targetDedicatedNodes: 1, taskSlotsPerNode: 3 },
      makespanSeconds: 90,
    });
  });

  test('nodes of low priority count as the others do; --nodes stands for both kinds', async () => {
    const tasks = ['a', 'b', 'c', 'd'].map((id) => ({ ...task, id }));
    const job = jobOf(tasks, {
      pool: { targetDedicatedNodes: 1, targetLowPriorityNodes: 1 },
      simulation: { duration: 10 },
    });
    const whole = { makespanSeconds: 10, lowerBoundSeconds: 10, utilization: 1 };
    expect(await resultsFor(job)).toMatchObject(whole);
    expect(await resultsFor(job, '--nodes=1')).toMatchObject({ makespanSeconds: 20 });
  });

  test('--fill says which nodes: packed, two tasks of one slot leave a node for one of two', async () => {
    const job = jobOf(
      [
        { ...task, id: 'a' },
        { ...task, id: 'b' },
        { ...task, id: 'wide', requiredSlots: 2 },
      ],
      {
        pool: { targetDedicatedNodes: 2, taskSlotsPerNode: 2 },
        simulation: { duration: 10 },
      },
    );
    expect(await resultsFor(job, '--fill', 'spread')).toMatchObject({ makespanSeconds: 20 });
    expect(await resultsFor(job, '--fill', 'pack')).toMatchObject({ makespanSeconds: 10 });
  });

  test('with a factory, and a task that waits for all of it', async () => {
    const job = {
      ...jobOf([{ ...task, id: 'sum', dependsOn: { taskIdRanges: [{ start: 1, end: 4 }] } }], {
        job: { usesTaskDependencies: true },
        simulation: { bootTime: 5, factoryDurations: [1, 2], durations: { sum: 3, 4: 7 } },
      }),
      taskFactory: {
        type: 'parametricSweep',
        parameterSets: [{ start: 10, end: 13 }],
        firstTaskId: 1,
        repeatTask: { commandLine: 'work {0}' },
      },
    };
    // On two slots: 1 and 2, then 3 after the one and 4 after the other.
    expect(await resultsFor(job)).toMatchObject({
      makespanSeconds: 5 + 2 + 7 + 3,
      criticalPathSeconds: 10,
      totalWorkSeconds: 1 + 2 + 1 + 7 + 3,
      startOrder: ['1', '2', '3', '4', 'sum'],
    });
  });

  test('retries and wall clocks are in force: what fails in the end is named, 1', async () => {
    const { code, stdout } = await simulate(
      jobOf(
        [
          { ...task, id: 'flaky', constraints: { maxTaskRetryCount: 2 } },
          { ...task, id: 'bad', constraints: { maxTaskRetryCount: 1 } },
          { ...task, id: 'long', constraints: { maxWallClockTime: 'PT5S' } },
        ],
        { simulation: { duration: 10, exitCodes: { flaky: [1, 2, 0], bad: 3 } } },
      ),
      '--slots=3',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^3 {14}1 {7}2 {10}0$/m);
    expect(stdout).toMatch(/^makespan +30\.000 s$/m);
    expect(stdout).toMatch(/^total work +55\.000 s$/m);
    expect(stdout).toMatch(/^task bad failed: FailureExitCode, exit code 3: /m);
    expect(stdout).toMatch(/^task long failed: TaskEnded, exit code -1073741510: /m);
  });

  test('the wall clock of the job ends it', async () => {
    const { code, stdout } = await simulate(
      jobOf(
        [
          { ...task, id: 'a' },
          { ...task, id: 'b' },
        ],
        {
          job: { constraints: { maxWallClockTime: 'PT15S' } },
          simulation: { duration: 10 },
        },
      ),
      '--slots=1',
      '--json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      terminateReason: 'MaxWallClockTimeExpiry',
      makespanSeconds: 15,
      totalWorkSeconds: 15,
      taskCounts: { succeeded: 1, failed: 1 },
    });
  });

  test('what can never run is named and waited for by nobody, 1', async () => {
    const { code, stdout } = await simulate(
      jobOf(
        [
          { ...task, id: 'fine' },
          { ...task, id: 'bad' },
          { ...task, id: 'after', dependsOn: { taskIds: ['bad'] } },
          { ...task, id: 'here', dependsOn: { taskIds: ['there'] } },
          { ...task, id: 'there', dependsOn: { taskIds: ['here'] } },
          { ...task, id: 'wide', requiredSlots: 3 },
        ],
        {
          job: { usesTaskDependencies: true },
          simulation: { duration: 1, exitCodes: { bad: 1 } },
        },
      ),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^job j, .*: completed \(NothingLeftToRun\)$/m);
    expect(stdout).toMatch(/^6 {14}1 {7}1 {10}4$/m);
    expect(stdout).toMatch(/^never run: after\n {2}It depends on task bad, which is completed/m);
    expect(stdout).toMatch(
      /^never run: here\n {2}It waits for itself in a circle: here → there → here/m,
    );
    expect(stdout).toMatch(/^never run: wide\n {2}It needs 3 task slots/m);
  });

  test.each([
    ['terminate', 'TaskFailed', 'completed'],
    ['disable', 'NothingLeftToRun', 'disabled'],
    ['none', 'AllTasksComplete', undefined],
  ])(
    'a failure whose job action is %s ends with %s, 1',
    async (jobAction, terminateReason, state) => {
      const exitConditions = { exitCodes: [{ code: 7, exitOptions: { jobAction } }] };
      const { code, stdout } = await simulate(
        jobOf(
          [
            { ...task, id: 'bad', exitConditions },
            { ...task, id: 'later' },
          ],
          {
            job: { onTaskFailure: 'performexitoptionsjobaction' },
            simulation: { duration: 10, exitCodes: { bad: 7 } },
          },
        ),
        '--slots=1',
        '--json',
      );
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        terminateReason,
        blockedTasks:
          state === undefined ? [] : [{ id: 'later', reasons: [{ kind: 'jobState', state }] }],
        startOrder: state === undefined ? ['bad', 'later'] : ['bad'],
      });
    },
  );

  test('on more slots than fit in memory: refused, 2', async () => {
    const parts = { simulation: { duration: 1 } };
    const many = ['--nodes=1000000', '--slots=256'];
    const { code, stderr } = await simulate(jobOf([{ ...task, id: 'a' }], parts), ...many);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'berth: 256000000 task slots are too many to simulate: at most 50000000 (InvalidPropertyValue)\n',
    );
  });

  test('on a pool without nodes nothing runs, 1', async () => {
    const parts = { pool: { targetDedicatedNodes: 0 }, simulation: { duration: 1 } };
    const { code, stdout } = await simulate(jobOf([{ ...task, id: 'a' }], parts), '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      makespanSeconds: 0,
      lowerBoundSeconds: 0,
      aboveLowerBound: 0,
      utilization: 0,
      blockedTasks: [{ id: 'a', reasons: [{ kind: 'noNodes' }] }],
      startOrder: [],
    });
  });

  test('carries secrets, uploads and executors that are not here: none of it matters', async () => {
    const files = [{ httpUrl: 'https://example.org/x?sig=hush', filePath: 'x' }];
    const job = jobOf([{ ...task, id: 'a', resourceFiles: files }], {
      pool: { executor: 'elsewhere' },
      uploads: [{ source: 'not-there', container: 'input' }],
      simulation: { duration: 1 },
    });
    expect(await resultsFor(job)).toMatchObject({ makespanSeconds: 1 });
  });

  test('without durations: what to add, 2', async () => {
    const { code, stderr } = await simulate(jobOf([{ ...task, id: 'a' }]));
    expect(code).toBe(2);
    expect(stderr).toBe(
      'berth: given.json: simulation is required: it says how long the tasks run, for all of them as in ' +
        'simulation: { duration: PT1M }, or by their ids in simulation.durations (MissingRequiredProperty)\n',
    );
    const some = jobOf([{ ...task, id: 'a' }], { simulation: { durations: {} } });
    const { stdout } = await simulate(some, '--json');
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'MissingRequiredProperty',
        message:
          'given.json: simulation.duration is required, since task "a" has no duration of its own; for example PT1M',
      },
    });
  });

  test('with a mistake that a run would refuse as well, 2', async () => {
    const { code, stderr } = await simulate(jobOf([{ id: 'a' }], { simulation: { duration: 1 } }));
    expect(code).toBe(2);
    expect(stderr).toBe(
      'berth: given.json: tasks[0].commandLine is required (MissingRequiredProperty)\n',
    );
  });

  test('runs as if its durations were not there, and is the same file whatever they say', async () => {
    const directory = temporaryDirectory();
    const [log, go] = [join(directory, 'log'), join(directory, 'go')];
    const commandLine = sh('echo x >> "$1"; while [ ! -e "$2" ]; do sleep 0.05; done', log, go);
    const job = (simulation: unknown): object => ({
      ...jobOf([{ id: 'a', commandLine }]),
      simulation,
    });
    const command = ['run', writeJob(directory, job({ duration: 'PT1H' })), '--json'];
    const first = await start(command, { cwd: directory });
    await until(() => linesOf(log).length === 1, 'the task');
    first.child.kill('SIGKILL');
    await first.done;
    writeJob(directory, job('whatever'));
    writeFileSync(go, '');
    const again = await berth(command, { cwd: directory });
    expect(again.stderr).toBe('');
    expect(resultsOf(again).taskCounts.succeeded).toBe(1);
    expect(linesOf(log)).toHaveLength(1);
  });
});

describe('a recorded workflow by itself', () => {
  test('of 100,000 tasks in seconds', { timeout: 90_000 }, async () => {
    const tasks = Array.from({ length: 100_000 }, (_, i): [string, number, ...string[]] => {
      const parents = [1_000, 1_001].filter((back) => back <= i).map((back) => `t${i - back}`);
      return [`t${i}`, 1 + (i % 7), ...parents];
    });
    const { startOrder, totalWorkSeconds } = await resultsFor(workflowOf(...tasks), '--nodes=100');
    expect(new Set(startOrder as string[]).size).toBe(100_000);
    expect(totalWorkSeconds).toBe(tasks.reduce((sum, [, seconds]) => sum + seconds, 0));
  });
});

describe.concurrent('the command line of simulate', () => {
  test.each([
    [[], 'simulate: no FILE'],
    [['a.json', 'b.json'], 'simulate: one FILE, not also "b.json"'],
    [['a.json', '--frob'], "Unknown option '--frob'"],
    [['a.json', '--state', 'x'], 'simulate takes no --state'],
    [['a.json', '--nodes', '0'], '--nodes must be a whole number from 1 to 1000000; it is "0"'],
    [['a.json', '--nodes=-1'], '--nodes must be a whole number from 1 to 1000000; it is "-1"'],
    [['a.json', '--slots', '1.5'], '--slots must be a whole number from 1 to 256; it is "1.5"'],
    [['a.json', '--slots', '257'], '--slots must be a whole number from 1 to 256; it is "257"'],
    [['a.json', '--fill', 'full'], '--fill must be spread or pack; it is "full"'],
    [['a.json', '--slots'], "Option '--slots <value>' argument missing"],
  ])('%j: usage, 2', async (args, message) => {
    const { code, stdout, stderr } = await berth(['simulate', ...args], { cwd: '/' });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.startsWith(`berth: ${message}`), stderr).toBe(true);
    expect(stderr).toContain('berth simulate FILE [--nodes N]');
  });

  test('run takes none of its options', async () => {
    const { code, stderr } = await berth(['run', 'a.json', '--nodes', '2'], { cwd: '/' });
    expect(code).toBe(2);
    expect(stderr).toContain('berth: run takes no --nodes\n');
  });

  test('a file that does not parse, or is not there', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'cut.json'), '{"schemaVersion": "1.5",\n "workflow": {');
    const cut = await berth(['simulate', 'cut.json'], { cwd: directory });
    expect([cut.code, cut.stdout]).toEqual([2, '']);
    expect(cut.stderr).toMatch(
      /^berth: cut\.json:2:\d+: does not parse: .* \(InvalidRequestBody\)\n$/,
    );
    const missing = await berth(['simulate', 'none.json', '--json'], { cwd: directory });
    expect(missing.code).toBe(2);
    expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: 'FileNotFound' } });
  });
});
