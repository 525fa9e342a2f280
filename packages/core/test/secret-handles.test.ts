import { currentRulesVersion, Engine, InputBatch } from '@berth/core';
import { parseJob, parseTask, parseTaskFactory } from '@berth/core/spec';
import { expect, it } from 'vitest';

it('the engine names the handles of all secrets that its tasks may need, and none of a job that is gone', () => {
  let count = 0;
  const seal = (): string => `s.${count++}`;
  const httpUrl = 'https://a.example/{0}?sig=x{0}y';
  const template = { commandLine: 'x', resourceFiles: [{ httpUrl, filePath: 'a' }] };
  const engine = new Engine();
  const parameterSets = [{ start: 1, end: 3 }];
  engine.apply(
    new InputBatch()
      .command(0, { type: 'configure', rulesVersion: currentRulesVersion, accountName: 'a' })
      .command(0, { type: 'addJob', job: parseJob({ id: 'j', poolInfo: { poolId: 'p' } }) })
      .command(0, { type: 'addJob', job: parseJob({ id: 'k', poolInfo: { poolId: 'p' } }) })
      .command(0, {
        type: 'addTasks',
        jobId: 'j',
        tasks: [parseTask({ id: 't', ...template }, { seal })],
      })
      .command(0, {
        type: 'addTaskFactory',
        jobId: 'k',
        factory: parseTaskFactory(
          { type: 'parametricSweep', parameterSets, repeatTask: template },
          { seal },
        ),
      }),
  );
  expect([...engine.queries.secretHandles()]).toEqual(['s.0', 's.1', 's.2']);
  engine.apply(new InputBatch().command(0, { type: 'deleteJob', jobId: 'j' }));
  expect([...engine.queries.secretHandles()]).toEqual(['s.1', 's.2']);
  const restored = Engine.restore([...engine.snapshot()]);
  expect([...restored.queries.secretHandles()]).toEqual(['s.1', 's.2']);
});
