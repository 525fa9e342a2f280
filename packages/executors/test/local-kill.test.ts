import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeDetails } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { LocalHostProvider, localExecutor, ShellExecutor } from '@berth/executors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../src/host.ts';
import { processes, processIdIn } from './processes.ts';
import { runDetails, ScriptedEngine } from './scripted-effects.ts';

let engine: ScriptedEngine;
beforeAll(async () => {
  engine = await new ScriptedEngine(localExecutor()).open();
  await engine.node();
});
afterAll(() => engine.dispose());

async function appears(file: string): Promise<void> {
  const until = performance.now() + 10_000;
  while (!existsSync(file)) {
    if (performance.now() > until) throw new Error(`${file} did not appear`);
    await sleep(5);
  }
}

/** A shell script that says when it is under way, and waits. */
function waiting(script: string, seconds: string): string {
  return `sh -c '${script} touch started; sleep ${seconds}'`;
}

describe('a kill', () => {
  it.each([
    ['a child', 'sleep N & '],
    ['a child with nohup', 'nohup sleep N >/dev/null 2>&1 & '],
    ['a child that left the session', 'setsid sleep N & '],
    ['a daemon', '(setsid sh -c "sleep N & exec sleep N" &) ; '],
    ['a child without environment', 'env -i /bin/sleep N & '],
    ['a child that left session and environment', 'env -i /usr/bin/setsid /bin/sleep N & '],
    ['an orphan without environment', '(env -i /bin/sleep N &) ; '],
    ['a child that ignores signals', 'sh -c "trap : TERM INT HUP; sleep N; sleep N" & '],
  ])('ends the task and %s', async (what, script) => {
    const seconds = `9${Math.floor(Math.random() * 1e9)}`;
    const taskId = `kill-${what.replaceAll(' ', '_')}`;
    const run = Math.floor(Math.random() * 1e6);
    engine.start(runDetails(waiting(script.replaceAll('N', seconds), seconds), { taskId }), run);
    await appears(join(engine.taskDirectory(taskId), 'wd', 'started'));
    await sleep(20);
    expect(processes(`sleep ${seconds}`).length).toBeGreaterThan(1);
    engine.kill(run);
    expect(await engine.end(run)).toMatchObject({ exitCode: 137 });
    expect(processes(`sleep ${seconds}`)).toEqual([]);
  });

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'ends what has left session, environment and parent as well, where there are control groups',
    async () => {
      const seconds = `8${Math.floor(Math.random() * 1e9)}`;
      const orphan = `(env -i /usr/bin/setsid /bin/sleep ${seconds} &) ; `;
      engine.start(runDetails(waiting(orphan, seconds), { taskId: 'orphan' }), 15);
      await appears(join(engine.taskDirectory('orphan'), 'wd', 'started'));
      await sleep(50);
      expect(processes(`sleep ${seconds}`).length).toBeGreaterThan(1);
      engine.kill(15);
      await engine.end(15);
      expect(processes(`sleep ${seconds}`)).toEqual([]);
    },
  );

  it.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
    'leaves no control group when the node is gone',
    async () => {
      await engine.node(9);
      await engine.execute('true', { nodeId: 'node-9' });
      engine.start(runDetails('true', { nodeId: 'node-9', taskId: 'grouped' }), 16, 9);
      await engine.end(16);
      const { groups, of } = { groups: join(engine.root(9), 'volatile'), of: /^slot-.*cgroup$/ };
      const notes = readdirSync(groups).filter((name) => of.test(name));
      expect(notes).toHaveLength(1);
      const group = readFileSync(join(groups, notes[0] ?? ''), 'utf8').trim();
      expect(existsSync(join(group, 'cgroup.procs'))).toBe(true);
      engine.carryOut({ kind: EffectKind.releaseNode, node: 9, sequence: 909 });
      await engine.nodeAnswer(ReportKind.nodeGone, 909);
      expect(existsSync(group)).toBe(false);
    },
  );

  it('is reported when the whole tree is gone, not when the process is', async () => {
    const seconds = `6${Math.floor(Math.random() * 1e9)}`;
    const details = runDetails(waiting(`echo $$ >pid; sleep ${seconds} & `, seconds), {
      taskId: 'tree',
    });
    engine.start(details, 14);
    const wd = join(engine.taskDirectory('tree'), 'wd');
    await appears(join(wd, 'started'));
    const pid = await processIdIn(join(engine.root(), 'volatile', 'control.pid'));
    process.kill(pid, 'SIGSTOP'); // it is to end the tree
    try {
      engine.kill(14);
      process.kill(Number(readFileSync(join(wd, 'pid'), 'utf8')), 'SIGKILL');
      await sleep(200);
      expect(processes(`sleep ${seconds}`)).not.toEqual([]);
      expect(engine.ended(14)).toEqual([]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await engine.end(14)).toMatchObject({ exitCode: 137 });
    expect(processes(`sleep ${seconds}`)).toEqual([]);
  });

  it('leaves the slot and what other runs started there', async () => {
    const seconds = `8${Math.floor(Math.random() * 1e9)}`;
    await engine.execute(`sh -c 'sleep ${seconds} &'`);
    const shell = readFileSync(join(engine.root(), 'volatile', 'slot-0.pid'), 'utf8');
    engine.start(runDetails(waiting('', '4000'), { taskId: 'beside' }), 11);
    await appears(join(engine.taskDirectory('beside'), 'wd', 'started'));
    engine.kill(11);
    expect(await engine.end(11)).toMatchObject({ exitCode: 137 });
    await sleep(100);
    expect(processes(`sleep ${seconds}`)).toHaveLength(1);
    expect(await engine.execute('/bin/true')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(engine.root(), 'volatile', 'slot-0.pid'), 'utf8')).toBe(shell);
  });

  it('right after the start ends the run, launched or not', async () => {
    for (let run = 100; run < 130; run++) {
      engine.start(runDetails('sleep 4000', { taskId: `early${run}` }), run);
      if (run % 3 > 0) await sleep(run % 3);
      engine.kill(run);
    }
    for (let run = 100; run < 130; run++) {
      const { exitCode, failure } = await engine.end(run);
      expect([undefined, 137]).toContain(exitCode);
      expect(failure).toBeUndefined();
    }
  });

  it('of a run that is over does nothing', async () => {
    engine.start(runDetails('/bin/true', { taskId: 'over' }), 12);
    await engine.end(12);
    engine.kill(12);
    expect(await engine.execute('/bin/true')).toMatchObject({ exitCode: 0 });
    expect(engine.ended(12)).toHaveLength(1);
  });

  it('while resource files come prevents the launch', async () => {
    const { createServer } = await import('node:http');
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const resourceFiles = [{ httpUrl: `http://127.0.0.1:${port}/`, filePath: 'x' }];
    engine.start(runDetails('/bin/true', { taskId: 'staging', resourceFiles }), 13);
    await sleep(50);
    engine.kill(13);
    const end = await engine.end(13);
    expect(end).toEqual({ kind: ReportKind.runEnded, run: 13, sequence: 1013 });
    server.closeAllConnections();
    server.close();
  });
});

describe('output files after a kill', () => {
  const outputFiles = (['tasksuccess', 'taskfailure', 'taskcompletion'] as const).map(
    (uploadCondition) => ({
      filePattern: 'started',
      destination: { container: { autoStorageContainerName: 'out', path: uploadCondition } },
      uploadOptions: { uploadCondition },
    }),
  );
  async function uploaded(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of engine.blobStore.list('out')) names.push(name);
    return names;
  }

  it('are uploaded if a wall clock did it', async () => {
    await engine.blobStore.createContainer('out');
    engine.start(runDetails(waiting('', '4000'), { taskId: 'user', outputFiles }), 20);
    await appears(join(engine.taskDirectory('user'), 'wd', 'started'));
    engine.kill(20, 'ended');
    await engine.end(20);
    expect(await uploaded()).toEqual([]);

    engine.start(runDetails(waiting('', '4000'), { taskId: 'clock', outputFiles }), 21);
    await appears(join(engine.taskDirectory('clock'), 'wd', 'started'));
    engine.kill(21, 'wallClock');
    expect(await engine.end(21)).toMatchObject({ exitCode: 137 });
    expect(await uploaded()).toEqual(['taskcompletion', 'taskfailure']);
  });
});

/** Whether a shell is alive is asked while it is, and answered much later. */
class SlowlyLookedAt extends LocalHostProvider {
  readonly scripts: string[] = [];

  override async get(details: NodeDetails): Promise<Host> {
    const host = await super.get(details);
    const { root, pipeLimit, environment, shell, files } = host;
    return {
      ...{ root, pipeLimit, environment, shell, files },
      openPipe: (path) => host.openPipe(path),
      readPipe: (path, onText) => host.readPipe(path, onText),
      run: async (script) => {
        this.scripts.push(script);
        return await host.run(script);
      },
      isAlive: async (pid, start) => {
        await sleep(600);
        return await host.isAlive(pid, start);
      },
    };
  }
}

describe('a node', () => {
  it('that is released ends its runs and is gone', async () => {
    await engine.node(3);
    const seconds = `7${Math.floor(Math.random() * 1e9)}`;
    const script = `setsid sleep ${seconds} & `;
    const details = runDetails(waiting(script, seconds), { taskId: 'doomed', nodeId: 'node-3' });
    engine.start(details, 30, 3);
    await appears(join(engine.taskDirectory('doomed', 3), 'wd', 'started'));
    engine.carryOut({ kind: EffectKind.releaseNode, node: 3, sequence: 77 });
    await engine.until(() =>
      engine.reports.some((r) => r.kind === ReportKind.nodeGone && r.sequence === 77),
    );
    expect(existsSync(engine.root(3))).toBe(false);
    await sleep(50);
    expect(processes(seconds)).toEqual([]);
    expect(processes(engine.root(3))).toEqual([]);
    expect(engine.ended(30)).toEqual([]);
  });

  it('that is gone gets no shells any more, though its control shell was last seen dead', async () => {
    const provider = new SlowlyLookedAt();
    const other = await new ScriptedEngine(new ShellExecutor(provider)).open();
    await other.node();
    const control = await processIdIn(join(other.root(), 'volatile', 'control.pid'));
    process.kill(control, 'SIGSTOP');
    other.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 79 });
    await sleep(1_150);
    process.kill(control, 'SIGCONT');
    await other.until(() => other.reports.some((r) => r.kind === ReportKind.nodeGone));
    const before = provider.scripts.length;
    await sleep(1_500);
    expect(provider.scripts.slice(before)).toEqual([]);
    await other.dispose();
  });

  it('that is being released when the executor closes keeps nobody waiting', async () => {
    const other = await new ScriptedEngine(localExecutor()).open();
    await other.node();
    await other.execute('/bin/true');
    other.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 78 });
    await other.dispose();
    expect(other.reports.some((r) => r.kind === ReportKind.nodeGone)).toBe(false);
  });

  it('loses a run whose slot shell is killed', async () => {
    const end = engine.execute("sh -c 'kill -9 0'", { taskId: 'suicide' });
    end.catch(() => {});
    await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.runLost));
    expect(await engine.execute('/bin/true')).toMatchObject({ exitCode: 0 });
  });

  it('gets a new control shell if the old one dies', async () => {
    const pid = await processIdIn(join(engine.root(), 'volatile', 'control.pid'));
    engine.start(runDetails(waiting('', '4000'), { taskId: 'control' }), 40);
    await appears(join(engine.taskDirectory('control'), 'wd', 'started'));
    process.kill(pid, 'SIGKILL');
    engine.kill(40);
    expect(await engine.end(40)).toMatchObject({ exitCode: 137 });
  });

  it('forgets the files of a task, and of a job', async () => {
    await engine.execute('/bin/true', { taskId: 'files', jobId: 'removed' });
    const task = engine.taskDirectory('files', 1, 'removed');
    expect(existsSync(task)).toBe(true);
    const removal = { accountName: 'account', poolId: 'pool', jobId: 'removed', taskId: 'files' };
    engine.carryOut({ kind: EffectKind.removeTaskFiles, removal });
    expect(existsSync(task)).toBe(false);
    await engine.execute('/bin/true', { taskId: 'files', jobId: 'removed' });
    engine.carryOut({
      kind: EffectKind.removeJobFiles,
      removal: { accountName: 'account', poolId: 'pool', jobId: 'removed' },
    });
    expect(existsSync(task)).toBe(false);
    const trash = join(engine.root(), 'volatile', 'trash');
    const until = performance.now() + 10_000;
    while (readdirSync(trash).length > 0 && performance.now() < until) await sleep(20);
    expect(readdirSync(trash)).toEqual([]);
  });
});
