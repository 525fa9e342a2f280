import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReportKind } from '@berth/core';
import { localExecutor } from '@berth/executors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDetails, ScriptedEngine } from './scripted-effects.ts';

let engine: ScriptedEngine;
beforeAll(async () => {
  engine = await new ScriptedEngine(localExecutor()).open();
  await engine.node();
});
afterAll(() => engine.dispose());

function output(taskId: string, file = 'stdout.txt'): string {
  return readFileSync(join(engine.taskDirectory(taskId), file), 'utf8');
}

describe('a task', () => {
  it('runs and reports 0', async () => {
    expect(await engine.execute('/bin/true')).toEqual({
      kind: ReportKind.runEnded,
      run: 10_001,
      sequence: 11_001,
      exitCode: 0,
    });
  });

  it.each([
    ["sh -c 'exit 1'", 1],
    ["sh -c 'exit 2'", 2],
    ["sh -c 'exit 126'", 126],
    ["sh -c 'exit 127'", 127],
    ["sh -c 'exit 255'", 255],
    ["sh -c 'kill -INT $$'", 130],
    ["sh -c 'kill -KILL $$'", 137],
    ["sh -c 'kill -TERM $$'", 143],
  ])('%s ends with %i', async (commandLine, exitCode) => {
    expect(await engine.execute(commandLine)).toMatchObject({ exitCode });
  });

  it('may signal its whole process group without ending its slot', async () => {
    expect(await engine.execute("sh -c 'kill -TERM 0; sleep 60'")).toMatchObject({ exitCode: 143 });
    expect(await engine.execute("sh -c 'kill -INT 0; sleep 60'")).toMatchObject({ exitCode: 130 });
    expect(await engine.execute("sh -c 'kill -HUP 0; sleep 60'")).toMatchObject({ exitCode: 129 });
  });

  it('does not start with signals ignored', async () => {
    await engine.execute('cat /proc/self/status', { taskId: 'signals' });
    expect(/^SigIgn:\s*(\w+)$/m.exec(output('signals'))?.[1]).toBe('0000000000000000');
  });

  it('writes stdout.txt and stderr.txt, reads nothing, and has no other file open', async () => {
    const script = 'echo out; echo err >&2; cat; ls /proc/self/fd';
    await engine.execute(`sh -c '${script}'`, { taskId: 'streams' });
    // What any process here has open: 3 is the directory that ls reads.
    const any = spawnSync('ls', ['/proc/self/fd'], { stdio: ['ignore', 'pipe', 'pipe'] }).stdout;
    expect(output('streams')).toBe(`out\n${any}`);
    expect(output('streams', 'stderr.txt')).toBe('err\n');
  });

  it('works in an empty directory of its own', async () => {
    await engine.execute("sh -c 'pwd; ls -A'", { taskId: 'wd' });
    expect(output('wd')).toBe(`${engine.taskDirectory('wd')}/wd\n`);
  });

  it('finds a program by PATH, by path and relative to its directory', async () => {
    expect(await engine.execute('true')).toMatchObject({ exitCode: 0 });
    const more = { environmentSettings: [{ name: 'PATH', value: '/nowhere' }] };
    expect(await engine.execute('true', more)).toMatchObject({ failure: 'CommandProgramNotFound' });
    const tool = join(engine.root(), 'shared', 'tool');
    writeFileSync(tool, '#!/bin/sh\nexit 9\n', { mode: 0o755 });
    expect(await engine.execute('../../../../../shared/tool')).toMatchObject({ exitCode: 9 });
  });

  it('needs a second start of the same attempt to do nothing', async () => {
    const details = runDetails(`sh -c 'echo x >>"$AZ_BATCH_NODE_SHARED_DIR/twice"'`, {
      taskId: 'twice',
    });
    engine.start(details, 1);
    engine.start(details, 1);
    await engine.end(1);
    engine.start(details, 1);
    await engine.execute('/bin/true');
    expect(readFileSync(join(engine.root(), 'shared', 'twice'), 'utf8')).toBe('x\n');
    expect(engine.ended(1)).toHaveLength(1);
  });

  it('finds a fresh directory at a retry, and leaves the output of the last run', async () => {
    const script = 'ls -A; echo "$1"; echo "$1" >left';
    for (const [run, text] of [
      [2, 'long first'],
      [3, 'second'],
    ] as const) {
      engine.start(runDetails(`sh -c '${script}' sh "${text}"`, { taskId: 'retry' }), run);
      await engine.end(run);
    }
    expect(output('retry')).toBe('second\n');
  });

  it('survives a task that removes or replaces its directories', async () => {
    const spoil = 'rm -rf "$AZ_BATCH_TASK_DIR"; ln -s /etc "$AZ_BATCH_TASK_DIR"';
    engine.start(runDetails(`sh -c '${spoil}'`, { taskId: 'spoiled' }), 4);
    await engine.end(4);
    engine.start(runDetails('/bin/true', { taskId: 'spoiled' }), 5);
    expect(await engine.end(5)).toMatchObject({ exitCode: 0 });
    expect(statSync(`${engine.taskDirectory('spoiled')}/wd`).isDirectory()).toBe(true);
    expect(existsSync('/etc/wd')).toBe(false);
  });
});

describe('the environment', () => {
  function environment(taskId: string): string[] {
    return output(taskId).split('\0').slice(0, -1).sort();
  }

  it('is exactly the settings, the system variables and four more', async () => {
    await engine.execute('cat /proc/self/environ', { taskId: 'env' });
    const root = engine.root();
    const directory = engine.taskDirectory('env');
    const expected = [
      'AZ_BATCH_ACCOUNT_NAME=account',
      `AZ_BATCH_CERTIFICATES_DIR=${root}/certs`,
      'AZ_BATCH_JOB_ID=job',
      'AZ_BATCH_NODE_ID=node-1',
      'AZ_BATCH_NODE_IS_DEDICATED=true',
      `AZ_BATCH_NODE_MOUNTS_DIR=${root}/fsmounts`,
      `AZ_BATCH_NODE_ROOT_DIR=${root}`,
      `AZ_BATCH_NODE_SHARED_DIR=${root}/shared`,
      `AZ_BATCH_NODE_STARTUP_DIR=${root}/startup`,
      'AZ_BATCH_POOL_ID=pool',
      `AZ_BATCH_TASK_DIR=${directory}`,
      'AZ_BATCH_TASK_ID=env',
      `AZ_BATCH_TASK_WORKING_DIR=${directory}/wd`,
      `HOME=${directory}/wd`,
      'LANG=C.UTF-8',
      expect.stringMatching(/^PATH=\/usr\/local\/sbin:[^:]*:.*:\/bin(:\/[^:]+)?$/),
    ];
    const found = environment('env');
    expect(found.filter((v) => !v.startsWith('BERTH_RUN='))).toEqual(expected);
    expect(found).toHaveLength(expected.length + 1);
  });

  it.each([
    ['plain', 'it\'s "quoted" $HOME `x` \\ \\n !*?[]{}()<>|&;#~'],
    ['lines', 'a\nb\n\n'],
    ['tabs', '\t \r'],
    ['empty', ''],
    ['unicode', 'grüße 日本 😀'],
    ['t', 'a name that the runner uses'],
    ['code', 'another'],
    ['HOME', '/elsewhere'],
    ['IFS', ':'],
    ['PWD', 'nowhere'],
    ['OPTIND', 'none'],
    ['LC_ALL', 'xx_YY'],
    ['a.b-c', 'no identifier'],
    ['1x', "'"],
    ['ünï', 'ü'],
  ])('takes a value of any text: %s', async (name, value) => {
    const taskId = `value-${name.replaceAll(/\W/g, '_')}`;
    const environmentSettings = [{ name, value }];
    expect(
      await engine.execute('cat /proc/self/environ', { taskId, environmentSettings }),
    ).toMatchObject({ exitCode: 0 });
    const found = environment(taskId);
    expect(found).toContain(`${name}=${value}`);
    expect(found).toHaveLength(['HOME'].includes(name) ? 17 : 18);
  });

  it('lets the later of two settings win, and a system variable over both', async () => {
    await engine.execute('cat /proc/self/environ', {
      taskId: 'order',
      environmentSettings: [
        { name: 'A', value: '1' },
        { name: 'AZ_BATCH_TASK_ID', value: 'mine' },
        { name: 'BERTH_RUN', value: 'mine' },
        { name: 'A', value: '2' },
      ],
    });
    expect(environment('order')).toContain('A=2');
    expect(environment('order')).toContain('AZ_BATCH_TASK_ID=order');
    expect(output('order')).not.toContain('mine');
  });

  it('does not leak from one run into the next', async () => {
    await engine.execute('true', { environmentSettings: [{ name: 'LEAK', value: '1' }] });
    await engine.execute('cat /proc/self/environ', { taskId: 'noleak' });
    expect(output('noleak')).not.toContain('LEAK');
  });

  it('refuses NUL', async () => {
    const environmentSettings = [{ name: 'A', value: 'a\0b' }];
    expect(await engine.execute('true', { environmentSettings })).toMatchObject({
      failure: 'CommandLaunchFailed',
    });
  });
});

describe('the command line', () => {
  it('reaches the program word by word', async () => {
    const words = ['a b', "it's", '"', '$HOME', '*', '', 'x\ny', '\\', 'grüße 日本', '-n', '`id`'];
    const quoted = words.map((w) => `'${w.replaceAll("'", "'\\''")}'`).join(' ');
    await engine.execute(`printf '%s\\0' ${quoted}`, { taskId: 'words' });
    expect(output('words').split('\0').slice(0, -1)).toEqual(words);
  });

  it('may be longer than a pipe takes at once', async () => {
    const long = 'x y'.repeat(20_000);
    await engine.execute(`printf %s '${long}'`, { taskId: 'long' });
    expect(output('long')).toBe(long);
  });

  it('names the program that is not there', async () => {
    for (const program of ['no-such-program', '/no/such/program', './no-such-program']) {
      expect(await engine.execute(`${program} x`)).toEqual({
        kind: ReportKind.runEnded,
        run: expect.any(Number),
        sequence: expect.any(Number),
        failure: 'CommandProgramNotFound',
        detail: `The program "${program}" was not found.`,
      });
    }
  });

  it('tells what may not or cannot be executed from an exit code', async () => {
    expect(await engine.execute('/etc/passwd')).toMatchObject({ failure: 'CommandLaunchFailed' });
    expect(await engine.execute('/etc')).toMatchObject({ failure: 'CommandLaunchFailed' });
    const environmentSettings = [{ name: 'a.b', value: 'x' }];
    expect(await engine.execute('nothing', { environmentSettings })).toMatchObject({
      failure: 'CommandProgramNotFound',
    });
    const bad = join(engine.root(), 'shared', 'bad');
    writeFileSync(bad, '#!/no/such/interpreter\n', { mode: 0o755 });
    const end = await engine.execute(bad);
    expect(end.exitCode).toBeUndefined();
  });

  it('must be well formed', async () => {
    for (const commandLine of ["sh -c 'x", '', 'true \\']) {
      const end = await engine.execute(commandLine);
      expect(end).toMatchObject({ failure: 'CommandLaunchFailed' });
      expect(end.exitCode).toBeUndefined();
    }
  });
});

it('runs 200 tasks over 4 slots, each once', async () => {
  const node = 7;
  await engine.node(node);
  const codes = new Map<number, number>();
  let next = 0;
  const start = (): void => {
    const run = 500 + next++;
    const command = `sh -c 'echo $AZ_BATCH_TASK_ID >>"$AZ_BATCH_NODE_SHARED_DIR/ran"; exit ${run % 7}'`;
    engine.start(runDetails(command, { taskId: `many${run}`, nodeId: `node-${node}` }), run, node);
  };
  for (let i = 0; i < 4; i++) start();
  await engine.until(() => {
    for (const report of engine.reports) {
      if (report.kind !== ReportKind.runEnded || report.run < 500 || report.run >= 700) continue;
      if (codes.has(report.run)) continue;
      codes.set(report.run, report.exitCode ?? -1);
      if (next < 200) start();
    }
    return codes.size === 200;
  });
  expect([...codes].filter(([run, code]) => code !== run % 7)).toEqual([]);
  const ran = readFileSync(join(engine.root(node), 'shared', 'ran'), 'utf8')
    .trim()
    .split('\n');
  expect(ran).toHaveLength(200);
  expect(new Set(ran).size).toBe(200);
  const shells = readdirSync(join(engine.root(node), 'volatile')).filter((n) => n.endsWith('.pid'));
  expect(shells.sort()).toEqual(
    ['control', 'slot-0', 'slot-1', 'slot-2', 'slot-3'].map((n) => `${n}.pid`),
  );
});
