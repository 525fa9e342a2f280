import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBatch, perRun } from '@berth/berth';
import type { RunDetails } from '@berth/core';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory } from './berth.ts';

// Users, mounts and networks, from the client to the executor.

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, executor: 'function' };
const userAccounts = [{ name: 'u', password: 'pa55word' }];
const userIdentity = { userName: 'u' };
const refused = expect.objectContaining({ name: 'BatchError', code: 'OperationNotValidOnPool' });

test('what an executor cannot do is refused, and nothing is lost', async () => {
  await using batch = await openBatch({
    directory: temporaryDirectory(),
    executors: [perRun(async () => {})],
    warn: () => {},
  });
  const startTask = { commandLine: 'true', runElevated: true };
  const nfsMountConfiguration = { source: 's', relativeMountPath: 'm' };
  for (const more of [
    { userAccounts },
    { startTask },
    { mountConfiguration: [{ nfsMountConfiguration }] },
    { networkConfiguration: { subnetId: 's' } },
  ]) {
    await expect(batch.pools.add({ ...pool, ...more })).rejects.toEqual(refused);
    const { id: _, ...autoPool } = { ...pool, ...more };
    const autoPoolSpecification = { poolLifetimeOption: 'job' as const, pool: autoPool };
    await expect(batch.jobs.add({ id: 'j', poolInfo: { autoPoolSpecification } })).rejects.toEqual(
      refused,
    );
  }
  await batch.pools.add(pool);
  const poolInfo = { poolId: 'p' };
  for (const more of [
    { networkConfiguration: { subnetId: 's' } },
    { jobManagerTask: { id: 'm', commandLine: 'true', runElevated: true } },
    { jobPreparationTask: { commandLine: 'true', userIdentity } },
  ]) {
    await expect(batch.jobs.add({ id: 'j', poolInfo, ...more })).rejects.toEqual(refused);
  }
  const job = await batch.jobs.add({ id: 'j', poolInfo });
  const task = { id: 't', commandLine: 'true' };
  await expect(job.tasks.add({ ...task, userIdentity })).rejects.toEqual(refused);
  await expect(job.tasks.add({ ...task, runElevated: true })).rejects.toEqual(refused);
  await job.tasks.add({ ...task, runElevated: false });
  expect(batch.jobs.list()).toHaveLength(1);
});

test('an executor gets the account of a task; its password is in no view, in the store, and goes with the pool', async () => {
  const seen: RunDetails[] = [];
  const directory = temporaryDirectory();
  await using batch = await openBatch({
    directory,
    executors: [
      perRun(async (details) => void seen.push(details), { capabilities: { userAccounts: true } }),
    ],
    warn: () => {},
  });
  await batch.pools.add({ ...pool, userAccounts });
  const shown = batch.pools.get('p');
  expect(shown.userAccounts).toEqual([{ name: 'u', elevationLevel: 'nonadmin' }]);
  expect(JSON.stringify(shown)).not.toMatch(/secret|pa55word/);
  const secrets = (): number =>
    readdirSync(join(directory, 'secrets')).filter((name) => name !== 'key').length;
  expect(secrets()).toBe(1);
  const job = await batch.jobs.add({
    id: 'j',
    poolInfo: { poolId: 'p' },
    onAllTasksComplete: 'noaction',
  });
  await job.tasks.add({ id: 't', commandLine: 'true', userIdentity });
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  expect(seen[0]?.user).toMatchObject({ userAccount: { name: 'u' } });
  expect(seen[0]?.user).not.toMatchObject({ userAccount: { password: 'pa55word' } });
  expect(job.tasks.get('t').userIdentity).toEqual(userIdentity);
  await batch.pools.delete('p');
  await vi.waitFor(() => expect(batch.pools.list()).toEqual([]));
  await vi.waitFor(() => expect(secrets()).toBe(0));
});
