import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  berth,
  fromSources,
  jobOf,
  linesOf,
  processesOf,
  quote,
  resultsOf,
  sh,
  start,
  temporaryDirectory,
  until,
  writeJob,
} from './berth.ts';

// What `berth run` does with a job file that is right.

/** Runs a job in a directory of its own. */
async function run(
  job: object,
  ...more: string[]
): Promise<Awaited<ReturnType<typeof berth>> & { directory: string }> {
  const directory = temporaryDirectory();
  const outcome = await berth(['run', writeJob(directory, job), ...more], { cwd: directory });
  return { ...outcome, directory };
}

const ok = { id: 'a', commandLine: 'true' };
const into = (container: string, path?: string): object => ({
  container: { autoStorageContainerName: container, ...(path !== undefined && { path }) },
});

describe.concurrent('exit code and summary', () => {
  test('all succeed: 0, from the sources', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(directory, jobOf([ok, { ...ok, id: 'b' }]));
    const { code, stdout, stderr } = await berth(['run', file], {
      cwd: directory,
      node: fromSources,
    });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^job j on pool p, in \.berth\/j\n(\d of 2 tasks completed, \d running, 0 failed\n)*2 of 2 tasks completed, 0 running, 0 failed\njob j: completed \(AllTasksComplete\) after \d+\.\d s\n/,
    );
    expect(stdout).toMatch(/^tasks {2}succeeded {2}failed {2}never run\n2 {14}2 {7}0 {10}0$/m);
    expect(stdout).toMatch(/^node-1 {10}2 {10}2$/m);
    await until(() => processesOf(directory).length === 0, 'the end of the runners');
  });

  test('one fails: 1, with its code and where its output is', async () => {
    const { code, stdout, directory } = await run(
      jobOf([ok, { id: 'b', commandLine: sh('echo no good >&2; exit 3') }]),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^task b failed: FailureExitCode, exit code 3: The task exited with an exit code representing a failure$/m,
    );
    const output = /^ {2}its output: (.+)$/m.exec(stdout)?.[1] ?? '';
    expect(readFileSync(join(directory, output, 'stderr.txt'), 'utf8')).toBe('no good\n');
  });

  test('all kinds of failures, each named', async () => {
    const { code, stdout } = await run(
      jobOf([
        { id: 'missing', commandLine: 'no-such-program' },
        { id: 'unclosed', commandLine: "echo 'x" },
        { id: 'no-program', commandLine: '/etc/passwd' },
        { id: 'signal', commandLine: sh('kill -SEGV $$') },
        { ...ok, id: 'no-container', resourceFiles: [{ autoStorageContainerName: 'nothing' }] },
        {
          id: 'nowhere',
          commandLine: sh('echo > x'),
          outputFiles: [{ filePattern: 'x', destination: into('nothing') }],
        },
      ]),
      '--json',
    );
    expect(code).toBe(1);
    const results = resultsOf({ code, stdout, signal: null, stderr: '' });
    const found = Object.fromEntries(results.failedTasks.map((task) => [task.id, task]));
    expect(found).toMatchObject({
      missing: {
        code: 'CommandProgramNotFound',
        detail: expect.stringContaining('"no-such-program"'),
      },
      unclosed: { code: 'CommandLaunchFailed', detail: expect.stringContaining('not closed') },
      'no-program': { code: 'CommandLaunchFailed', detail: expect.stringContaining('/etc/passwd') },
      signal: { code: 'FailureExitCode', exitCode: 139 },
      'no-container': { code: 'BlobNotFound', detail: expect.stringContaining('nothing') },
      nowhere: { code: 'FileUploadContainerNotFound', exitCode: 0 },
    });
    expect(results.failedTasks).toHaveLength(6);
  });

  test('more failures than a screen holds are counted', async () => {
    const tasks = Array.from({ length: 13 }, (_, i) => ({ id: `t${i}`, commandLine: 'false' }));
    const { code, stdout } = await run(jobOf(tasks));
    expect(code).toBe(1);
    expect(stdout.match(/^task t\d+ failed/gm)).toHaveLength(10);
    expect(stdout).toContain('\nand 3 more failed tasks\n');
  });

  test('nodes whose start task failed end the run with a message instead of hanging', async () => {
    const { code, stdout } = await run(
      jobOf([{ ...ok, id: 'a' }], { pool: { startTask: { commandLine: "sh -c 'exit 3'" } } }),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^job j: completed \(NothingLeftToRun\)/m);
    expect(stdout).toContain('No node of pool p takes tasks now: 1 starttaskfailed.');
  });

  test('tasks whose dependency failed end the run with a message instead of hanging', async () => {
    const { code, stdout } = await run(
      jobOf(
        [
          { id: 'bad', commandLine: 'false' },
          { ...ok, id: 'after', dependsOn: { taskIds: ['bad'] } },
          { ...ok, id: 'later', dependsOn: { taskIds: ['after'] } },
          { ...ok, id: 'never', dependsOn: { taskIds: ['not-there'] } },
          { ...ok, id: 'fine' },
        ],
        { job: { usesTaskDependencies: true } },
      ),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^job j: completed \(NothingLeftToRun\)/m);
    expect(stdout).toContain(
      [
        'never run: after',
        '  It depends on task bad, which is completed and does not satisfy (FailureExitCode).',
        '',
        'never run: later',
        '  In the end it waits, by way of after, for task bad, which is completed and does not satisfy.',
        '',
        'never run: never',
        '  It depends on task not-there, which does not exist.',
        '',
      ].join('\n'),
    );
    expect(stdout).toMatch(/^5 {14}1 {7}1 {10}3$/m);
  });

  test('so do tasks that depend on each other in a circle, which is named', async () => {
    const circle = [
      { ...ok, id: 'x', dependsOn: { taskIds: ['z'] } },
      { ...ok, id: 'y', dependsOn: { taskIds: ['x'] } },
      { ...ok, id: 'z', dependsOn: { taskIds: ['y'] } },
    ];
    const file = jobOf([ok, ...circle], { job: { usesTaskDependencies: true } });
    const { code, stdout } = await run(file);
    expect(code).toBe(1);
    expect(stdout).toContain('\nnever run: x\n  It waits for itself in a circle: x → z → y → x.\n');
    const json = JSON.parse((await run(file, '--json')).stdout);
    expect(json.blockedTasks[1]).toMatchObject({
      id: 'y',
      reasons: [{ kind: 'cycle', taskIds: ['y', 'x', 'z'], forEver: true }],
    });
  });

  test('so do tasks that need more slots than any node has', async () => {
    const { code, stdout } = await run(jobOf([ok, { ...ok, id: 'wide', requiredSlots: 3 }]));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^never run: wide\n {2}It needs 3 task slots .* has 2 .*$/m);
  });

  test('so does a job that a failure ends, or disables for ever', async () => {
    const outcomeOf = async (jobAction: string): ReturnType<typeof run> => {
      const exitConditions = { default: { jobAction } };
      return run(
        jobOf(
          [
            { id: 'bad', commandLine: 'false', exitConditions },
            { ...ok, id: 'later' },
          ],
          {
            pool: { taskSlotsPerNode: 1 },
            job: { onTaskFailure: 'performexitoptionsjobaction' },
          },
        ),
      );
    };
    const ended = await outcomeOf('terminate');
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^job j: completed \(TaskFailed\)/m);
    expect(ended.stdout).toMatch(
      /^never run: later\n {2}Its job is completed \(TaskFailed\): .*$/m,
    );
    const disabled = await outcomeOf('disable');
    expect(disabled.code).toBe(1);
    expect(disabled.stdout).toMatch(/^job j: completed \(NothingLeftToRun\)/m);
    expect(disabled.stdout).toMatch(/^never run: later\n {2}Its job is disabled: .*$/m);
  });

  test('and a pool without nodes', async () => {
    const { code, stdout } = await run(jobOf([ok], { pool: { targetDedicatedNodes: 0 } }));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^never run: a\n {2}Pool .* has no nodes\.$/m);
  });

  test('--json', async () => {
    const { code, stdout, stderr } = await run(
      jobOf([ok, { id: 'bad', commandLine: 'false' }], { pool: { targetDedicatedNodes: 2 } }),
      '--json',
    );
    expect(stderr).toBe('');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      jobId: 'j',
      state: 'completed',
      terminateReason: 'AllTasksComplete',
      taskCounts: { active: 0, running: 0, completed: 2, succeeded: 1, failed: 1 },
      failedTasks: [
        {
          id: 'bad',
          exitCode: 1,
          code: 'FailureExitCode',
          message: 'The task exited with an exit code representing a failure',
          nodeId: expect.stringMatching(/^node-[12]$/),
          directory: expect.stringMatching(/^\.berth\/j\/.*\/bad$/),
        },
      ],
      blockedTasks: [],
      downloads: [],
      nodes: [
        {
          id: 'node-1',
          totalTasksRun: expect.any(Number),
          totalTasksSucceeded: expect.any(Number),
        },
        {
          id: 'node-2',
          totalTasksRun: expect.any(Number),
          totalTasksSucceeded: expect.any(Number),
        },
      ],
      elapsedMs: expect.any(Number),
    });
  });

  test('a reader that stops reading does not end the run', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(
      directory,
      jobOf([{ id: 'a', commandLine: sh('sleep 0.5; echo x > done') }]),
    );
    const running = await start(['run', file], { cwd: directory });
    running.child.stdout?.destroy();
    expect(await running.done).toMatchObject({ code: 0, stderr: '' });
  });
});

describe.concurrent('tasks', () => {
  test('arguments reach the program as they are', async () => {
    const directory = temporaryDirectory();
    const nasty = [
      '',
      ' ',
      '$HOME',
      '`id`',
      '$(id)',
      '*',
      '~',
      "it's",
      '"',
      '\\',
      '\\n',
      'a\nb',
      ';',
      '&&',
      '|',
      '> x',
      '#',
      '!!',
      '-n',
      '--',
      '%s',
      'ä€😀',
      '\t',
      '{a,b}',
      '[x]',
      '\u0001',
      'x'.repeat(6_000),
    ];
    writeFileSync(
      join(directory, 'print.mjs'),
      'import { writeFileSync } from "node:fs"; writeFileSync("arguments.json", JSON.stringify(process.argv.slice(2)));',
    );
    const file = writeJob(
      directory,
      jobOf(
        [
          {
            id: 'a',
            commandLine: [process.execPath, join(directory, 'print.mjs'), ...nasty]
              .map(quote)
              .join(' '),
            outputFiles: [{ filePattern: 'arguments.json', destination: into('out') }],
          },
        ],
        { downloads: [{ container: 'out', target: 'fetched' }] },
      ),
    );
    expect(await berth(['run', file], { cwd: directory })).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(directory, 'fetched', 'arguments.json'), 'utf8'))).toEqual(
      nasty,
    );
  });

  test('a command line is not a shell', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(
      directory,
      jobOf([{ id: 'a', commandLine: `echo $HOME ; touch ${directory}/x && y > z` }]),
    );
    expect((await berth(['run', file], { cwd: directory })).code).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['.berth', 'job.json']);
  });

  test('retries: n, and as often as it takes', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const failing = (id: string, maxTaskRetryCount: number, fails: number): object => ({
      id,
      commandLine: sh(
        'echo "$1" >> "$2"; [ "$(grep -c "^$1$" "$2")" -gt "$3" ]',
        id,
        log,
        String(fails),
      ),
      constraints: { maxTaskRetryCount },
    });
    const file = writeJob(
      directory,
      jobOf([failing('twice', 2, 2), failing('thrice', 2, 3), failing('for-ever', -1, 6)]),
    );
    const end = await berth(['run', file, '--json'], { cwd: directory });
    expect(end.code).toBe(1);
    const counts: Record<string, number> = {};
    for (const id of linesOf(log)) counts[id] = (counts[id] ?? 0) + 1;
    expect(counts).toEqual({ twice: 3, thrice: 3, 'for-ever': 7 });
    expect(resultsOf(end).failedTasks.map(({ id }) => id)).toEqual(['thrice']);
  });

  test('a wall clock ends the whole tree', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const file = writeJob(
      directory,
      jobOf([
        {
          id: 'a',
          commandLine: sh(
            'trap "" TERM INT; (trap "" TERM; sleep 300; echo late >> "$1") & setsid sh -c "sleep 301; :" & nohup sleep 302 & sleep 303',
            log,
          ),
          constraints: { maxWallClockTime: 'PT1S' },
        },
        { id: 'b', commandLine: sh('sleep 2; echo b >> "$1"', log) },
      ]),
    );
    const running = await start(['run', file, '--json'], { cwd: directory });
    const sleepers = (): number =>
      processesOf(directory).filter(({ command }) => /^sleep 30\d$/.test(command)).length;
    await until(() => sleepers() === 4, 'the tree');
    const end = await running.done;
    expect(end.code).toBe(1);
    expect(sleepers()).toBe(0);
    expect(linesOf(log)).toEqual(['b']);
    expect(resultsOf(end).failedTasks).toMatchObject([
      { id: 'a', code: 'TaskEnded', exitCode: -1073741510 },
    ]);
  });

  test('the wall clock of the job ends them all', async () => {
    const { code, stdout } = await run(
      jobOf(
        [1, 2, 3].map((i) => ({ id: `t${i}`, commandLine: 'sleep 300' })),
        { job: { constraints: { maxWallClockTime: 'PT1.5S' } } },
      ),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^job j: completed \(MaxWallClockTimeExpiry\)/m);
    expect(stdout).toMatch(/^3 {14}0 {7}3 {10}0$/m);
  });
});

test.concurrent('files and directories go in, outputs come out, one is shown', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'input', 'deep', 'er'), { recursive: true });
  writeFileSync(join(directory, 'input', 'a b.txt'), 'one\n');
  writeFileSync(join(directory, 'input', 'deep', 'er', 'ü.txt'), 'two\n');
  writeFileSync(join(directory, 'input', 'empty'), '');
  symlinkSync('/etc/hostname', join(directory, 'input', 'link'));
  writeFileSync(join(directory, 'single.txt'), 'three\n');
  const file = writeJob(
    directory,
    jobOf(
      [
        {
          id: 'a',
          commandLine: sh(
            'find in single.txt -type f > list.txt; cat in/*.txt in/deep/er/* single.txt > all.txt',
          ),
          resourceFiles: [
            { autoStorageContainerName: 'data', blobPrefix: 'in/' },
            { autoStorageContainerName: 'data', blobPrefix: 'single.txt' },
          ],
          outputFiles: [{ filePattern: '*.txt', destination: into('out', 'from-a') }],
        },
      ],
      {
        uploads: [
          { source: 'input', container: 'data', path: 'in' },
          { source: 'single.txt', container: 'data' },
        ],
        downloads: [
          { container: 'out', prefix: 'from-a/all', target: 'fetched', print: true },
          { container: 'out', prefix: 'from-a/list', target: 'fetched' },
        ],
      },
    ),
  );
  const { code, stdout, stderr } = await berth(['run', file], { cwd: directory });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^5 files uploaded$/m);
  expect(stdout.endsWith('/fetched/from-a/all.txt\n\none\ntwo\nthree\n')).toBe(true);
  expect(linesOf(join(directory, 'fetched', 'from-a', 'list.txt')).sort()).toEqual([
    'in/a b.txt',
    'in/deep/er/ü.txt',
    'in/empty',
    'in/link',
    'single.txt',
  ]);
});

describe.concurrent('the same file again', () => {
  test('after a finished run: anew, with nothing left of the last', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const jobWith = (ids: string[]): object =>
      jobOf(
        ids.map((id) => ({
          id,
          commandLine: sh('echo "$1" >> "$2"; echo "$1" > "$1.txt"', id, log),
          outputFiles: [{ filePattern: '*.txt', destination: into('out') }],
        })),
        { downloads: [{ container: 'out', target: 'fetched' }] },
      );
    const file = writeJob(directory, jobWith(['a', 'b']));
    for (let i = 1; i <= 2; i++) {
      const { code, stdout } = await berth(['run', file], { cwd: directory });
      expect(code).toBe(0);
      expect(stdout).toMatch(/^job j on pool p/);
      expect(linesOf(log)).toHaveLength(2 * i);
    }
    // Another file for the same job: the blobs of the last run are not taken for this one's.
    writeJob(directory, jobWith(['c']));
    const third = await berth(['run', file, '--json'], { cwd: directory });
    expect(third.code).toBe(0);
    expect(resultsOf(third).downloads).toEqual([
      { file: join(directory, 'fetched', 'c.txt'), print: false },
    ]);
    // And another job in the same state directory, once the last is over, with a pool of the same name.
    writeJob(directory, jobOf([ok], { job: { id: 'other' }, pool: { targetDedicatedNodes: 3 } }));
    const other = await berth(['run', file, '--state', '.berth/j', '--json'], { cwd: directory });
    expect(other.code).toBe(0);
    expect(resultsOf(other).nodes).toHaveLength(3);
  });

  test('changed while unfinished: refused; --restart begins anew', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const job = (more: object[]): object =>
      jobOf([
        { id: 'long', commandLine: sh('echo long >> "$1"; sleep 30; echo late >> "$1"', log) },
        ...more,
      ]);
    const file = writeJob(directory, job([]));
    const command = ['run', file, '--state', 'state'];
    const first = await start(command, { cwd: directory });
    await until(() => linesOf(log).length === 1, 'the task');
    first.child.kill('SIGINT');
    expect((await first.done).code).toBe(130);

    writeJob(directory, job([{ ...ok, id: 'more' }]));
    const refused = await berth(command, { cwd: directory });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toBe(
      'berth: state holds an unfinished run of job "j" from another version of the file. ' +
        'Finish it with that version, begin anew with --restart, or name another --state. (JobExists)\n',
    );
    expect(processesOf(directory).some(({ command: text }) => text === 'sleep 30')).toBe(true);

    writeJob(directory, jobOf([ok], { job: { id: 'k' } }));
    const other = await berth(command, { cwd: directory });
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('holds an unfinished run of another job, "j"');

    writeJob(directory, jobOf([{ ...ok, id: 'new' }]));
    const anew = await berth([...command, '--restart', '--json'], { cwd: directory });
    expect(anew.code).toBe(0);
    expect(resultsOf(anew).taskCounts).toMatchObject({ succeeded: 1, completed: 1 });
    expect(linesOf(log)).toEqual(['long']);
    expect(processesOf(directory)).toEqual([]);
  });

  test('from another directory, by another name of it, and after the file has moved', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const file = writeJob(
      directory,
      jobOf([{ id: 'a', commandLine: sh('echo x >> "$1"; sleep 2', log) }]),
    );
    const state = join(directory, 'state');
    const first = await start(['run', file, '--state', state], { cwd: directory });
    await until(() => linesOf(log).length === 1, 'the task');
    first.child.kill('SIGKILL');
    await first.done;
    mkdirSync(join(directory, 'sub'));
    writeFileSync(join(directory, 'sub', 'moved.yaml'), readFileSync(file));
    const end = await berth(['run', 'moved.yaml', '--state', '../state'], {
      cwd: join(directory, 'sub'),
    });
    expect(end.stdout).toMatch(/^going on with job j/);
    expect(end.code).toBe(0);
    expect(linesOf(log)).toEqual(['x']);
  });
});

test.concurrent('progress tells of every tenth once', async () => {
  const tasks = Array.from({ length: 40 }, (_, i) => ({ id: `t${i}`, commandLine: 'sleep 0.1' }));
  const { code, stdout } = await run(jobOf(tasks, { pool: { targetDedicatedNodes: 2 } }));
  expect(code).toBe(0);
  const shown = [...stdout.matchAll(/^(\d+) of 40 tasks completed, \d+ running, 0 failed$/gm)].map(
    (m) => Number(m[1]),
  );
  expect(shown[0]).toBe(0);
  expect(shown.at(-1)).toBe(40);
  expect(shown.length).toBeGreaterThan(4);
  expect(new Set(shown.map((n) => Math.floor(n / 4))).size).toBe(shown.length);
});
