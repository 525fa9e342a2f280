import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openBatch } from '@berth/berth';
import type { Journal } from '@berth/storage';
import { FileJournal } from '@berth/storage';
import { addJobs, addPool } from './durable-load.ts';
import { childInput } from './in-child.ts';
import { peakMegabytes } from './machine.ts';
import { NullExecutor } from './null-executor.ts';

export interface RecoveryInput {
  /** Dispatches half of the tasks and kills itself, or comes back. */
  role: 'fill' | 'open';
  directory: string;
  tasks: number;
}

/** Milliseconds of each turn of the event loop. */
export interface Filled {
  plain: number[];
  snapshot: number[];
  snapshots: number;
}

export interface Opened {
  milliseconds: number;
  peakMegabytes: number;
}

const bytesPerReport = 24;

const { role, directory, tasks } = childInput<RecoveryInput>();
if (role === 'fill') await fill();
else await open();

async function fill(): Promise<void> {
  const turns: Filled = { plain: [], snapshot: [], snapshots: 0 };
  let writing = false;
  const journal: Journal = await FileJournal.open(join(directory, 'journal'), {
    keepHistory: true,
  });
  const { writeSnapshot } = journal;
  journal.writeSnapshot = async (sequence, chunks) => {
    writing = true;
    await writeSnapshot.call(journal, sequence, chunks);
    writing = false;
    turns.snapshots++;
  };
  // A fifth of what half of the lives write; by itself it is no less than 64 MiB.
  const snapshotAfterBytes = (tasks * bytesPerReport) / 10;
  const executors = [new NullExecutor()];
  const batch = await openBatch({ directory, journal, snapshotAfterBytes, executors });
  await addPool(batch);
  const jobs = await addJobs(batch, tasks);
  const over = (): number =>
    jobs.reduce((sum, job) => sum + job.taskCounts().taskCounts.completed, 0);
  let last = performance.now();
  let wasWriting = writing;
  while (over() < tasks / 2 || turns.snapshots === 0) {
    await setImmediate();
    const now = performance.now();
    // A snapshot begins in the middle of a turn.
    (writing || wasWriting ? turns.snapshot : turns.plain).push(now - last);
    wasWriting = writing;
    last = now;
  }
  process.stdout.write(`${JSON.stringify(turns)}\n`, () => process.kill(process.pid, 'SIGKILL'));
}

async function open(): Promise<void> {
  const from = performance.now();
  await openBatch({ directory, executors: [new NullExecutor()] });
  const milliseconds = performance.now() - from;
  const opened: Opened = { milliseconds, peakMegabytes: peakMegabytes() };
  process.stdout.write(`${JSON.stringify(opened)}\n`, () => process.exit(0));
}
