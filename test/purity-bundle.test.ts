import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import * as core from '@berth/core';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

// The core bundled for a browser, in a realm that has nothing but the language: no timers, no console, no
// text encoder, and without those parts of the language itself that would make two runs differ.

const takenAway = [
  'Date',
  'Promise',
  'Intl',
  'WeakRef',
  'FinalizationRegistry',
  'SharedArrayBuffer',
  'Atomics',
  'WebAssembly',
  'console',
  'eval',
];
const inexact = ['random', 'exp', 'expm1', 'log', 'log10', 'log1p', 'log2', 'pow', 'cbrt', 'hypot']
  .concat(['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2'])
  .concat(['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh']);

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../packages/core/src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'Berth',
    conditions: ['@berth/source'],
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

function bareRealm(): object {
  // Not even code may be made of strings.
  const realm = createContext(Object.create(null) as object, {
    codeGeneration: { strings: false, wasm: false },
  });
  runInContext(
    `for (const name of ${JSON.stringify(takenAway)}) delete globalThis[name];
     for (const name of ${JSON.stringify(inexact)}) delete Math[name];`,
    realm,
  );
  return realm;
}

/**
 * A job of three tasks and a fourth that depends on them, on one node with two slots; every run exits 0 a
 * second later. Goes into the realm as text, so it names nothing but its argument.
 */
function smallJob({ Engine, InputBatch, EffectKind, ReportKind }: typeof core): string {
  const engine = new Engine();
  const starts: string[] = [];
  let at = 1_700_000_000_000;
  let inputs = new InputBatch();
  const template = {
    commandLine: 'true',
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    constraints: {},
    requiredSlots: 1,
  };
  inputs
    .command(at, { type: 'configure', rulesVersion: 1, accountName: 'bare' })
    .command(at, {
      type: 'addPool',
      pool: {
        id: 'pool',
        vmSize: 'local',
        targetDedicatedNodes: 1,
        taskSlotsPerNode: 2,
        taskSchedulingPolicy: { nodeFillType: 'spread' },
        metadata: [],
        executor: 'local',
        durability: 'written',
      },
    })
    .command(at, {
      type: 'addJob',
      job: {
        id: 'job',
        priority: 0,
        constraints: { maxTaskRetryCount: 0 },
        commonEnvironmentSettings: [],
        poolInfo: { poolId: 'pool' },
        onAllTasksComplete: 'noaction',
        usesTaskDependencies: true,
        metadata: [],
      },
    })
    .command(at, {
      type: 'addTaskFactory',
      jobId: 'job',
      factory: {
        type: 'parametricSweep',
        parameterSets: [{ start: 0, end: 2, step: 1 }],
        firstTaskId: 0,
        repeatTask: template,
      },
    })
    .command(at, {
      type: 'addTasks',
      jobId: 'job',
      tasks: [
        {
          id: 'last',
          ...template,
          dependsOn: { taskIds: [], taskIdRanges: [{ start: 0, end: 2 }] },
        },
      ],
    });
  while (inputs.length > 0) {
    const { results, effects } = engine.apply(inputs);
    for (const { error, refused } of results) {
      if (error || refused?.length) throw new Error(JSON.stringify({ error, refused }));
    }
    at += 1000;
    inputs = new InputBatch();
    for (let i = 0; i < effects.length; i++) {
      const sequence = effects.sequence(i);
      if (effects.kind(i) === EffectKind.getNode) {
        inputs.report(at, { kind: ReportKind.nodeReady, node: effects.node(i), sequence });
      } else if (effects.kind(i) === EffectKind.startRun) {
        const run = effects.run(i);
        starts.push(effects.catalog.run(run, sequence)?.taskId ?? '?');
        inputs.report(at, { kind: ReportKind.runEnded, run, sequence, exitCode: 0 });
      }
    }
  }
  const restored = Engine.restore(engine.snapshot());
  return JSON.stringify({
    starts,
    broken: engine.validate(),
    hash: engine.stateHash(),
    restored: restored.stateHash(),
  });
}

test('the core bundled for a browser runs a job in a bare realm, as it does here', async () => {
  const realm = bareRealm();
  expect(runInContext('typeof Date + typeof Math.random + typeof setTimeout', realm)).toBe(
    'undefinedundefinedundefined',
  );
  runInContext(await bundle(), realm);
  const there = runInContext(`(${smallJob.toString()})(Berth)`, realm) as string;
  expect(JSON.parse(there)).toMatchObject({ starts: ['0', '1', '2', 'last'], broken: [] });
  expect(JSON.parse(there).restored).toBe(JSON.parse(there).hash);
  expect(there).toBe(smallJob(core));
});

test('a bundle that uses what is not there fails in that realm', () => {
  for (const code of [
    'new Date()',
    'Math.random()',
    'setTimeout(() => 1)',
    'new Promise(() => 1)',
  ]) {
    expect(() => runInContext(code, bareRealm())).toThrow();
  }
});
