import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBatch } from '@berth/berth';
import { expect, test } from 'vitest';
import {
  berth,
  jobOf,
  linesOf,
  resultsOf,
  sh,
  temporaryDirectory,
  until,
  writeJob,
} from './berth.ts';

// Job managers on real nodes, alone and with preparation and release.

const log = (word: string): string => sh(`echo ${word} >> $AZ_BATCH_NODE_SHARED_DIR/log`);

/** A job with all the tasks that it can have of its own. */
const whole = jobOf(
  [
    { id: 'a', commandLine: sh('sleep 0.3; test -e $AZ_BATCH_JOB_PREP_DIR') },
    { id: 'b', commandLine: sh('sleep 0.3; test -e $AZ_BATCH_JOB_PREP_DIR') },
  ],
  {
    job: {
      jobManagerTask: {
        id: 'manager',
        commandLine: log('manager'),
        runExclusive: false,
        killJobOnCompletion: false,
      },
      jobPreparationTask: { commandLine: log('preparation') },
      jobReleaseTask: { commandLine: log('release') },
    },
  },
);

test('a job file has a manager, a preparation and a release', async () => {
  const directory = temporaryDirectory();
  const outcome = await berth(['run', writeJob(directory, whole), '--json'], { cwd: directory });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  expect(resultsOf(outcome)).toMatchObject({
    terminateReason: 'AllTasksComplete',
    taskCounts: { completed: 3, succeeded: 3 },
  });
  const shared = '.berth/j/executors/local/nodes/berth/p/node-1/shared/log';
  expect(linesOf(join(directory, shared))).toEqual(['preparation', 'manager', 'release']);
});

test('a manager that ends its job may be over before the others are added', async () => {
  const directory = temporaryDirectory();
  const job = jobOf([{ id: 'long', commandLine: 'sleep 60' }], {
    job: { jobManagerTask: { id: 'manager', commandLine: 'true', runExclusive: false } },
  });
  const outcome = await berth(['run', writeJob(directory, job), '--json'], { cwd: directory });
  expect(outcome.code).toBe(1);
  expect(resultsOf(outcome)).toMatchObject({
    terminateReason: 'JMComplete',
    taskCounts: { completed: 2, succeeded: 1 },
  });
});

test('the same file is simulated', async () => {
  const directory = temporaryDirectory();
  const simulation = { duration: 'PT10S', durations: { manager: 'PT30S' } };
  const file = writeJob(directory, { ...whole, simulation });
  const { code, stderr, stdout } = await berth(['simulate', file, '--json'], { cwd: directory });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    tasks: 3,
    makespanSeconds: 30,
    startOrder: ['manager', 'a', 'b'],
  });
});

test('a manager whose node starts again is the first to run again', async () => {
  const directory = temporaryDirectory();
  await using batch = await openBatch({ directory, warn: () => {} });
  await batch.pools.add({ id: 'p', vmSize: 'local', targetDedicatedNodes: 1, taskSlotsPerNode: 1 });
  const job = await batch.jobs.add({
    id: 'J',
    poolInfo: { poolId: 'p' },
    jobManagerTask: {
      id: 'manager',
      commandLine: sh(
        'echo x >> $AZ_BATCH_NODE_SHARED_DIR/runs; [ $(wc -l < $AZ_BATCH_NODE_SHARED_DIR/runs) = 2 ] || sleep 60',
      ),
    },
  });
  await job.tasks.add({ id: 'a', commandLine: 'true' });
  const runs = join(directory, 'executors/local/nodes/berth/p/node-1/shared/runs');
  await until(() => job.tasks.get('manager').state === 'running', 'the manager');
  await until(() => readOr(runs) === 'x\n', 'its first run');
  expect(job.tasks.get('a').state).toBe('active');
  await batch.pools.node('p', 'node-1').reboot();
  expect((await job.done()).executionInfo.terminateReason).toBe('JMComplete');
  expect(readOr(runs)).toBe('x\nx\n');
  expect(job.tasks.get('manager').executionInfo).toMatchObject({ requeueCount: 1, exitCode: 0 });
});

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
