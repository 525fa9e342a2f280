import { openBatch } from '@berth/berth';
import { perRun } from '@berth/executors';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './berth.ts';

const executor = () =>
  perRun(async ({ taskId }) => (taskId === 'bad' ? 3 : 0), { name: 'functions' });

test('a node tells what has run there last and how much of it has failed, also after a restart', async () => {
  const directory = temporaryDirectory();
  {
    await using batch = await openBatch({ directory, executors: [executor()] });
    await batch.pools.add({
      id: 'p',
      vmSize: 'local',
      targetDedicatedNodes: 1,
      executor: 'functions',
    });
    const job = await batch.jobs.add({
      id: 'j',
      poolInfo: { poolId: 'p' },
      onAllTasksComplete: 'noaction',
    });
    await job.tasks.addMany([
      { id: 'good', commandLine: 'run' },
      { id: 'bad', commandLine: 'run', constraints: { maxTaskRetryCount: 1 } },
    ]);
    await batch.jobs.get('j').patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
  }
  await using batch = await openBatch({ directory, executors: [executor()] });
  const { recentFailures, recentTasks = [] } = batch.pools.node('p', 'node-1').get();
  expect(recentFailures).toBe(2);
  expect(
    recentTasks.map(({ jobId, taskId, taskState, executionInfo }) => [
      jobId,
      taskId,
      taskState,
      executionInfo.exitCode,
    ]),
  ).toEqual([
    ['j', 'bad', 'completed', 3],
    ['j', 'good', 'completed', 0],
  ]);
});
