import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBatch } from '@berth/berth';
import { expect, test } from 'vitest';

// What a task is said to get is what its process gets (ruling 29).

test('the environment that is read back is that of the process', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-environment-'));
  try {
    await using batch = await openBatch({ directory });
    await batch.pools.add({ id: 'p', vmSize: 'local', targetDedicatedNodes: 1 });
    const job = await batch.jobs.add({
      id: 'j',
      poolInfo: { poolId: 'p' },
      jobPreparationTask: { commandLine: 'true' },
      commonEnvironmentSettings: [
        { name: 'SHARED', value: 'job' },
        { name: 'BOTH', value: 'job' },
      ],
    });
    await job.tasks.add({
      id: 't',
      commandLine: 'env',
      environmentSettings: [
        { name: 'BOTH', value: 'task' },
        { name: 'AZ_BATCH_POOL_ID', value: 'another' },
      ],
    });
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    const environment = job.tasks.get('t').effectiveEnvironment ?? [];
    const told = new Map(environment.map(({ name, value }) => [name, value]));
    const output = readFileSync(join(told.get('AZ_BATCH_TASK_DIR') ?? '', 'stdout.txt'), 'utf8');
    const lines = output.split('\n').filter((line) => /^(AZ_BATCH_|BOTH|SHARED)/.test(line));
    expect(lines.sort()).toEqual([...told].map(([name, value]) => `${name}=${value}`).sort());
    expect(told.get('BOTH')).toBe('task');
    expect(told.get('AZ_BATCH_POOL_ID')).toBe('p');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
