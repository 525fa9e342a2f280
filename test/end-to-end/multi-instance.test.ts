import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBatch, perRun } from '@berth/berth';
import { expect, test } from 'vitest';
import { eventually } from '../../packages/executors/test/ssh-hosts.ts';
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

const { executor: _, ...localPool } = pool;

test('on local nodes: each has an address of its own, which the others know', async () => {
  const directory = temporaryDirectory();
  const options = { directory: join(directory, 'state') };
  const seen = join(directory, 'seen');
  const addresses: string[] = [];
  {
    await using batch = await openBatch(options);
    await batch.pools.add(localPool);
    await batch.pools.steady('p');
    for (const { ipAddress = '' } of batch.pools.nodes('p')) addresses.push(ipAddress);
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) expect(address).toMatch(/^127\.\d+\.\d+\.\d+$/);
    expect(batch.pools.node('p', 'node-2').get().ipAddress).toBe(addresses[1]);
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await job.tasks.add({
      ...task,
      commandLine: `sh -c 'echo "$AZ_BATCH_NODE_LIST" >>"${seen}"'`,
      multiInstanceSettings: {
        numberOfInstances: 2,
        coordinationCommandLine: `sh -c 'echo "$AZ_BATCH_IS_CURRENT_NODE_MASTER" >>"${seen}"'`,
      },
    });
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(job.tasks.get('solve').executionInfo).toMatchObject({ result: 'success', exitCode: 0 });
    expect(job.tasks.subtasks('solve')).toMatchObject([{ id: 1, result: 'success', exitCode: 0 }]);
  }
  const lines = readFileSync(seen, 'utf8').trim().split('\n');
  expect([...lines.slice(0, 2).sort(), lines[2]]).toEqual(['false', 'true', addresses.join(';')]);
  await using batch = await openBatch(options);
  await batch.pools.resize('p', { targetDedicatedNodes: 3 });
  await batch.pools.steady('p');
  const now = batch.pools.nodes('p').map(({ ipAddress }) => ipAddress);
  expect(now.slice(0, 2)).toEqual(addresses);
  expect(new Set(now).size).toBe(3);
});

test('on local nodes: one that fails ends all, one that is lost makes all run again, a terminate ends all', async () => {
  const directory = temporaryDirectory();
  await using batch = await openBatch({ directory: join(directory, 'state'), warn() {} });
  await batch.pools.add(localPool);
  await batch.pools.steady('p');
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  const coordinate = (script: string) => ({
    commandLine: 'sleep 600',
    multiInstanceSettings: {
      numberOfInstances: 2,
      coordinationCommandLine: `sh -c '[ $AZ_BATCH_IS_CURRENT_NODE_MASTER = true ] || { ${script}; }'`,
    },
  });
  await job.tasks.add({ id: 'failing', ...coordinate('exit 7') });
  await eventually(() => job.tasks.get('failing').state === 'completed');
  expect(job.tasks.get('failing').executionInfo.failureInfo).toMatchObject({
    code: 'FailureExitCode',
    details: [{ name: 'subtaskId', value: '1' }],
  });
  const once = join(directory, 'once');
  await job.tasks.add({
    id: 'lost',
    ...coordinate(`mkdir "${once}" || exit 0; kill -9 0`),
    commandLine: 'true',
  });
  await eventually(() => job.tasks.get('lost').state === 'completed');
  expect(job.tasks.get('lost').executionInfo).toMatchObject({ exitCode: 0 });
  expect(existsSync(once)).toBe(true);
  await job.tasks.add({ id: 'ended', ...coordinate('exit 0') });
  await eventually(() => job.tasks.get('ended').state === 'running');
  await job.tasks.terminate('ended');
  await eventually(() => job.tasks.get('ended').state === 'completed');
  await eventually(() => batch.pools.nodes('p').every(({ state }) => state === 'idle'));
});
