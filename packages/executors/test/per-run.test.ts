import { EffectKind, ReportKind } from '@berth/core';
import type { RunFunction } from '@berth/executors';
import { perRun } from '@berth/executors';
import { afterEach, expect, it } from 'vitest';
import { runDetails, ScriptedEngine } from './scripted-effects.ts';

let engine: ScriptedEngine | undefined;
async function with_(fn: RunFunction): Promise<ScriptedEngine> {
  engine = await new ScriptedEngine(perRun(fn)).open();
  await engine.node();
  return engine;
}
afterEach(() => engine?.dispose());

it('reports what the function resolves with', async () => {
  const it = await with_(async (run) => Number(run.commandLine));
  expect(await it.execute('0')).toMatchObject({ kind: ReportKind.runEnded, exitCode: 0 });
  expect(await it.execute('7')).toMatchObject({ exitCode: 7 });
});

it('takes nothing for 0', async () => {
  const it = await with_(async () => {});
  expect(await it.execute('x')).toMatchObject({ exitCode: 0 });
});

it('takes a rejection for 1, with its message', async () => {
  const it = await with_(async () => {
    throw new Error('broken');
  });
  expect(await it.execute('x')).toMatchObject({ exitCode: 1, detail: 'broken' });
});

it('aborts the signal at a kill', async () => {
  const it = await with_(
    (_run, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(137));
      }),
  );
  it.start(runDetails('x'), 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  it.kill(1);
  expect(await it.end(1)).toMatchObject({ exitCode: 137 });
});

it('does not begin what is killed at once', async () => {
  let begun = 0;
  const it = await with_(async () => {
    begun++;
  });
  it.start(runDetails('x'), 1);
  it.kill(1);
  expect(await it.end(1)).toEqual({ kind: ReportKind.runEnded, run: 1, sequence: 1_001 });
  expect(begun).toBe(0);
});

it('starts a run once', async () => {
  let begun = 0;
  const it = await with_(async () => {
    begun++;
  });
  it.start(runDetails('x'), 1);
  it.start(runDetails('x'), 1);
  await it.end(1);
  expect(begun).toBe(1);
});

it('gives nodes back, and reports runs of an earlier life lost', async () => {
  engine = new ScriptedEngine(perRun(async () => {}));
  engine.runs.set('5-6', runDetails('x'));
  await engine.open([
    { kind: EffectKind.getNode, node: 1, sequence: 1 },
    { kind: EffectKind.startRun, node: 2, run: 5, sequence: 6 },
    { kind: EffectKind.killRun, node: 2, run: 5, sequence: 6 },
    { kind: EffectKind.releaseNode, node: 3, sequence: 2 },
  ]);
  await engine.until(() => engine?.reports.length === 3);
  expect(engine.reports).toEqual([
    { kind: ReportKind.nodeReady, node: 1, sequence: 1 },
    { kind: ReportKind.runLost, run: 5, sequence: 6 },
    { kind: ReportKind.nodeGone, node: 3, sequence: 2 },
  ]);
});
