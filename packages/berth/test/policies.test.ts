import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Policies } from '@berth/core';
import { perRun } from '@berth/executors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Batch } from '../src/index.ts';
import { openBatch } from '../src/index.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'berth-policies-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const warnings: string[] = [];
function open(policies?: Policies): Promise<Batch> {
  const executors = [perRun(async () => 0, { name: 'here' })];
  const warn = (message: string): void => void warnings.push(message);
  return openBatch({ directory, executors, warn, ...(policies !== undefined && { policies }) });
}

test('a state directory is opened only under the policies that it was made under', async () => {
  const placement = {
    name: 'last',
    choose: (nodes: readonly { number: number }[]) => nodes.at(-1)?.number ?? 0,
  };
  const batch = await open({ placement });
  await batch.pools.add({ id: 'p', vmSize: 'local', executor: 'here', targetDedicatedNodes: 3 });
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add({ id: 't', commandLine: 'x' });
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  await job.done();
  await batch.close();
  await expect(open()).rejects.toThrow('made under the placement policy "last"');
  const again = await open({ placement });
  const task = await again.jobs.get('j').tasks.get('t');
  expect(task.nodeInfo?.nodeId).toBe('node-3');
  await again.close();
});

test('a policy that fails stops what waits, and says its name', async () => {
  const jobOrder = {
    name: 'bad',
    choose: (): number => {
      throw new Error('no idea');
    },
  };
  const batch = await open({ jobOrder });
  await batch.pools.add({ id: 'p', vmSize: 'local', executor: 'here', targetDedicatedNodes: 1 });
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await expect(job.tasks.add({ id: 't', commandLine: 'x' })).rejects.toThrow(
    'The jobOrder policy "bad" failed: no idea',
  );
  expect(warnings.join()).toContain('a policy failed, nothing more is accepted');
  await batch.close();
});
