import { openBatch, perRun } from '@berth/berth';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './berth.ts';

const pool = {
  id: 'p',
  vmSize: 'local',
  targetDedicatedNodes: 2,
  enableInterNodeCommunication: true,
  executor: 'function',
};
const task = {
  id: 'solve',
  commandLine: 'solve',
  multiInstanceSettings: { numberOfInstances: 2, coordinationCommandLine: 'meet' },
};

test('a function coordinates on every node, and then runs the command on the first', async () => {
  const calls: string[] = [];
  const executor = perRun(
    async ({ commandLine, nodeId, multiInstance }) => {
      calls.push(`${multiInstance?.instance} ${commandLine} on ${nodeId}`);
    },
    { capabilities: { interNodeCommunication: true } },
  );
  await using batch = await openBatch({ directory: temporaryDirectory(), executors: [executor] });
  await batch.pools.add(pool);
  await batch.pools.steady('p');
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add(task);
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  await job.done();
  expect(calls.slice(0, 2).sort()).toEqual(['0 meet on node-1', '1 meet on node-2']);
  expect(calls.slice(2)).toEqual(['0 solve on node-1']);
  expect(job.tasks.get('solve').executionInfo).toMatchObject({ result: 'success', exitCode: 0 });
  expect(job.tasks.subtasks('solve')).toMatchObject([
    { id: 1, state: 'completed', result: 'success', exitCode: 0, nodeInfo: { nodeId: 'node-2' } },
  ]);
});

test('where one of them fails, the task fails as it did', async () => {
  const executor = perRun(async ({ multiInstance }) => (multiInstance?.instance === 1 ? 7 : 0), {
    capabilities: { interNodeCommunication: true },
  });
  await using batch = await openBatch({ directory: temporaryDirectory(), executors: [executor] });
  await batch.pools.add(pool);
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add(task);
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  await job.done();
  const { failureInfo, exitCode } = job.tasks.get('solve').executionInfo;
  expect(exitCode).toBeUndefined();
  expect(failureInfo).toMatchObject({
    code: 'FailureExitCode',
    details: [{ name: 'subtaskId', value: '1' }],
  });
});
