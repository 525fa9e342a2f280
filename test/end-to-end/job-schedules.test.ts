import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineEvent } from '@berth/berth';
import { BatchError, localExecutor, openBatch } from '@berth/berth';
import { expect, test } from 'vitest';
import { linesOf, sh, temporaryDirectory, until } from './berth.ts';

// Job schedules inside somebody's program, with real processes and a real clock.

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, executor: 'local' };

function sweep(commandLine: string): object {
  return {
    onAllTasksComplete: 'terminatejob',
    taskFactory: {
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: 2 }],
      firstTaskId: 1,
      repeatTask: { commandLine },
    },
  };
}

test('a schedule makes a job with its tasks, in the directory of its own, and ends with it', async () => {
  const directory = temporaryDirectory();
  const out = join(temporaryDirectory(), 'out');
  await using batch = await openBatch({ directory, executors: [localExecutor()], warn: () => {} });
  await batch.pools.add(pool);
  const schedule = await batch.jobSchedules.add({
    id: 'Nightly',
    schedule: { doNotRunUntil: new Date(Date.now() + 300).toISOString() },
    jobSpecification: {
      poolInfo: { poolId: 'p' },
      ...sweep(sh('echo "$AZ_BATCH_JOB_ID/$AZ_BATCH_TASK_ID $AZ_BATCH_TASK_DIR" >> "$1"', out)),
    },
  });
  expect(schedule.warning).toBeUndefined();
  const seen: EngineEvent[] = [];
  for await (const event of schedule.events()) seen.push(event);
  expect(schedule.get()).toMatchObject({
    state: 'completed',
    executionInfo: { recentJob: { id: 'Nightly:job-1' } },
  });
  expect(seen).toContainEqual(
    expect.objectContaining({ entity: 'job', jobId: 'Nightly:job-1', from: 'none', to: 'active' }),
  );
  expect(seen.at(-1)).toMatchObject({ entity: 'jobSchedule', to: 'completed' });
  const node = join(directory, 'executors/local/nodes/berth/p/node-1');
  expect(linesOf(out).sort()).toEqual([
    `Nightly:job-1/1 ${node}/workitems/Nightly/job-1/1`,
    `Nightly:job-1/2 ${node}/workitems/Nightly/job-1/2`,
  ]);
  expect(schedule.jobs().map(({ id, state }) => [id, state])).toEqual([
    ['Nightly:job-1', 'completed'],
  ]);
  await schedule.delete();
  await batch.jobSchedules.gone('nightly');
  await until(() => readdirSync(join(node, 'workitems')).length === 0, 'the files are gone');
  expect(existsSync(join(node, 'workitems'))).toBe(true);
});

test('a schedule outlives the engine, and what fell due meanwhile comes to one job', async () => {
  const directory = temporaryDirectory();
  const jobSpecification = { poolInfo: { poolId: 'none' } };
  {
    await using batch = await openBatch({ directory, warn: () => {} });
    const schedule = await batch.jobSchedules.add({
      id: 's',
      schedule: { recurrenceInterval: 'PT1M' },
      jobSpecification,
    });
    expect(schedule.warning).toContain('has neither taskFactory nor jobManagerTask');
    await schedule.disable();
    expect(await schedule.patch({ metadata: [{ name: 'a', value: 'b' }] })).toEqual({});
    expect(await schedule.update({ jobSpecification })).toEqual({
      warning: expect.stringContaining('has neither taskFactory nor jobManagerTask'),
    });
  }
  await using batch = await openBatch({ directory, warn: () => {} });
  const schedule = batch.jobSchedules.get('S');
  expect(schedule.get()).toMatchObject({ state: 'disabled', schedule: {}, metadata: [] });
  await batch.jobs.get('s:job-1').terminate();
  await schedule.enable();
  expect(batch.jobSchedules.list()).toEqual([
    expect.objectContaining({ id: 's', state: 'active' }),
  ]);
  expect(schedule.jobs().map(({ id }) => id)).toEqual(['s:job-1', 's:job-2']);
  await schedule.terminate();
  expect((await schedule.done()).executionInfo.endTime).toBeDefined();
  expect(batch.jobs.get('s:job-2').get().executionInfo.terminateReason).toBe(
    'TerminateJobSchedule',
  );
});

test('what is refused says why', async () => {
  await using batch = await openBatch({ directory: temporaryDirectory(), warn: () => {} });
  const jobSpecification = { poolInfo: { poolId: 'p' } };
  await batch.jobSchedules.add({ id: 's', jobSpecification });
  const refused = async (what: Promise<unknown>): Promise<string> => {
    const error: unknown = await what.catch((error: unknown) => error);
    if (!(error instanceof BatchError)) throw new Error('nothing was refused');
    return error.code;
  };
  expect(await refused(batch.jobSchedules.add({ id: 'S', jobSpecification }))).toBe(
    'JobScheduleExists',
  );
  expect(await refused(batch.jobs.add({ id: 's', poolInfo: { poolId: 'p' } }))).toBe(
    'JobScheduleWithSameIdExists',
  );
  expect(await refused(batch.jobSchedules.get('t').disable())).toBe('JobScheduleNotFound');
  expect(() => batch.jobSchedules.get('t').get()).toThrow('There is no job schedule "t".');
  const schedule = { startWindow: 'PT1S' };
  expect(await refused(batch.jobSchedules.add({ id: 't', schedule, jobSpecification }))).toBe(
    'InvalidPropertyValue',
  );
});

test('a job with an auto pool has nodes of its own, which go with it', async () => {
  const directory = temporaryDirectory();
  await using batch = await openBatch({ directory, executors: [localExecutor()], warn: () => {} });
  const out = join(directory, 'out');
  const pool = { vmSize: 'local', targetDedicatedNodes: 2, executor: 'local' };
  const autoPoolSpecification = {
    autoPoolIdPrefix: 'own_',
    poolLifetimeOption: 'job' as const,
    pool,
  };
  const job = await batch.jobs.add({ id: 'j', poolInfo: { autoPoolSpecification } });
  expect(batch.pools.get('own_j-1')).toMatchObject({ durability: 'written' });
  await job.tasks.add({ id: 'a', commandLine: sh('echo "$AZ_BATCH_POOL_ID" > "$1"', out) });
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  expect((await job.done()).executionInfo).toMatchObject({ poolId: 'own_j-1' });
  expect(linesOf(out)).toEqual(['own_j-1']);
  await batch.pools.gone('own_j-1');

  const kept = await batch.jobs.add({ id: 'k', poolInfo: { autoPoolSpecification } });
  await kept.disable();
  await kept.patch({
    poolInfo: { autoPoolSpecification: { ...autoPoolSpecification, keepAlive: true } },
  });
  await kept.terminate();
  await kept.done();
  expect(batch.pools.get('own_k-1').state).toBe('active');

  const elsewhere = { ...autoPoolSpecification, pool: { ...pool, executor: 'far' } };
  await expect(
    batch.jobs.add({ id: 'l', poolInfo: { autoPoolSpecification: elsewhere } }),
  ).rejects.toThrow(
    'poolInfo.autoPoolSpecification.pool.executor: there is no executor "far" here, only "local".',
  );
});
