import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openBatch } from '@berth/berth';
import { expect, test } from 'vitest';
import { linesOf, temporaryDirectory, until } from './berth.ts';

// Preparation and release tasks on real nodes.

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, taskSlotsPerNode: 2 };

test('a node is prepared once for the tasks of a job, again after a reboot, and released at its end', async () => {
  const directory = temporaryDirectory();
  await using batch = await openBatch({ directory, warn: () => {} });
  await batch.pools.add(pool);
  await batch.storage.createContainer('input');
  await batch.storage.write('input', 'word.txt', 'berth');
  const write = 'echo $AZ_BATCH_TASK_ID $GREETING >> $AZ_BATCH_NODE_SHARED_DIR/log';
  const job = await batch.jobs.add({
    id: 'J',
    poolInfo: { poolId: 'p' },
    commonEnvironmentSettings: [{ name: 'GREETING', value: 'hello' }],
    jobPreparationTask: {
      commandLine: `/bin/sh -c '${write}; sleep 0.2; test -z "$AZ_BATCH_JOB_PREP_DIR"'`,
      resourceFiles: [{ autoStorageContainerName: 'input' }],
    },
    jobReleaseTask: { id: 'tidy', commandLine: `/bin/sh -c '${write}'` },
  });
  const read = 'test $(cat $AZ_BATCH_JOB_PREP_WORKING_DIR/word.txt) = berth';
  await job.tasks.addMany([
    { id: 'a', commandLine: `/bin/sh -c '${read}'` },
    { id: 'b', commandLine: `/bin/sh -c '${read}'` },
  ]);
  const succeeded = (): number => job.taskCounts().taskCounts.succeeded;
  await until(() => succeeded() === 2, 'the first two tasks');
  await batch.pools.node('p', 'node-1').reboot();
  await job.tasks.add({ id: 'c', commandLine: `/bin/sh -c '${read}'` });
  await until(() => succeeded() === 3, 'the task after the reboot');
  await job.terminate();
  await job.done();
  expect(job.preparationAndReleaseStatus()).toMatchObject([
    {
      nodeId: 'node-1',
      jobPreparationTaskExecutionInfo: { state: 'completed', result: 'success', exitCode: 0 },
      jobReleaseTaskExecutionInfo: { state: 'completed', result: 'success', exitCode: 0 },
    },
  ]);
  const node = join(directory, 'executors/local/nodes/berth/p/node-1');
  expect(linesOf(join(node, 'shared/log'))).toEqual([
    'jobpreparation hello',
    'jobpreparation hello',
    'tidy hello',
  ]);
  const prepared = join(node, 'workitems/J/job-1/jobpreparation/wd/word.txt');
  expect(existsSync(prepared)).toBe(true);
  await job.delete();
  await until(() => !existsSync(prepared), 'the files of the job to go');
});

test('a preparation and a task that wait for each other are found by the next life', async () => {
  const directory = temporaryDirectory();
  const first = await openBatch({ directory, warn: () => {} });
  await first.pools.add(pool);
  const job = await first.jobs.add({
    id: 'J',
    poolInfo: { poolId: 'p' },
    jobPreparationTask: {
      commandLine: "/bin/sh -c 'echo once >> $AZ_BATCH_NODE_SHARED_DIR/log; sleep 1'",
    },
  });
  await job.tasks.add({ id: 'a', commandLine: 'true' });
  const log = join(directory, 'executors/local/nodes/berth/p/node-1/shared/log');
  await until(() => existsSync(log), 'the preparation');
  await first.close();
  await using second = await openBatch({ directory, warn: () => {} });
  const again = second.jobs.get('J');
  expect(again.tasks.get('a').state).toBe('preparing');
  await again.patch({ onAllTasksComplete: 'terminatejob' });
  await again.done();
  expect(linesOf(log)).toEqual(['once']);
  expect(again.tasks.get('a').executionInfo.result).toBe('success');
});

test('what a job kills at its end is dead before its release runs', async () => {
  const directory = temporaryDirectory();
  await using batch = await openBatch({ directory, warn: () => {} });
  await batch.pools.add({ ...pool, taskSlotsPerNode: 1 });
  const job = await batch.jobs.add({
    id: 'J',
    poolInfo: { poolId: 'p' },
    jobPreparationTask: { commandLine: 'true' },
    jobReleaseTask: {
      commandLine: "/bin/sh -c 'kill -0 $(cat $AZ_BATCH_NODE_SHARED_DIR/pid)'",
    },
  });
  await job.tasks.add({
    id: 'a',
    commandLine: "/bin/sh -c 'echo $$ > $AZ_BATCH_NODE_SHARED_DIR/pid; exec sleep 60'",
  });
  const pid = join(directory, 'executors/local/nodes/berth/p/node-1/shared/pid');
  await until(() => existsSync(pid), 'the task');
  await job.terminate();
  await job.done();
  expect(job.releaseOn('node-1')).toMatchObject({ result: 'failure', exitCode: 1 });
});
