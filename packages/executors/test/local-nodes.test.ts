import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report, StartTaskDetails, StartTaskEnded } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localExecutor } from '../src/index.ts';
import { isAlive } from './processes.ts';
import { runDetails, ScriptedEngine } from './scripted-effects.ts';

let engine: ScriptedEngine;

beforeEach(async () => {
  engine = new ScriptedEngine(localExecutor());
  await engine.open();
  await engine.node();
});

afterEach(() => engine.dispose());

function startTask(commandLine: string, more: Partial<StartTaskDetails> = {}): StartTaskDetails {
  return {
    poolId: 'pool',
    nodeId: 'node-1',
    commandLine,
    resourceFiles: [],
    environmentSettings: [],
    accountName: 'account',
    ...more,
  };
}

async function ended(sequence: number): Promise<StartTaskEnded> {
  const isIt = (report: Report): report is StartTaskEnded =>
    report.kind === ReportKind.startTaskEnded && report.sequence === sequence;
  await engine.until(() => engine.reports.some(isIt));
  const report = engine.reports.find(isIt);
  if (report === undefined) throw new Error('there was one');
  return report;
}

async function prepare(sequence: number, details: StartTaskDetails): Promise<StartTaskEnded> {
  engine.startTasks.set(`1-${sequence}`, details);
  engine.carryOut({ kind: EffectKind.runStartTask, node: 1, sequence });
  return await ended(sequence);
}

async function again(
  kind: typeof EffectKind.rebootNode | typeof EffectKind.reimageNode,
  sequence: number,
): Promise<void> {
  engine.carryOut({ kind, node: 1, sequence });
  await engine.until(() =>
    engine.reports.some((r) => r.kind === ReportKind.nodeReady && r.sequence === sequence),
  );
}

describe('a start task', () => {
  it('runs in the startup directory with its variables, and without those of tasks', async () => {
    const script =
      'pwd; echo $AZ_BATCH_TASK_DIR $AZ_BATCH_TASK_WORKING_DIR $HOME; echo $A,$AZ_BATCH_JOB_ID,$AZ_BATCH_TASK_ID,$AZ_BATCH_NODE_ID';
    const report = await prepare(
      500,
      startTask(`/bin/sh -c '${script}'`, { environmentSettings: [{ name: 'A', value: 'x' }] }),
    );
    expect(report).toMatchObject({ node: 1, exitCode: 0 });
    const startup = join(engine.root(), 'startup');
    expect(readFileSync(join(startup, 'stdout.txt'), 'utf8').split('\n')).toEqual([
      `${startup}/wd`,
      `${startup} ${startup}/wd ${startup}/wd`,
      'x,,,node-1',
      '',
    ]);
  });

  it('says its exit code, finds what the last one left, and takes no slot from tasks', async () => {
    expect(await prepare(500, startTask("/bin/sh -c 'echo one >> file; exit 3'"))).toMatchObject({
      exitCode: 3,
    });
    engine.start(runDetails('sleep 60'), 7);
    expect(await prepare(501, startTask("/bin/sh -c 'echo two >> file'"))).toMatchObject({
      exitCode: 0,
    });
    const file = join(engine.root(), 'startup/wd/file');
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  });

  it('gets its resource files first, and is not launched without them', async () => {
    await engine.blobStore.createContainer('input');
    const resourceFiles = [{ autoStorageContainerName: 'nothing' }];
    expect(await prepare(500, startTask('true', { resourceFiles }))).toMatchObject({
      failure: 'BlobNotFound',
    });
    expect(await prepare(501, startTask('no-such-program'))).toMatchObject({
      failure: 'CommandProgramNotFound',
    });
  });

  it('goes on while the engine is away, and does not run twice', async () => {
    const details = startTask("/bin/sh -c 'echo x >> file; sleep 1; exit 4'");
    engine.startTasks.set('1-500', details);
    engine.carryOut({ kind: EffectKind.runStartTask, node: 1, sequence: 500 });
    const file = join(engine.root(), 'startup/wd/file');
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));
    await engine.executor.close();
    const { directory } = engine;
    engine = new ScriptedEngine(localExecutor(), directory);
    engine.startTasks.set('1-500', details);
    await engine.open([{ kind: EffectKind.runStartTask, node: 1, sequence: 500 }], [1]);
    expect(await ended(500)).toMatchObject({ node: 1, exitCode: 4 });
    expect(readFileSync(file, 'utf8')).toBe('x\n');
  });
});

describe('a node that starts again', () => {
  it('has ended its processes, and kept its files', async () => {
    engine.start(runDetails("/bin/sh -c 'echo $$ > ../pid; sleep 60'", { taskId: 't' }), 7);
    const file = join(engine.taskDirectory('t'), 'pid');
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const pid = Number(readFileSync(file, 'utf8'));
    await again(EffectKind.rebootNode, 600);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(file)).toBe(true);
    expect(await engine.execute('true')).toMatchObject({ exitCode: 0 });
    expect(engine.ended(7)).toEqual([]);
  });

  it('has no files any more when it is reimaged', async () => {
    await engine.execute('true', { taskId: 't' });
    expect(existsSync(engine.taskDirectory('t'))).toBe(true);
    await again(EffectKind.reimageNode, 600);
    expect(existsSync(engine.taskDirectory('t'))).toBe(false);
    expect(await engine.execute('true', { taskId: 't' })).toMatchObject({ exitCode: 0 });
  });

  it('can be taken back while it does', async () => {
    engine.start(runDetails('sleep 60'), 7);
    engine.carryOut(
      { kind: EffectKind.rebootNode, node: 1, sequence: 600 },
      { kind: EffectKind.releaseNode, node: 1, sequence: 601 },
    );
    await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.nodeGone));
    expect(existsSync(engine.root())).toBe(false);
  });

  it('starts again once more for an engine that came back before it had', async () => {
    await engine.executor.close();
    const { directory } = engine;
    engine = new ScriptedEngine(localExecutor(), directory);
    await engine.open([{ kind: EffectKind.rebootNode, node: 1, sequence: 600 }], []);
    await engine.until(() =>
      engine.reports.some((r) => r.kind === ReportKind.nodeReady && r.sequence === 600),
    );
    expect(await engine.execute('true')).toMatchObject({ exitCode: 0 });
  });
});
