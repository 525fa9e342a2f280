import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobView } from '@berth/core';
import { BatchError } from '@berth/core';
import type { BlobStore } from '@berth/storage';
import { DirectoryBlobStore } from '@berth/storage';
import type { Batch } from '../batch.ts';
import { openBatch } from '../open-batch.ts';
import { durabilityIn } from '../pool-executor.ts';
import { demandRunnable, executorsOf } from './executors.ts';
import type { LoadedJobFile } from './job-file.ts';
import { loadJobFile } from './job-file.ts';
import type { Progress, ProgressView } from './progress.ts';
import { progressView } from './progress.ts';
import type { RunResults } from './results.ts';
import { collectResults } from './results.ts';
import { standingOf } from './standing.ts';
import { downloadAll, uploadAll } from './transfers.ts';

export interface RunOptions {
  file: string;
  /** Default `.berth/<job id>`. */
  state: string | undefined;
  /** Instead of a directory of the run's own; others may use it as well. */
  storage: BlobStore | undefined;
  /** Begin anew even if the state directory holds an unfinished run. */
  restart: boolean;
  json: boolean;
  signal: AbortSignal;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** Hands the results over: when it has resolved the next call begins anew, until then it gives them again. */
  deliver(results: RunResults): Promise<void>;
}

/** Name of the metadata item that says which file a job was made from. */
const fingerprintName = 'berth:jobFile';
/** Of the one that says where its files are. */
const storageName = 'berth:storage';
/** In the state directory: the creation time of the last job whose results have been handed over. */
const deliveredFile = 'delivered';
const progressIntervalMs = 100;

/** Runs a job file to its end, from where an earlier call left off. */
export async function runJobFile(options: RunOptions): Promise<RunResults> {
  const file = await loadJobFile(options.file);
  demandRunnable(file, options.file);
  const directory = options.state ?? join('.berth', file.job.id);
  const say = (line: string): void => {
    if (!options.json) options.stdout.write(`${line}\n`);
  };
  const warn = (message: string): void => void options.stderr.write(`berth: ${message}\n`);
  const { storage } = options;
  await using batch = await openBatch({
    directory,
    executors: executorsOf(file.pool.executor, directory),
    warn,
    ...(storage !== undefined && { storage }),
  });
  const started = await goOnOrBegin(batch, { ...options, file, directory, say, warn });
  const view = progressView(options.stdout, options.json);
  let stalled = false;
  try {
    stalled = await watch(batch, file, view, options.signal);
  } finally {
    view.stop();
  }
  for (const { code, message } of batch.runtime.queries.pool(file.pool.id)?.resizeErrors ?? []) {
    warn(`pool ${file.pool.id}: ${code}: ${message}`);
  }
  if (stalled) {
    for (const { id, errors = [] } of batch.runtime.queries.nodes(file.pool.id) ?? []) {
      for (const { code, message } of errors) warn(`node ${id}: ${code}: ${message}`);
    }
    await endStalled(batch, file);
  }
  const downloads = await downloadAll(
    batch.storage,
    file.downloads,
    file.directory,
    options.signal,
    warn,
  );
  const results = await collectResults(batch, file.job.id, directory, downloads, started);
  await options.deliver(results);
  await writeFile(join(directory, deliveredFile), batch.jobs.get(file.job.id).get().creationTime);
  // Directories may stay, to be looked at; what would go on using the machine does not.
  if (file.pool.executor !== 'local') {
    await batch.pools.delete(file.pool.id);
    await batch.pools.gone(file.pool.id);
  }
  return results;
}

interface Beginning extends Pick<RunOptions, 'restart' | 'storage' | 'signal'> {
  file: LoadedJobFile;
  directory: string;
  say(line: string): void;
  warn(message: string): void;
}

/** Resolves with the moment since which this call counts. */
async function goOnOrBegin(batch: Batch, beginning: Beginning): Promise<number> {
  const { file, directory, restart, storage, say } = beginning;
  const started = Date.now();
  const id = file.job.id;
  const existing = batch.runtime.queries.job(id);
  const unfinished = existing !== undefined && !(await isOver(existing, directory));
  if (unfinished && !restart) {
    const noted = (item: string): string | undefined =>
      existing.metadata.find(({ name }) => name === item)?.value;
    if ((noted(storageName) ?? '') !== placeOf(storage)) {
      throw new BatchError({
        code: 'JobExists',
        message:
          `${directory} holds an unfinished run of job "${id}" with its files in ${noted(storageName) ?? 'the state directory'}. ` +
          'Finish it with that --storage, begin anew with --restart, or name another --state.',
      });
    }
    if (noted(fingerprintName) !== file.fingerprint) {
      throw new BatchError({
        code: 'JobExists',
        message:
          `${directory} holds an unfinished run of job "${id}" from another version of the file. ` +
          'Finish it with that version, begin anew with --restart, or name another --state.',
      });
    }
    const { active, running, completed } = batch.jobs.get(id).taskCounts().taskCounts;
    say(`going on with job ${id}: ${completed} of ${active + running + completed} tasks completed`);
  } else {
    await refuseOthers(batch, id, directory, restart);
    await removeEarlier(batch, beginning);
    say(`job ${id} on pool ${file.pool.id}, in ${directory}`);
  }
  await batch.runtime.keeping(file.secrets, () => addMissing(batch, beginning));
  return started;
}

/** Its results have been handed over, or a call that was to begin anew did not get far. */
async function isOver(job: JobView, directory: string): Promise<boolean> {
  if (job.state === 'deleting') return true;
  const delivered = await readFile(join(directory, deliveredFile), 'utf8').catch(() => undefined);
  return delivered === job.creationTime;
}

/** A state directory is one job's: another one's pool and containers are not to be had twice. */
async function refuseOthers(
  batch: Batch,
  jobId: string,
  directory: string,
  restart: boolean,
): Promise<void> {
  for (const other of batch.jobs.list()) {
    if (restart || other.id.toLowerCase() === jobId.toLowerCase()) continue;
    if (await isOver(other, directory)) continue;
    throw new BatchError({
      code: 'JobExists',
      message:
        `${directory} holds an unfinished run of another job, "${other.id}". ` +
        'Name another --state, or give that run up with --restart.',
    });
  }
}

/** Of everything that an earlier run left; one that was killed here goes on here. */
async function removeEarlier(
  batch: Batch,
  { file: { uploads, downloads }, storage, warn }: Beginning,
): Promise<void> {
  for (const { id, state } of batch.jobs.list()) {
    if (state !== 'deleting') await batch.jobs.get(id).delete();
    await batch.jobs.gone(id);
  }
  for (const { id, state } of batch.pools.list()) {
    if (state !== 'deleting') await batch.pools.delete(id);
    await batch.pools.gone(id);
  }
  if (storage !== undefined) {
    // It is not this run's alone: nothing in it is deleted.
    for (const { container, prefix = '' } of downloads) {
      if (!(await batch.storage.containerExists(container))) continue;
      for await (const _ of batch.storage.list(container, { prefix })) {
        warn(
          `downloads: container "${container}" has blobs that begin with "${prefix}" already: they are fetched with those of this run`,
        );
        break;
      }
    }
    return;
  }
  // Else this run would take an earlier one's files for its own.
  for (const container of new Set([...uploads, ...downloads].map((one) => one.container))) {
    if (await batch.storage.containerExists(container)) {
      await batch.storage.deleteContainer(container);
    }
  }
}

/** Every step that an earlier call may have got through already is one that can be done again. */
async function addMissing(batch: Batch, { file, storage, signal, say }: Beginning): Promise<void> {
  const { runtime } = batch;
  const jobId = file.job.id;
  if (runtime.queries.pool(file.pool.id) === undefined) {
    const durability = durabilityIn(runtime)(file.pool.executor);
    await runtime.submit({ type: 'addPool', pool: { ...file.pool, durability } });
  }
  if (runtime.queries.job(jobId) === undefined) {
    const count = await uploadAll(batch.storage, file.uploads, file.directory, signal);
    // What the file fetches at the end, its tasks are to put there.
    for (const { container } of file.downloads) await batch.storage.createContainer(container);
    if (count > 0) say(`${count} files uploaded`);
    const notes = [{ name: fingerprintName, value: file.fingerprint }];
    if (storage !== undefined) notes.push({ name: storageName, value: placeOf(storage) });
    // With its tasks, since the end of its manager may be its own.
    const added = runtime.submit({
      type: 'addJob',
      // An empty job would end at once: the file's setting takes effect when all tasks are there.
      job: {
        ...file.job,
        onAllTasksComplete: 'noaction',
        metadata: [...file.job.metadata, ...notes],
      },
    });
    await Promise.all([added, addTasks(batch, file)]);
  }
  const job = runtime.queries.job(jobId);
  if (job?.state !== 'active' || job.onAllTasksComplete === 'terminatejob') return;
  await addTasks(batch, file);
  if (file.job.onAllTasksComplete === 'terminatejob') {
    const patch = { onAllTasksComplete: file.job.onAllTasksComplete };
    await runtime.submit({ type: 'patchJob', jobId, patch });
  }
}

async function addTasks({ runtime }: Batch, file: LoadedJobFile): Promise<void> {
  const jobId = file.job.id;
  const ofFactory =
    file.taskFactory &&
    runtime.submit({ type: 'addTaskFactory', jobId, factory: file.taskFactory }).catch(unlessThere);
  const given =
    file.tasks.length > 0
      ? runtime.submit({ type: 'addTasks', jobId, tasks: file.tasks })
      : undefined;
  await ofFactory;
  const { refused = [] } = (await given) ?? {};
  for (const { error } of refused) unlessThere(new BatchError(error));
}

function unlessThere(error: unknown): void {
  if (!(error instanceof BatchError) || error.code !== 'TaskExists') throw error;
}

/** Resolves when nothing of the job can happen any more: true if tasks are left over that never will run. */
async function watch(
  batch: Batch,
  { job: { id: jobId }, pool: { id: poolId, taskSlotsPerNode } }: LoadedJobFile,
  view: ProgressView,
  signal: AbortSignal,
): Promise<boolean> {
  const { queries } = batch.runtime;
  let shownAt = 0;
  let stalled = false;
  const progress = (): Progress => {
    const { active, running, completed, failed } = batch.jobs.get(jobId).taskCounts().taskCounts;
    const nodes = (queries.nodes(poolId) ?? []).map((node) => ({
      id: node.id,
      state: node.state,
      taken: node.runningTaskSlotsCount,
      slots: taskSlotsPerNode,
    }));
    return { total: active + running + completed, completed, failed, running, nodes };
  };
  await batch.runtime.until(() => {
    const now = Date.now();
    const standing = standingOf(queries, jobId, poolId);
    const over = queries.job(jobId)?.state === 'completed';
    if (over || now - shownAt >= progressIntervalMs) {
      shownAt = now;
      view.show(progress());
    }
    stalled = standing === 'stalled';
    return standing !== 'underway';
  }, signal);
  return stalled;
}

async function endStalled(batch: Batch, { job }: LoadedJobFile): Promise<void> {
  const client = batch.jobs.get(job.id);
  await client.terminate('NothingLeftToRun');
  await client.done();
}

/** What tells one storage from another, without what gives access; nothing: the state directory's own. */
function placeOf(storage: BlobStore | undefined): string {
  if (storage === undefined) return '';
  return storage instanceof DirectoryBlobStore ? storage.directory : (storage.place ?? '');
}
