import { expect, it } from 'vitest';
import { worldOf } from '../src/engine.ts';
import type { NodeMeasures } from '../src/index.ts';
import { Engine, InputBatch, ReportKind, sampledVariables } from '../src/index.ts';
import { parsePool } from '../src/spec/index.ts';

/** An engine with one node that is ready, of a pool that follows a formula. */
function engineWithNode(): { engine: Engine; sample(at: number, measures: NodeMeasures): void } {
  const engine = new Engine();
  const pool = parsePool({
    id: 'p',
    vmSize: 'local',
    enableAutoScale: true,
    autoScaleFormula: '$TargetDedicatedNodes = 1',
  });
  const { effects } = engine.apply(InputBatch.of(0, { type: 'addPool', pool }));
  const named = { node: effects.node(0), sequence: effects.sequence(0) };
  engine.apply(new InputBatch().report(0, { kind: ReportKind.nodeReady, ...named }));
  return {
    engine,
    sample(at, measures) {
      const report = { kind: ReportKind.nodeSample, ...named, ...measures };
      engine.apply(new InputBatch().report(at, report));
    },
  };
}

/** The newest sample of a variable. */
function latest(engine: Engine, variable: (typeof sampledVariables)[number], at: number): number[] {
  engine.apply(InputBatch.of(at, { type: 'tick' }));
  const { samples } = worldOf(engine).pools[0]!.autoscale!;
  return samples.newest(sampledVariables.indexOf(variable), 1, at + 30_000);
}

it('what is no integer of 0 or more was not measured', () => {
  const { engine, sample } = engineWithNode();
  sample(1, { cpuPermille: 0.5, memoryMiB: -1, diskMiB: Number.NaN, diskReadOps: 2 ** 60 });
  expect(latest(engine, '$SampleNodeCount', 30_000)).toEqual([1]);
  for (const variable of ['$CPUPercent', '$MemoryBytes', '$DiskBytes', '$DiskReadOps'] as const) {
    expect(latest(engine, variable, 30_000)).toEqual([]);
  }
});

it('what is used stays until it is measured again, what is counted begins anew with each sample', () => {
  const { engine, sample } = engineWithNode();
  sample(1, { memoryMiB: 7, diskReadOps: 3 });
  sample(2, { diskReadOps: 4 });
  expect(latest(engine, '$DiskReadOps', 30_000)).toEqual([7]);
  sample(30_001, {});
  expect(latest(engine, '$MemoryBytes', 60_000)).toEqual([7]);
  expect(latest(engine, '$DiskReadOps', 60_000)).toEqual([0]);
});

it('is in the snapshot: an engine that goes on from there comes to the same', () => {
  const { engine, sample } = engineWithNode();
  sample(1, { cpuPermille: 250, networkInBytes: 9 });
  const restored = Engine.restore(engine.snapshot());
  for (const one of [engine, restored]) one.apply(InputBatch.of(90_000, { type: 'tick' }));
  expect(restored.stateHash()).toBe(engine.stateHash());
  expect(latest(restored, '$CPUPercent', 90_000)).toEqual([0.25]);
});
