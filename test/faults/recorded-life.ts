import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch } from '@berth/berth';
import { openBatch } from '@berth/berth';
import { Engine } from '@berth/core';
import type { Journal } from '@berth/storage';
import { FileJournal, JournalError } from '@berth/storage';
import type { Claim } from './claimed-world.ts';
import { ClaimedWorld } from './claimed-world.ts';

/** A moment at which the process may die: what is on the disk then, who was told what, and what runs outside. */
export interface Moment {
  /** Bytes of the journal's segment: written, and of those synced. */
  written: number;
  synced: number;
  /** Complete snapshot files, by name. */
  snapshots: ReadonlyMap<string, Buffer>;
  /** Ids of tasks, with their jobs, that a caller was told are there. */
  acknowledged: readonly string[];
  claims: readonly Claim[];
}

/** Tasks whose attempts fail, as a function of nothing but the task. */
export function exitCode(task: string, attempt: number): number {
  return attempt === 1 && task.length % 3 === 0 ? 1 : 0;
}

const segment = 'segment-0000000000000000';
/** Of a segment, which is there before anything is told of its frames. */
export const headerBytes = 24;

/** What the disk does not do: the so manieth write or sync from 1 on, and all after it. */
export interface DiskFault {
  what: 'append' | 'sync';
  from: number;
}

/** A journal that tells of each write, sync and snapshot. */
class WatchedJournal implements Journal {
  readonly #journal: FileJournal;
  readonly #fault: DiskFault | undefined;
  readonly #done = { append: 0, sync: 0 };
  readonly #told: (what: 'append' | 'sync' | 'snapshot', detail: number) => void;

  constructor(
    journal: FileJournal,
    told: (what: 'append' | 'sync' | 'snapshot', detail: number) => void,
    fault: DiskFault | undefined,
  ) {
    this.#journal = journal;
    this.#fault = fault;
    this.#told = told;
  }

  get nextSequence(): number {
    return this.#journal.nextSequence;
  }
  get firstSequence(): number {
    return this.#journal.firstSequence;
  }
  read(from?: number): ReturnType<Journal['read']> {
    return this.#journal.read(from);
  }
  append(frame: Uint8Array): number {
    this.#demand('append');
    const sequence = this.#journal.append(frame);
    this.#told('append', sequence);
    return sequence;
  }
  async sync(): Promise<void> {
    const through = this.#journal.nextSequence;
    this.#demand('sync');
    await this.#journal.sync();
    this.#told('sync', through);
  }
  async writeSnapshot(...args: Parameters<Journal['writeSnapshot']>): Promise<void> {
    await this.#journal.writeSnapshot(...args);
    this.#told('snapshot', args[0]);
  }
  readSnapshot(...args: Parameters<Journal['readSnapshot']>): ReturnType<Journal['readSnapshot']> {
    return this.#journal.readSnapshot(...args);
  }
  close(): Promise<void> {
    return this.#journal.close();
  }

  #demand(what: DiskFault['what']): void {
    if (this.#fault?.what !== what || ++this.#done[what] < this.#fault.from) return;
    throw new JournalError('JournalWriteFailed', segment, 0, `made by the test: ${what}`);
  }
}

export interface Life {
  moments: Moment[];
  /** The segment as it was at the end. */
  bytes: Buffer;
}

/** Runs some jobs to their end in a new directory, or until the disk fails, and keeps every moment of it. */
export async function recordLife(
  directory: string,
  jobs: number,
  fault?: DiskFault,
): Promise<Life> {
  const world = new ClaimedWorld(exitCode);
  const inner = await FileJournal.open(join(directory, 'journal'), { keepHistory: true });
  const moments: Moment[] = [];
  const file = join(directory, 'journal', segment);
  let synced = 0;
  let snapshots = new Map<string, Buffer>();
  const acknowledged: string[] = [];
  const sizes = new Map<number, number>();
  const keep = (): void => {
    const written = statSync(file).size;
    moments.push({
      written,
      synced,
      snapshots,
      acknowledged: [...acknowledged],
      claims: world.claims(),
    });
  };
  const journal = new WatchedJournal(
    inner,
    (what, detail) => {
      if (what === 'append') sizes.set(detail + 1, statSync(file).size);
      else if (what === 'sync') synced = Math.max(synced, sizes.get(detail) ?? 0);
      else {
        const name = `snapshot-${detail.toString().padStart(16, '0')}`;
        const newest = [...snapshots].slice(-1);
        snapshots = new Map([...newest, [name, readFileSync(join(directory, 'journal', name))]]);
      }
      keep();
    },
    fault,
  );
  const executors = [world.executor()];
  const opening = openBatch({
    directory,
    journal,
    executors,
    snapshotAfterBytes: 3_000,
    warn: () => {},
  });
  try {
    const batch = await opening;
    await useBatch(batch, jobs, (task) => {
      acknowledged.push(task);
      keep();
    });
  } catch (error) {
    if (fault === undefined || !(error instanceof JournalError)) throw error;
  }
  await opening.then(
    (batch) => batch.close(),
    () => {},
  );
  return { moments, bytes: readFileSync(file) };
}

/** What a user does: each call is told when it is acknowledged. */
async function useBatch(batch: Batch, jobs: number, told: (task: string) => void): Promise<void> {
  await batch.pools.add({
    id: 'p',
    vmSize: 'local',
    executor: 'world',
    targetDedicatedNodes: 2,
    taskSlotsPerNode: 2,
  });
  const running = Array.from({ length: jobs }, async (_, number) => {
    const job = await batch.jobs.add({
      id: `j${number}`,
      priority: number,
      poolInfo: { poolId: 'p' },
      constraints: { maxTaskRetryCount: 2 },
    });
    for (const part of ['a', 'bb', 'ccc']) {
      const ids = [1, 2, 3, 4].map((index) => `${part}${index}`);
      await job.tasks.addMany(ids.map((id) => ({ id, commandLine: 'x' })));
      for (const id of ids) told(`${job.id}/${id}`);
    }
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
  });
  await Promise.all(running);
}

/** A directory as a crash has left it: so many bytes of the segment, and the snapshots of the moment. */
export function layOut(directory: string, bytes: Buffer, length: number, moment: Moment): void {
  const journal = join(directory, 'journal');
  mkdirSync(journal, { recursive: true });
  writeFileSync(join(journal, segment), bytes.subarray(0, length));
  for (const [name, content] of moment.snapshots) writeFileSync(join(journal, name), content);
}

/** State hashes of the directory's journal: replayed from its beginning, and from the newest snapshot; broken invariants. */
export async function replayBoth(
  directory: string,
): Promise<{ whole: string; since: string; broken: string[] }> {
  const journal = await FileJournal.open(join(directory, 'journal'));
  try {
    const whole = new Engine();
    for await (const { frame } of journal.read()) whole.apply(frame);
    const snapshot = await journal.readSnapshot();
    const restoring = Engine.restoring();
    if (snapshot === undefined)
      return { whole: whole.stateHash(), since: whole.stateHash(), broken: whole.validate() };
    for await (const chunk of snapshot.chunks) restoring.chunk(chunk);
    const since = restoring.end();
    for await (const { frame } of journal.read(snapshot.sequence)) since.apply(frame);
    return { whole: whole.stateHash(), since: since.stateHash(), broken: whole.validate() };
  } finally {
    await journal.close();
  }
}
