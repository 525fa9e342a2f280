import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch } from '@berth/berth';
import { openBatch } from '@berth/berth';
import type { TaskView } from '@berth/core';
import { perRun } from '@berth/executors';
import { FileJournal } from '@berth/storage';
import { expect, test } from 'vitest';
import { berth, temporaryDirectory } from './berth.ts';

// What openBatch keeps of a long history, and comes back from.

const ids = (count: number): { id: string; commandLine: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: `t${index}`, commandLine: 'x' }));

async function open(directory: string, warnings: string[] = []): Promise<Batch> {
  return openBatch({
    directory,
    executors: [perRun(async () => 0, { name: 'here' })],
    journal: await FileJournal.open(join(directory, 'journal'), { segmentBytes: 4_000 }),
    snapshotAfterBytes: 10_000,
    warn: (message) => warnings.push(message),
  });
}

/** A hundred tasks each of three jobs, one after the other. */
async function runJobs(batch: Batch): Promise<void> {
  await batch.pools.add({ id: 'p', vmSize: 'local', executor: 'here', targetDedicatedNodes: 2 });
  for (const id of ['a', 'b', 'c']) {
    const job = await batch.jobs.add({ id, poolInfo: { poolId: 'p' } });
    for (let part = 0; part < 10; part++) {
      await job.tasks.addMany(
        ids(10).map(({ id, commandLine }) => ({ id: `${id}-${part}`, commandLine })),
      );
    }
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
  }
}

async function tasksOf(batch: Batch, id: string): Promise<TaskView[]> {
  const tasks: TaskView[] = [];
  for await (const task of batch.jobs.get(id).tasks.list()) tasks.push(task);
  return tasks;
}

async function stateOf(batch: Batch): Promise<unknown> {
  const jobs = ['a', 'b', 'c'].map(async (id) => [
    batch.jobs.get(id).get(),
    await tasksOf(batch, id),
  ]);
  return Promise.all(jobs);
}

const files = (directory: string, kind: string): string[] =>
  readdirSync(join(directory, 'journal')).filter((name) => name.startsWith(kind));

test('a snapshot now and then bounds the journal, and the state comes back from it', async () => {
  const directory = temporaryDirectory();
  const warnings: string[] = [];
  const batch = await open(directory, warnings);
  await runJobs(batch);
  const before = await stateOf(batch);
  await batch.close();

  expect(files(directory, 'snapshot')).toHaveLength(2);
  expect(files(directory, 'segment')).not.toContain('segment-0000000000000000');
  const again = await open(directory, warnings);
  expect(await stateOf(again)).toEqual(before);
  await again.close();
  expect(warnings).toEqual([]);
});

test('what a crash leaves at any moment comes back, finished snapshots or not', async () => {
  const directory = temporaryDirectory();
  const copies: string[] = [];
  const batch = await open(directory);
  const copying = setInterval(() => {
    const copy = temporaryDirectory();
    cpSync(join(directory, 'journal'), join(copy, 'journal'), {
      recursive: true,
      // It may be renamed while it is copied, and means nothing to who opens.
      filter: (file) => !file.includes('.partial-'),
    });
    copies.push(copy);
  }, 20);
  await runJobs(batch);
  clearInterval(copying);
  await batch.close();

  expect(copies.length).toBeGreaterThan(2);
  for (const copy of copies) {
    const again = await open(copy);
    for (const { id } of again.jobs.list()) {
      const job = again.jobs.get(id);
      const tasks = await tasksOf(again, id);
      // What was acknowledged together is there together.
      expect(tasks.length % 10).toBe(0);
      await job.patch({ onAllTasksComplete: 'terminatejob' }).catch(() => {});
      if (tasks.length > 0) await job.done();
      for (const { id: task } of tasks) expect(job.tasks.get(task).state).toBe('completed');
    }
    await again.close();
  }
});

test('a damaged snapshot is passed over for the one before', async () => {
  const directory = temporaryDirectory();
  const batch = await open(directory);
  await runJobs(batch);
  const before = await stateOf(batch);
  await batch.close();
  const newest = files(directory, 'snapshot').sort().at(-1) ?? '';
  writeFileSync(join(directory, 'journal', newest), 'x', { flag: 'a' });
  const again = await open(directory);
  expect(await stateOf(again)).toEqual(before);
  await again.close();
});

test('replay begins at the oldest snapshot, and says so of earlier moments', async () => {
  const directory = temporaryDirectory();
  const batch = await open(directory);
  await runJobs(batch);
  await batch.close();
  const whole = await berth(['replay', '--json', directory], { cwd: directory });
  expect(whole.stderr).toBe('');
  const { inputs, state } = JSON.parse(whole.stdout);
  expect(inputs[0].number).toBeGreaterThan(1);
  expect(state.jobs).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  const early = await berth(['replay', directory, '--to', '3'], { cwd: directory });
  expect(early.code).toBe(2);
  expect(early.stderr).toMatch(/The oldest state in .* is the one after \d+ inputs, of \S+Z: ask/);
});

test('without its snapshots a bounded journal is damaged, and says what is missing', async () => {
  const directory = temporaryDirectory();
  const batch = await open(directory);
  await runJobs(batch);
  await batch.close();
  for (const name of files(directory, 'snapshot')) rmSync(join(directory, 'journal', name));
  await expect(open(directory)).rejects.toThrow(/^Frames 0 to \d+ are missing from/);
});
