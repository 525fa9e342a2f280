import { closeSync, fdatasync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Batch } from '@berth/berth';
import { openBatch } from '@berth/berth';
import type { Benchmark, Section } from './benchmark.ts';
import { batchSize } from './dispatch-load.ts';
import { addJobs, addPool } from './durable-load.ts';
import type { Contender } from './measure.ts';
import { measure } from './measure.ts';
import { bytesOfStandard } from './memory-need.ts';
import { NullExecutor } from './null-executor.ts';
import { count } from './units.ts';

const bytesPerReport = 24;
const sync = promisify(fdatasync);

export const durable: Benchmark = {
  summary: 'lives through the journal with real syncs, an executor that does nothing',
  defaultTasks: 1_000_000,
  bytesHere: (tasks) => 3 * bytesOfStandard(tasks),
  async run(tasks, { turns }): Promise<Section[]> {
    const contenders = [bareAppend(tasks), lives(tasks)];
    const warmUp = [bareAppend(10_000), lives(10_000)];
    return [
      {
        title: `${count(tasks)} lives, each durable before anybody hears of it`,
        unit: 'life',
        rows: await measure(contenders, tasks, turns ?? 5, warmUp),
      },
    ];
  },
};

/** On the disk that is measured: a temporary directory may be memory. */
function workDirectory(): string {
  return mkdtempSync(join(process.cwd(), '.bench-durable-'));
}

/** The bytes of the reports alone, appended and synced in groups, one sync at a time. */
function bareAppend(tasks: number): Contender {
  let directory = '';
  return {
    name: 'file append, synced in groups',
    before() {
      directory = workDirectory();
    },
    async run() {
      const file = openSync(join(directory, 'log'), 'wx');
      const frame = new Uint8Array(batchSize * bytesPerReport).fill(1);
      let syncing: Promise<void> | undefined;
      for (let written = 0; written < tasks; written += batchSize) {
        writeSync(file, frame);
        syncing ??= sync(file).finally(() => {
          syncing = undefined;
        });
        await setImmediate();
      }
      await syncing;
      await sync(file);
      closeSync(file);
    },
    after() {
      rmSync(directory, { recursive: true });
    },
  };
}

function lives(tasks: number): Contender {
  let directory = '';
  let batch: Batch | undefined;
  return {
    name: 'Berth: openBatch',
    async before() {
      directory = workDirectory();
      batch = await openBatch({ directory, executors: [new NullExecutor()] });
      await addPool(batch);
    },
    async run() {
      if (batch === undefined) return;
      const jobs = await addJobs(batch, tasks);
      await Promise.all(jobs.map((job) => job.done()));
    },
    async after() {
      await batch?.close();
      rmSync(directory, { recursive: true });
    },
  };
}
