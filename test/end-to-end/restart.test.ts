import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TaskView } from '@berth/berth';
import { openBatch } from '@berth/berth';
import { describe, expect, test } from 'vitest';
import type { Outcome } from './berth.ts';
import {
  berth,
  jobOf,
  kill,
  linesOf,
  processesOf,
  resultsOf,
  sh,
  sleep,
  start,
  temporaryDirectory,
  until,
  writeJob,
} from './berth.ts';

// `kill -9` during the job, then the same command again: it goes on where it was. For real, at random moments.

const seed = Number(process.env['BERTH_SEED'] ?? Math.floor(Math.random() * 1e9));

/** mulberry32 */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface World {
  directory: string;
  state: string;
  log: string;
  file: string;
  /** Runs that each task needs. */
  runs: Map<string, number>;
}

/** Begins and ends a line each time that it runs; fails the first FAILS times. */
const program = `
echo "begin $1 $$" >> "$LOG"
sleep "$2"
runs=$(grep -c "^begin $1 " "$LOG")
echo "result of $1" > out.txt
echo "end $1 $$" >> "$LOG"
[ "$runs" -gt "$3" ]
`;

/** Sixty tasks on three nodes with two slots, and one that depends on them all. */
function makeWorld(random: () => number, options: { factory?: boolean; files?: boolean }): World {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const runs = new Map<string, number>();
  writeFileSync(join(directory, 'task.sh'), program);
  const outputFiles = [
    {
      filePattern: 'out.txt',
      destination: { container: { autoStorageContainerName: 'results', path: 'OUT' } },
    },
  ];
  const tasks: object[] = [];
  const count = 60;
  for (let i = 0; i < count; i++) {
    const id = options.factory === true ? String(i) : `task-${i}`;
    const fails = options.factory === true || random() < 0.8 ? 0 : Math.ceil(random() * 2);
    runs.set(id, fails + 1);
    const seconds = (0.02 + random() * 0.13).toFixed(3);
    if (options.factory === true) continue;
    const staged = options.files === true && i % 3 === 0;
    tasks.push({
      id,
      commandLine: `sh ${staged ? 'task.sh' : join(directory, 'task.sh')} ${id} ${seconds} ${fails}`,
      constraints: { maxTaskRetryCount: 2 },
      ...(staged && {
        resourceFiles: [{ autoStorageContainerName: 'programs' }],
        outputFiles: [
          {
            ...outputFiles[0],
            destination: { container: { autoStorageContainerName: 'results', path: `${id}.txt` } },
          },
        ],
      }),
    });
  }
  runs.set('last', 1);
  tasks.push({
    id: 'last',
    commandLine: `sh ${join(directory, 'task.sh')} last 0.05 0`,
    dependsOn:
      options.factory === true
        ? { taskIdRanges: [{ start: 0, end: count - 1 }] }
        : { taskIds: Array.from({ length: count }, (_, i) => `task-${i}`) },
  });
  const file = writeJob(
    directory,
    jobOf(tasks, {
      pool: { targetDedicatedNodes: 3 },
      job: {
        usesTaskDependencies: true,
        commonEnvironmentSettings: [{ name: 'LOG', value: log }],
      },
      ...(options.factory === true && {
        taskFactory: {
          type: 'parametricSweep',
          parameterSets: [{ start: 0, end: count - 1 }],
          repeatTask: { commandLine: `sh ${join(directory, 'task.sh')} {0} 0.0{0:2} 0` },
        },
      }),
      ...(options.files === true && {
        uploads: [{ source: 'task.sh', container: 'programs' }],
        downloads: [{ container: 'results', target: 'fetched' }],
      }),
    }),
  );
  return { directory, state: join(directory, 'state'), log, file, runs };
}

function args({ file, state }: World): string[] {
  return ['run', file, '--state', state, '--json'];
}

/** Runs the command and kills it after `ms`, if it has not ended by then. */
async function killAfter(world: World, ms: number): Promise<Outcome> {
  const running = await start(args(world), { cwd: world.directory });
  const killer = setTimeout(() => running.child.kill('SIGKILL'), ms);
  const outcome = await running.done;
  clearTimeout(killer);
  expect(outcome.stderr).toBe('');
  return outcome;
}

/** Calls and kills again and again, until a call has handed its results over. */
async function killOften(
  world: World,
  times: number,
  ms: () => number,
  afterKill: (kill: number) => Promise<void> = async () => {},
): Promise<{ kills: number; last: Outcome | undefined }> {
  let kills = 0;
  let last: Outcome | undefined;
  for (let i = 0; i < times && !isDelivered(world); i++) {
    last = await killAfter(world, ms());
    if (wasKilled(last)) await afterKill(kills++);
  }
  return { kills, last };
}

/** Runs the command and kills it as soon as `holds`, if it has not ended by then. */
async function killWhen(world: World, holds: () => boolean): Promise<Outcome> {
  const running = await start(args(world), { cwd: world.directory });
  let over = false;
  const done = running.done.finally(() => {
    over = true;
  });
  await until(() => over || holds(), 'the moment to kill');
  running.child.kill('SIGKILL');
  return await done;
}

function wasKilled({ signal }: Outcome): boolean {
  return signal === 'SIGKILL';
}

/** Whether the next call begins anew. */
function isDelivered({ state }: World): boolean {
  return existsSync(join(state, 'delivered'));
}

/** The pid of the control shell of the only node. */
function controlOf(directory: string): number {
  const found = processesOf(directory).filter(({ command }) => /control\.in$/.test(command));
  expect(found).toHaveLength(1);
  return found[0]?.pid ?? 0;
}

/** Bytes of the files of a directory. */
function sizeOf(directory: string): number {
  return readdirSync(directory).reduce(
    (sum, name) => sum + statSync(join(directory, name)).size,
    0,
  );
}

function hasChildren(pid: number): boolean {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() !== '';
}

/** As if the engine had read the answers of its runners and died before it could write them down. */
function drainAnswers({ state }: World): void {
  const nodes = join(state, 'executors/local/nodes/berth/p');
  for (const node of existsSync(nodes) ? readdirSync(nodes) : []) {
    const pipe = join(nodes, node, 'volatile/out');
    if (!existsSync(pipe)) continue;
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      while (readSync(fd, Buffer.alloc(65_536)) > 0);
    } catch (error) {
      expect(error).toMatchObject({ code: 'EAGAIN' });
    }
    closeSync(fd);
  }
}

function goOn(world: World): Promise<Outcome> {
  return berth(args(world), { cwd: world.directory });
}

/** What the engine says of each task once nothing runs any more. */
async function tasksOf({ state }: World): Promise<Map<string, TaskView>> {
  await using batch = await openBatch({ directory: state });
  const tasks = new Map<string, TaskView>();
  for await (const task of batch.jobs.get('j').tasks.list()) tasks.set(task.id, task);
  return tasks;
}

/** No attempt was lost, none ran twice, no two at a time, and the engine knows of each. */
async function checkRuns(world: World): Promise<void> {
  const begun = new Map<string, number>();
  const open = new Map<string, string>();
  for (const line of linesOf(world.log)) {
    const [what = '', id = '', pid = ''] = line.split(' ');
    if (what === 'begin') {
      expect(open.get(id), `${id} runs twice at a time`).toBeUndefined();
      open.set(id, pid);
      begun.set(id, (begun.get(id) ?? 0) + 1);
    } else {
      expect(open.get(id), `${id} ends as it began`).toBe(pid);
      open.delete(id);
    }
  }
  expect([...open]).toEqual([]);
  expect(Object.fromEntries([...begun].sort())).toEqual(Object.fromEntries([...world.runs].sort()));
  const tasks = await tasksOf(world);
  expect(tasks.size).toBe(world.runs.size);
  for (const [id, runs] of world.runs) {
    expect(tasks.get(id), id).toMatchObject({
      state: 'completed',
      executionInfo: { exitCode: 0, result: 'success', retryCount: runs - 1, requeueCount: 0 },
    });
  }
}

async function checkEnd(world: World, end: Outcome): Promise<void> {
  expect(end.code, end.stdout).toBe(0);
  checkResults(world, end);
  await until(() => processesOf(world.directory).length === 0, 'the end of the runners', {
    withinMs: 5_000,
  }).catch((error: unknown) => {
    expect(processesOf(world.directory), String(error)).toEqual([]);
  });
  await checkRuns(world);
}

function checkResults(world: World, end: Outcome): void {
  expect(end.stderr).toBe('');
  const results = resultsOf(end);
  expect(results).toMatchObject({
    state: 'completed',
    terminateReason: 'AllTasksComplete',
    taskCounts: { active: 0, running: 0, succeeded: world.runs.size, failed: 0 },
    failedTasks: [],
    blockedTasks: [],
  });
  // The last task began when all others had ended.
  const lines = linesOf(world.log);
  expect(lines.at(-1)).toMatch(/^end last /);
  expect(lines.at(-2)).toMatch(/^begin last /);
  const sum = (runs: Iterable<number>): number => [...runs].reduce((a, b) => a + b, 0);
  expect(sum(results.nodes.map(({ totalTasksRun }) => totalTasksRun))).toBe(
    sum(world.runs.values()),
  );
}

/**
 * What the last call has said, if it handed it over: the next one would begin anew and run everything again. Else
 * what one says that goes on.
 */
async function finish(world: World, last: Outcome | undefined): Promise<Outcome> {
  if (last === undefined || !isDelivered(world)) {
    const end = await goOn(world);
    await checkEnd(world, end);
    return end;
  }
  checkResults(world, last);
  await checkRuns(world);
  return last;
}

describe.concurrent(`killed again and again (BERTH_SEED=${seed})`, () => {
  test('at random moments, at once back', { timeout: 90_000 }, async () => {
    const random = randomOf(seed);
    const world = makeWorld(random, {});
    const { kills, last } = await killOften(world, 12, () => 150 + random() * 550);
    expect(kills).toBeGreaterThan(3);
    await finish(world, last);
  });

  test('during start-up and submission', { timeout: 90_000 }, async () => {
    const random = randomOf(seed + 1);
    const world = makeWorld(random, { factory: true });
    // The command needs 0.2 s to load: this is what it does first.
    const { kills, last } = await killOften(world, 12, () => 120 + random() * 230);
    expect(kills).toBeGreaterThan(3);
    await finish(world, last);
  });

  test('with tasks that end while nobody is there, files in and out', {
    timeout: 90_000,
  }, async () => {
    const random = randomOf(seed + 2);
    const world = makeWorld(random, { files: true });
    const { kills, last } = await killOften(
      world,
      6,
      () => 300 + random() * 600,
      async (kill) => {
        await sleep(random() * 1_500);
        if (kill % 2 === 0) drainAnswers(world);
      },
    );
    expect(kills).toBeGreaterThan(1);
    const end = await finish(world, last);
    const staged = [...world.runs.keys()].filter((_, i) => i % 3 === 0 && i < 60);
    const { downloads } = resultsOf(end);
    expect(downloads.map(({ file }) => file).sort()).toEqual(
      staged.map((id) => join(world.directory, 'fetched', `${id}.txt`)).sort(),
    );
    for (const id of staged) {
      expect(linesOf(join(world.directory, 'fetched', `${id}.txt`))).toEqual([`result of ${id}`]);
    }
  });

  test('right at the end', { timeout: 90_000 }, async () => {
    const random = randomOf(seed + 3);
    const world = makeWorld(random, { files: true });
    const ended = (): boolean => linesOf(world.log).at(-1)?.startsWith('end last') ?? false;
    const first = await killWhen(world, ended);
    const { last = first } = await killOften(world, 6, () => 200 + random() * 150);
    await finish(world, last);
  });
});

test('the results are with the user before the state says that they are', async () => {
  const directory = temporaryDirectory();
  const file = writeJob(directory, jobOf([{ id: 'a', commandLine: sh('exit 0') }]));
  const command = ['run', file, '--state', join(directory, 'state'), '--json'];
  const running = await start(command, { cwd: directory });
  await until(() => existsSync(join(directory, 'state/delivered')), 'the delivery');
  running.child.kill('SIGKILL');
  expect(resultsOf(await running.done)).toMatchObject({ taskCounts: { succeeded: 1 } });
});

test('a new run that is killed while it removes the last one', { timeout: 60_000 }, async () => {
  const random = randomOf(seed + 4);
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const file = writeJob(directory, jobOf([{ id: 'a', commandLine: sh('echo a >> "$1"', log) }]));
  const command = ['run', file, '--state', join(directory, 'state')];
  expect((await berth(command, { cwd: directory })).code).toBe(0);
  let whole = 1;
  for (let i = 0; i < 8; i++) {
    const running = await start(command, { cwd: directory });
    setTimeout(() => running.child.kill('SIGKILL'), 180 + random() * 250);
    if ((await running.done).code === 0) whole++;
  }
  const end = await berth(command, { cwd: directory });
  expect(end.stderr).toBe('');
  expect(end.code).toBe(0);
  expect(end.stdout).toMatch(/^1 of 1 tasks completed/m);
  expect(linesOf(log).length).toBeGreaterThanOrEqual(whole);
  expect(linesOf(log).length).toBeLessThanOrEqual(whole + 9);
});

test('a wall clock that expires while the engine is dead is carried out on return', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const file = writeJob(
    directory,
    jobOf([
      {
        id: 'long',
        // A tree, with a child in a session of its own that ignores what can be ignored.
        commandLine: sh(
          'trap "" TERM INT HUP; setsid sh -c \'trap "" TERM; sleep 300; :\' & echo on >> "$1"; sleep 300; echo late >> "$1"',
          log,
        ),
        constraints: { maxWallClockTime: 'PT2S' },
      },
      { id: 'short', commandLine: sh('echo begun >> "$1"; sleep 1; echo short >> "$1"', log) },
    ]),
  );
  const command = ['run', file, '--state', join(directory, 'state'), '--json'];
  const first = await start(command, { cwd: directory });
  await until(() => linesOf(log).length === 2, 'both tasks');
  first.child.kill('SIGKILL');
  await first.done;
  await sleep(2_500);
  expect(processesOf(directory).some(({ command: text }) => text.includes('sleep 300'))).toBe(true);
  expect(linesOf(log).sort()).toEqual(['begun', 'on', 'short']);
  const began = performance.now();
  const end = await berth(command, { cwd: directory });
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(end.code).toBe(1);
  expect(resultsOf(end)).toMatchObject({
    taskCounts: { succeeded: 1, failed: 1 },
    failedTasks: [
      {
        id: 'long',
        code: 'TaskEnded',
        message: 'The task exceeded its maxWallClockTime.',
        exitCode: -1073741510,
      },
    ],
  });
  expect(linesOf(log).sort()).toEqual(['begun', 'on', 'short']);
  await until(() => processesOf(directory).length === 0, 'the end of all its processes');
});

test('a new run that is killed while it gives up an unfinished one', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const file = writeJob(
    directory,
    jobOf([{ id: 'a', commandLine: sh('echo on >> "$1"; sleep 4; echo off >> "$1"', log) }]),
  );
  const command = ['run', file, '--state', join(directory, 'state')];
  const first = await start(command, { cwd: directory });
  await until(() => linesOf(log).length === 1, 'the task');
  first.child.kill('SIGKILL');
  await first.done;
  // Who would end the task is stopped, so that the job stays in the middle of its deletion.
  const control = controlOf(directory);
  process.kill(control, 'SIGSTOP');
  const journal = (): number => sizeOf(join(directory, 'state/journal'));
  const before = journal();
  const second = await start([...command, '--restart'], { cwd: directory });
  await until(() => journal() > before, 'the deletion');
  expect(second.stdout()).toBe('');
  second.child.kill('SIGKILL');
  await second.done;
  process.kill(control, 'SIGCONT');
  const end = await berth(command, { cwd: directory });
  expect(end.stderr).toBe('');
  expect(end.code).toBe(0);
  expect(end.stdout).toMatch(/^job j on pool p/);
  expect(linesOf(log)).toEqual(['on', 'on', 'off']);
});

test('a kill that was ordered and not confirmed when the engine died', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const file = writeJob(
    directory,
    jobOf([
      {
        id: 'a',
        commandLine: sh('trap "" TERM; sleep 300'),
        constraints: { maxWallClockTime: 'PT1S' },
      },
    ]),
  );
  const command = ['run', file, '--state', join(directory, 'state'), '--json'];
  const first = await start(command, { cwd: directory });
  const sleeper = (): boolean =>
    processesOf(directory).some(({ command: text }) => text === 'sleep 300');
  await until(sleeper, 'the task');
  // Who would carry out the kill is stopped, and dies with the engine and all that was said to it.
  const control = controlOf(directory);
  process.kill(control, 'SIGSTOP');
  await sleep(1_300);
  expect(sleeper()).toBe(true);
  first.child.kill('SIGKILL');
  await first.done;
  kill(control);
  const end = await berth(command, { cwd: directory });
  expect(end.code).toBe(1);
  expect(resultsOf(end).failedTasks).toMatchObject([{ id: 'a', code: 'TaskEnded' }]);
  expect(sleeper()).toBe(false);
  await until(() => processesOf(directory).length === 0, 'the end of the runners');
});

test('a start that was on its way when the engine died is not carried out beside its repetition', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const go = join(directory, 'go');
  const file = writeJob(
    directory,
    jobOf(
      [
        { id: 'quick', commandLine: sh('echo quick >> "$1"', log) },
        {
          id: 'gate',
          commandLine: sh('echo gate >> "$1"; while [ ! -e "$2" ]; do sleep 0.05; done', log, go),
        },
        ...['b', 'c'].map((id) => ({
          id,
          commandLine: sh('echo "$1" >> "$2"; sleep 0.3', id, log),
          dependsOn: { taskIds: ['gate'] },
        })),
      ],
      { job: { usesTaskDependencies: true } },
    ),
  );
  const command = ['run', file, '--state', join(directory, 'state'), '--json'];
  const first = await start(command, { cwd: directory });
  await until(() => linesOf(log).length === 2, 'quick and gate');
  // The shell of the slot without a child is idle. It stops, and its orders stay in the pipe.
  const idle = (): number[] =>
    processesOf(directory)
      .filter(({ pid, command: text }) => /slot-\d+\.in$/.test(text) && !hasChildren(pid))
      .map(({ pid }) => pid);
  await until(() => idle().length === 1, 'the idle shell');
  const [shell = 0] = idle();
  process.kill(shell, 'SIGSTOP');
  await sleep(100);
  expect(idle()).toEqual([shell]);
  writeFileSync(go, '');
  await until(() => linesOf(log).length === 3, 'one of two tasks');
  first.child.kill('SIGKILL');
  await first.done;
  const second = await start(command, { cwd: directory });
  await until(() => linesOf(log).length === 4, 'the other');
  process.kill(shell, 'SIGCONT');
  const end = await second.done;
  expect(end.code).toBe(0);
  expect(resultsOf(end).taskCounts.succeeded).toBe(4);
  await until(() => processesOf(directory).length === 0, 'the end of the runners');
  expect(linesOf(log).sort()).toEqual(['b', 'c', 'gate', 'quick']);
});

test('after the runners have died as well, what ran comes again and the rest goes on', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const tasks = Array.from({ length: 12 }, (_, i) => ({
    id: `t${i}`,
    commandLine: sh('echo "$1" >> "$2"; sleep 0.4', `t${i}`, log),
  }));
  const file = writeJob(directory, jobOf(tasks, { pool: { targetDedicatedNodes: 2 } }));
  const command = ['run', file, '--state', join(directory, 'state'), '--json'];
  const first = await start(command, { cwd: directory });
  await until(() => linesOf(log).length >= 6, 'some tasks');
  first.child.kill('SIGKILL');
  await first.done;
  // As a machine that loses its power.
  for (const { pid } of processesOf(directory)) kill(pid);
  await until(() => processesOf(directory).length === 0, 'their end');
  const end = await berth(command, { cwd: directory });
  expect(end.code).toBe(0);
  expect(resultsOf(end).taskCounts).toMatchObject({ succeeded: 12, failed: 0 });
  const counts = new Map<string, number>();
  for (const id of linesOf(log)) counts.set(id, (counts.get(id) ?? 0) + 1);
  expect(counts.size).toBe(12);
  // At most the four that ran, once more each.
  expect(linesOf(log).length).toBeLessThanOrEqual(16);
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(2);
  await until(() => processesOf(directory).length === 0, 'the end of the runners');
});

test('signals of a terminal end the engine, not the tasks', { timeout: 60_000 }, async () => {
  const directory = temporaryDirectory();
  const log = join(directory, 'log');
  const go = join(directory, 'go');
  const script = 'echo on >> "$1"; while [ ! -e "$2" ]; do sleep 0.05; done; echo off >> "$1"';
  const file = writeJob(directory, jobOf([{ id: 'a', commandLine: sh(script, log, go) }]));
  const command = ['run', file, '--state', join(directory, 'state')];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const running = await start(command, { cwd: directory });
    await until(() => linesOf(log).length === 1 && running.stdout().includes(' of 1'), 'the task');
    running.child.kill(signal);
    const { code, stderr } = await running.done;
    expect(code).toBe(130);
    expect(stderr).toBe(
      'berth: interrupted; tasks that run go on, and the same command goes on from here\n',
    );
    expect(processesOf(directory).some(({ command: text }) => text.includes('while'))).toBe(true);
  }
  const last = await start(command, { cwd: directory });
  await until(() => last.stdout().includes('going on'), 'the third');
  writeFileSync(go, '');
  const end = await last.done;
  expect(end.stdout).toMatch(/^going on with job j: 0 of 1 tasks completed$/m);
  expect(end.code).toBe(0);
  expect(linesOf(log)).toEqual(['on', 'off']);
});
