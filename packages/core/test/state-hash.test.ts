import { expect, test } from 'vitest';
import { Engine } from '../src/engine.ts';
import { InputBatch } from '../src/input-batch.ts';

test('states that differ in one row have different hashes, wherever the row lies', () => {
  const base = new Engine();
  base.apply(
    new InputBatch()
      .command(0, {
        type: 'addJob',
        job: {
          id: 'j',
          priority: 0,
          constraints: { maxTaskRetryCount: 0 },
          commonEnvironmentSettings: [],
          poolInfo: { poolId: 'p' },
          onAllTasksComplete: 'noaction',
          usesTaskDependencies: false,
          metadata: [],
        },
      })
      .command(0, {
        type: 'addTaskFactory',
        jobId: 'j',
        factory: {
          type: 'parametricSweep',
          parameterSets: [{ start: 0, end: 99, step: 1 }],
          firstTaskId: 0,
          repeatTask: {
            commandLine: 'run {0}',
            resourceFiles: [],
            outputFiles: [],
            environmentSettings: [],
            constraints: {},
            requiredSlots: 1,
          },
        },
      }),
  );
  const hashes = new Set<string>();
  for (let id = 0; id < 100; id++) {
    const engine = Engine.restore(base.snapshot());
    engine.apply(InputBatch.of(0, { type: 'terminateTask', jobId: 'j', taskId: String(id) }));
    hashes.add(engine.stateHash());
  }
  expect(hashes.size).toBe(100);
});
