import { setTimeout as sleep } from 'node:timers/promises';
import { ReportKind } from '@berth/core';
import { LocalHostProvider, ShellExecutor } from '@berth/executors';
import { afterEach, expect, it } from 'vitest';
import { countsOf, measuresOf } from '../src/host-measures.ts';
import { parseAnswer } from '../src/runner-script.ts';
import { ScriptedEngine } from './scripted-effects.ts';

const before = countsOf([100, 1_000, 2_048, 4_096, 10, 20, 1, 2, 100, 200], 1_000);
const after = countsOf([150, 1_200, 3_072, 8_192, 30, 60, 2, 4, 150, 190], 31_000);
if (before === undefined || after === undefined) throw new Error('no counts');

it('is what is used now, and what has happened since the sample before', () => {
  expect(measuresOf(after, before, true)).toEqual({
    ...{ cpuPermille: 250, memoryMiB: 3, diskMiB: 8, wallClockSeconds: 30 },
    ...{ diskReadBytes: 20, diskWriteBytes: 40, diskReadOps: 1, diskWriteOps: 2 },
    networkInBytes: 50, // what was sent has begun anew
  });
});

it('at first is what is used now only, and of a machine that another node tells of neither disks nor network', () => {
  expect(measuresOf(after, undefined, true)).toEqual({ memoryMiB: 3, diskMiB: 8 });
  expect(measuresOf(after, before, false)).toEqual({
    ...{ cpuPermille: 250, memoryMiB: 3, diskMiB: 8, wallClockSeconds: 30 },
  });
});

it('is nothing where the host says nothing', () => {
  expect(parseAnswer('m a.1')).toEqual({ type: 'm', id: 'a.1', values: [] });
  expect(countsOf([], 0)).toBeUndefined();
  expect(parseAnswer('m a.1 x')).toBeUndefined();
});

let engine: ScriptedEngine | undefined;
afterEach(() => engine?.dispose());

it.runIf(process.platform === 'linux')(
  'comes from the hosts of nodes that somebody looks at',
  async () => {
    const looked = new Set(['pool']);
    const executor = new ShellExecutor(new LocalHostProvider(), { measureEveryMs: 200 });
    engine = await new ScriptedEngine(executor).open([], [], {
      isMeasured: (_account: string, pool: string) => looked.has(pool),
    });
    await engine.node(1);
    await engine.node(2);
    const { reports } = engine;
    const samples = (node: number) =>
      reports.filter((one) => one.kind === ReportKind.nodeSample && one.node === node);
    await engine.until(() => samples(1).length > 2 && samples(2).length > 2);
    const [first, second] = samples(1);
    expect(first).toMatchObject({ sequence: 1, memoryMiB: expect.any(Number) });
    expect(second).toMatchObject({
      cpuPermille: expect.any(Number),
      diskMiB: expect.any(Number),
      networkInBytes: expect.any(Number),
      diskWriteOps: expect.any(Number),
    });
    expect(samples(2).at(-1)).toMatchObject({ cpuPermille: expect.any(Number) });
    expect(samples(2).at(-1)).not.toHaveProperty('networkInBytes');
    looked.clear();
    const seen = (): number => reports.filter(({ kind }) => kind === ReportKind.nodeSample).length;
    // Those that were asked for still come.
    for (let count = -1; count !== seen(); await sleep(1_000)) count = seen();
  },
);
