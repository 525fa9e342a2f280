import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeDetails } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Host, HostFiles } from '@berth/executors';
import { LocalHostProvider, localExecutor, ShellExecutor } from '@berth/executors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, processIdIn } from './processes.ts';
import { runDetails, ScriptedEngine } from './scripted-effects.ts';

let directory: string;
let children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'berth-crash-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  // Whatever a failed test left on the node.
  const engine = await new ScriptedEngine(localExecutor(), directory).open();
  engine.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 9 });
  await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.nodeGone));
  await engine.dispose();
  rmSync(directory, { recursive: true, force: true });
});

function engineProcess(tasks: number, slots: number, script: string): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=@berth/source', '--import', 'tsx'],
      join(import.meta.dirname, 'crashing-engine.ts'),
      ...[directory, String(tasks), String(slots), script],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } },
  );
  children.push(child);
  return child;
}
async function opened(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.stdout?.once('data', resolve));
}
async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return await new Promise((resolve) => child.once('exit', resolve));
}
function lines(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').trim().split('\n');
}
const shared = (): string => join(directory, 'executor/nodes/account/pool/node-1/shared');
async function holds(file: string, count: number): Promise<void> {
  const until = performance.now() + 15_000;
  while (lines(file).length < count && performance.now() < until) await sleep(5);
}

describe('an engine that is killed while tasks run', () => {
  it('finds every one again, and runs none twice', { timeout: 120_000 }, async () => {
    const tasks = 150;
    const script =
      'echo $1 >>"$AZ_BATCH_NODE_SHARED_DIR/ran"; sleep 0.0$(($1 % 7)); exit $(($1 % 5))';
    for (let life = 0; life < 6; life++) {
      const child = engineProcess(tasks, 4, script);
      await opened(child);
      await sleep(Math.random() * 250);
      child.kill('SIGKILL');
      await ended(child);
    }
    const last = engineProcess(tasks, 4, script);
    expect(await ended(last)).toBe(0);
    const ran = lines(join(shared(), 'ran')).map(Number);
    expect(ran.sort((a, b) => a - b)).toEqual(Array.from({ length: tasks }, (_, i) => i + 1));
    const journal = lines(join(directory, 'journal'));
    expect(journal.filter((line) => line.startsWith('lost'))).toEqual([]);
    const ends = journal.filter((line) => line.startsWith('end')).map((line) => line.split(' '));
    expect(ends).toHaveLength(tasks);
    expect(ends.filter(([, run, code]) => Number(code) !== Number(run) % 5)).toEqual([]);
  });
});

/** As if no slot shell had written its pid yet when they were looked for. */
class FindsNoSlots extends LocalHostProvider {
  override async get(details: NodeDetails): Promise<Host> {
    const host = await super.get(details);
    const { root, pipeLimit, environment, shell } = host;
    const files = new Proxy(host.files, {
      get(target, name: keyof HostFiles) {
        if (name === 'list') {
          return async (directory: string) =>
            (await target.list(directory)).filter((entry) => !entry.name.startsWith('slot-'));
        }
        return target[name].bind(target);
      },
    });
    return {
      ...{ root, pipeLimit, environment, shell, files },
      openPipe: (path) => host.openPipe(path),
      readPipe: (path, onText) => host.readPipe(path, onText),
      run: (script) => host.run(script),
      isAlive: (pid, start) => host.isAlive(pid, start),
    };
  }
}

describe('after a restart', () => {
  const slow = 'touch "$AZ_BATCH_NODE_SHARED_DIR/up$1"; sleep 4000';

  it('a run that goes on is awaited, and a kill reaches it', async () => {
    const child = engineProcess(2, 2, slow);
    await opened(child);
    await holds(join(directory, 'journal'), 3);
    while (!existsSync(join(shared(), 'up1')) || !existsSync(join(shared(), 'up2'))) await sleep(5);
    child.kill('SIGKILL');
    await ended(child);

    const engine = new ScriptedEngine(localExecutor(), directory);
    for (const run of [1, 2])
      engine.runs.set(`${run}-${run + 1_000}`, runDetails('x', { taskId: `t${run}` }));
    await engine.open([
      { kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 },
      { kind: EffectKind.startRun, node: 1, run: 2, sequence: 1_002 },
      { kind: EffectKind.killRun, node: 1, run: 2, sequence: 1_002 },
    ]);
    expect(await engine.end(2)).toMatchObject({ exitCode: 137 });
    expect(engine.ended(1)).toEqual([]);
    engine.kill(1);
    expect(await engine.end(1)).toMatchObject({ exitCode: 137 });
    expect(await engine.execute('/bin/true')).toMatchObject({ exitCode: 0 });
    await engine.executor.close();
  });

  it('what the engine had its launcher do is waited for before shells are looked for', async () => {
    const former = spawn('sleep', ['0.4']);
    children.push(former);
    const pid = former.pid ?? 0;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const start = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[19];
    mkdirSync(join(directory, 'executor'));
    writeFileSync(join(directory, 'executor', 'launcher.pid'), `${pid} ${start}\n`);
    const engine = await new ScriptedEngine(localExecutor(), directory).open();
    expect(isAlive(pid)).toBe(false);
    expect(readFileSync(join(directory, 'executor', 'launcher.pid'), 'utf8')).not.toContain(
      `${pid} `,
    );
    await engine.node();
    expect(await engine.execute('/bin/true')).toMatchObject({ exitCode: 0 });
    await engine.executor.close();
  });

  it('a run whose shell came up a moment too late to be found is awaited', async () => {
    const child = engineProcess(1, 1, slow);
    await opened(child);
    while (!existsSync(join(shared(), 'up1'))) await sleep(5);
    child.kill('SIGKILL');
    await ended(child);

    const engine = new ScriptedEngine(new ShellExecutor(new FindsNoSlots()), directory);
    engine.runs.set('1-1001', runDetails('x', { taskId: 't1' }));
    await engine.open([{ kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 }]);
    await sleep(500); // a loss would have been said by then
    expect(engine.reports).toEqual([]);
    engine.kill(1);
    expect(await engine.end(1)).toMatchObject({ exitCode: 137 });
    expect(await engine.execute('/bin/true')).toMatchObject({ exitCode: 0 });
    await engine.executor.close();
  });

  it('a run whose shell died meanwhile is lost, and what it left is ended', async () => {
    const child = engineProcess(1, 1, slow);
    await opened(child);
    while (!existsSync(join(shared(), 'up1'))) await sleep(5);
    child.kill('SIGKILL');
    await ended(child);
    const volatile = join(shared(), '../volatile');
    const pid = await processIdIn(join(volatile, 'slot-0.pid'));
    const task = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0];
    process.kill(pid, 'SIGKILL');

    const engine = new ScriptedEngine(localExecutor(), directory);
    engine.runs.set('1-1001', runDetails('x', { taskId: 't1' }));
    await engine.open([{ kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 }]);
    await engine.until(() => engine.reports.length > 0);
    expect(engine.reports).toEqual([{ kind: ReportKind.runLost, run: 1, sequence: 1_001 }]);
    expect(isAlive(Number(task))).toBe(false);
    await engine.executor.close();
  });

  it('an upload that was not finished is done again', async () => {
    const first = await new ScriptedEngine(localExecutor(), directory).open();
    await first.node();
    const outputFiles = [
      {
        filePattern: 'out',
        destination: { container: { autoStorageContainerName: 'results' } },
        uploadOptions: { uploadCondition: 'taskcompletion' as const },
      },
    ];
    const details = runDetails("sh -c 'echo x >out; exit 4'", { taskId: 't', outputFiles });
    first.start(details, 1);
    expect(await first.end(1)).toMatchObject({ failure: 'FileUploadContainerNotFound' });
    await first.executor.close();
    // As if that engine had died before it could tell: the run is still outstanding.
    rmSync(join(first.root(), 'volatile', 'consumed'), { force: true });
    await first.blobStore.createContainer('results');

    const engine = new ScriptedEngine(localExecutor(), directory);
    engine.runs.set('1-1001', details);
    await engine.open([{ kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 }]);
    expect(await engine.end(1)).toEqual({
      kind: ReportKind.runEnded,
      run: 1,
      sequence: 1_001,
      exitCode: 4,
    });
    expect(await text(await engine.blobStore.read('results', 'out'))).toBe('x\n');
    await engine.executor.close();
  });

  it('a run that was never started is started, and one to be killed never is', async () => {
    const engine = new ScriptedEngine(localExecutor(), directory);
    const script = 'echo $1 >>"$AZ_BATCH_NODE_SHARED_DIR/ran"';
    for (const run of [1, 2]) {
      engine.runs.set(
        `${run}-${run + 1_000}`,
        runDetails(`sh -c '${script}' sh ${run}`, { taskId: `t${run}` }),
      );
    }
    await engine.open([
      { kind: EffectKind.getNode, node: 1, sequence: 5 },
      { kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 },
      { kind: EffectKind.startRun, node: 1, run: 2, sequence: 1_002 },
      { kind: EffectKind.killRun, node: 1, run: 2, sequence: 1_002 },
    ]);
    expect(await engine.end(1)).toMatchObject({ exitCode: 0 });
    expect(await engine.end(2)).toEqual({ kind: ReportKind.runEnded, run: 2, sequence: 1_002 });
    await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.nodeReady));
    expect(lines(join(engine.root(), 'shared', 'ran'))).toEqual(['1']);
    await engine.executor.close();
  });

  it('a node is given back with all that ran on it', async () => {
    const child = engineProcess(1, 1, slow);
    await opened(child);
    while (!existsSync(join(shared(), 'up1'))) await sleep(5);
    child.kill('SIGKILL');
    await ended(child);
    const engine = new ScriptedEngine(localExecutor(), directory);
    await engine.open([{ kind: EffectKind.releaseNode, node: 1, sequence: 8 }]);
    await engine.until(() => engine.reports.length > 0);
    expect(engine.reports).toEqual([{ kind: ReportKind.nodeGone, node: 1, sequence: 8 }]);
    expect(existsSync(engine.root())).toBe(false);
    await engine.executor.close();
  });
});

describe('close', () => {
  it('ends idle shells and leaves busy ones', async () => {
    const engine = await new ScriptedEngine(localExecutor(), directory).open();
    await engine.node();
    engine.start(runDetails("sh -c 'touch up; sleep 4000'", { taskId: 'busy' }), 1);
    await engine.execute('/bin/true');
    while (!existsSync(join(engine.taskDirectory('busy'), 'wd', 'up'))) await sleep(5);
    await engine.executor.close();
    await sleep(100);
    const alive = ['control', 'slot-0', 'slot-1'].filter((name) => {
      const file = join(engine.root(), 'volatile', `${name}.pid`);
      return isAlive(Number(readFileSync(file, 'utf8').split(' ')[0]));
    });
    expect(alive).toEqual(['control', 'slot-0']);
  });
});

describe('a node', () => {
  it('that another engine forgot is not taken for a new one of its name', async () => {
    const forgetful = await new ScriptedEngine(localExecutor(), directory).open();
    await forgetful.node();
    await forgetful.execute(`sh -c 'touch "$AZ_BATCH_NODE_SHARED_DIR/old"'`);
    await forgetful.executor.close();
    expect(existsSync(join(shared(), 'old'))).toBe(true);

    const engine = await new ScriptedEngine(localExecutor(), directory).open();
    engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 1 });
    await engine.until(() => engine.reports.length > 0);
    expect(existsSync(join(shared(), 'old'))).toBe(true);
    await engine.executor.close();

    const other = await new ScriptedEngine(localExecutor(), directory).open();
    other.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 50 });
    await other.until(() => other.reports.length > 0);
    expect(other.reports).toEqual([{ kind: ReportKind.nodeReady, node: 1, sequence: 50 }]);
    expect(existsSync(join(shared(), 'old'))).toBe(false);
    expect(await other.execute('/bin/true')).toMatchObject({ exitCode: 0 });
    await other.executor.close();
  });
});

it('says on which systems it runs', async () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform');
  Object.defineProperty(process, 'platform', { value: 'win32' });
  try {
    const engine = new ScriptedEngine(localExecutor(), directory);
    await expect(engine.open()).rejects.toThrow(/runs on Linux and macOS/);
  } finally {
    if (platform) Object.defineProperty(process, 'platform', platform);
  }
});
