import type { PoolInfo } from '@berth/core';
import { Engine, InputBatch } from '@berth/core';
import { parseJob, parseJobSchedule, parseTaskFactory } from '@berth/core/spec';
import { expect, it } from 'vitest';

// The door refuses what is wrong with an auto pool; who gives the engine commands of his own may still be wrong.

const poolInfo = autoPool('$TargetDedicatedNodes=');

function autoPool(autoScaleFormula: string): PoolInfo {
  const pool = {
    vmSize: 'local',
    enableAutoScale: true,
    autoScaleFormula: '$TargetDedicatedNodes=1',
  };
  const autoPoolSpecification = { poolLifetimeOption: 'job', pool };
  const parsed = parseJob({ id: 'j', poolInfo: { autoPoolSpecification } }).poolInfo;
  if (!('autoPoolSpecification' in parsed)) throw new Error('it has an auto pool');
  const { autoPoolSpecification: auto } = parsed;
  return { autoPoolSpecification: { ...auto, pool: { ...auto.pool, autoScaleFormula } } };
}

it('a job whose pool cannot be made is completed at once, and says why', () => {
  const engine = new Engine();
  engine.listening = true;
  const constraints = { maxWallClockTime: 'PT1H' };
  const job = { ...parseJob({ id: 'j', poolInfo: { poolId: 'p' }, constraints }), poolInfo };
  const { results, events } = engine.apply(InputBatch.of(1000, { type: 'addJob', job }));
  expect(results).toEqual([{}]);
  expect(events).toMatchObject([{ entity: 'job', jobId: 'j', from: 'active', to: 'completed' }]);
  const view = engine.queries.job('j');
  expect(view).toMatchObject({
    state: 'completed',
    executionInfo: {
      endTime: '1970-01-01T00:00:01.000Z',
      schedulingError: { category: 'usererror', code: 'InvalidAutoScaleFormulaInAutoPool' },
    },
  });
  expect(view?.executionInfo.schedulingError?.message).toContain('Line 1');
  expect(view?.executionInfo).not.toHaveProperty('poolId');
  expect(view?.executionInfo).not.toHaveProperty('terminateReason');
  expect(engine.nextDeadline()).toBe(Infinity);
  expect(engine.validate()).toEqual([]);
  expect(Engine.restore([...engine.snapshot()]).queries.job('j')).toEqual(view);
  const { effects } = engine.apply(InputBatch.of(2000, { type: 'deleteJob', jobId: 'j' }));
  expect([effects.length, engine.queries.job('j')]).toEqual([0, undefined]);
});

it('a schedule goes on after a job whose pool could not be made', () => {
  const engine = new Engine();
  const taskFactory = parseTaskFactory({
    type: 'parametricSweep',
    parameterSets: [{ start: 1, end: 2 }],
    repeatTask: { commandLine: 'x' },
  });
  const given = parseJobSchedule({
    id: 's',
    schedule: { recurrenceInterval: 'PT1M' },
    jobSpecification: { poolInfo: { poolId: 'p' } },
  });
  const jobSpecification = { ...given.jobSpecification, poolInfo, taskFactory };
  const jobSchedule = { ...given, jobSpecification };
  engine.apply(InputBatch.of(0, { type: 'addJobSchedule', jobSchedule }));
  const patch = {
    jobSpecification: { ...jobSpecification, poolInfo: autoPool('$TargetDedicatedNodes=0') },
  };
  engine.apply(InputBatch.of(0, { type: 'patchJobSchedule', jobScheduleId: 's', patch }));
  engine.apply(InputBatch.of(60_000, { type: 'tick' }));
  expect(engine.queries.jobsOfSchedule('s')?.map(({ id, state }) => [id, state])).toEqual([
    ['s:job-1', 'completed'],
    ['s:job-2', 'active'],
  ]);
  expect(engine.queries.taskCounts('s:job-1')?.taskCounts.active).toBe(0);
  expect(engine.queries.taskCounts('s:job-2')?.taskCounts.active).toBe(2);
  expect(engine.validate()).toEqual([]);
});
