import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openBatch } from '@berth/berth';
import { expect, test } from 'vitest';
import { linesOf, sh, temporaryDirectory, until } from './berth.ts';

// Two accounts of one engine over real directories.

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1 };
const open = (directory: string) => openBatch({ directory, warn: () => {} });

test('tasks of the same ids in two accounts run on nodes of their own, and go without each other', async () => {
  const directory = temporaryDirectory();
  const out = join(directory, 'out.txt');
  await using batch = await open(directory);
  const other = await batch.accounts.add({ accountName: 'Other' });
  for (const { pools, jobs } of [batch, other]) {
    await pools.add(pool);
    const job = await jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await job.tasks.add({
      id: 'a',
      commandLine: sh('echo "$AZ_BATCH_ACCOUNT_NAME $AZ_BATCH_TASK_DIR" >> "$1"', out),
    });
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    expect((await job.done()).executionInfo.terminateReason).toBe('AllTasksComplete');
  }
  const node = (name: string): string => join(directory, 'executors/local/nodes', name, 'p/node-1');
  expect(linesOf(out)).toEqual([
    `berth ${node('berth')}/workitems/j/job-1/a`,
    `Other ${node('Other')}/workitems/j/job-1/a`,
  ]);
  await batch.account('other').jobs.get('j').delete();
  await other.jobs.gone('j');
  await until(() => readdirSync(join(node('Other'), 'workitems')).length === 0, 'its files go');
  expect(existsSync(join(node('berth'), 'workitems/j/job-1/a'))).toBe(true);
  expect(batch.jobs.list().map(({ id }) => id)).toEqual(['j']);
});

test('events of a job are those of its account', async () => {
  await using batch = await open(temporaryDirectory());
  const other = await batch.accounts.add({ accountName: 'other' });
  const jobs = [
    await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } }),
    await other.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } }),
  ];
  const seen: string[] = [];
  const events = jobs[1]?.events();
  await jobs[0]?.terminate();
  await jobs[1]?.terminate('over');
  if (events !== undefined) {
    for await (const { accountName, to } of events) seen.push(`${accountName} ${to}`);
  }
  expect(seen).toEqual(['other terminating', 'other completed']);
});

test('an account is there again when the directory is, with its keys, which no file has in plain text', async () => {
  const directory = temporaryDirectory();
  const primary = base64('first');
  const secondary = base64('second');
  const renewed = base64('third');
  {
    await using batch = await open(directory);
    const other = await batch.accounts.add({
      accountName: 'other',
      keys: { primary, secondary },
      poolQuota: 3,
    });
    await other.patch({ keys: { primary: renewed } });
    expect(await other.keys()).toEqual({ primary: renewed, secondary });
    await other.patch({ state: 'disabled', poolQuota: -1 });
    await expect(other.pools.add(pool)).rejects.toMatchObject({ code: 'AccountIsDisabled' });
  }
  await using batch = await open(directory);
  const other = batch.account('other');
  expect(await other.keys()).toEqual({ primary: renewed, secondary });
  expect(other.get()).toMatchObject({ accountName: 'other', state: 'disabled' });
  expect(other.get().poolQuota).toBeUndefined();
  expect(JSON.stringify(other.get())).not.toContain('secret');
  await other.delete();
  expect(() => other.get()).toThrow(expect.objectContaining({ code: 'ResourceNotFound' }));
  await expect(other.pools.add(pool)).rejects.toMatchObject({ code: 'ResourceNotFound' });
});

test('sizes of an account are known in it, and only there', async () => {
  await using batch = await open(temporaryDirectory());
  const nodeSizes = [{ name: 'Tiny', cores: 1, memoryMiB: 512, diskMiB: 1024 }];
  const other = await batch.accounts.add({ accountName: 'other', nodeSizes });
  const tiny = { id: 'q', vmSize: 'standard_tiny', targetDedicatedNodes: 0, taskSlotsPerNode: 4 };
  await other.pools.add(tiny);
  await expect(other.pools.add({ ...tiny, id: 'r', taskSlotsPerNode: 5 })).rejects.toMatchObject({
    message: expect.stringContaining('Tiny has 1 core'),
  });
  await expect(batch.pools.add(tiny)).rejects.toMatchObject({ code: 'InvalidPropertyValue' });
});

test('a name that cannot be a directory is refused before anything is made', async () => {
  const opened = openBatch({ directory: temporaryDirectory(), accountName: '../up' });
  await expect(opened).rejects.toMatchObject({ code: 'InvalidPropertyValue' });
});
