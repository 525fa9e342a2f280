import { ByteReader, ByteWriter } from './bytes.ts';
import { Dependencies } from './dependencies.ts';
import { BatchError } from './errors.ts';
import { Hash, hashWords } from './hash.ts';
import type { RareTaskFacts } from './job.ts';
import { factorySegment, Job, limitsOf } from './job.ts';
import type { Node } from './node.ts';
import { Pool } from './pool.ts';
import { enterRings } from './ready-queue.ts';
import { Ending } from './run-table.ts';
import type {
  JobSpecification,
  PoolSpecification,
  TaskFactory,
  TaskTemplate,
} from './specification.ts';
import type { TaskPage } from './task-rows.ts';
import { rowsOf, wordsPerRow } from './task-rows.ts';
import { idKey, TaskText } from './task-text.ts';
import { World } from './world.ts';

/*
 * A snapshot is a first chunk with all but the task rows, then one chunk per page of rows. The state hash is
 * taken over the same: what is not in a snapshot cannot matter later. Indexes (rings, buckets, deadlines,
 * ids) are derived again.
 */
const formatVersion = 2;
const magic = 0x48545242;

interface PoolRecord {
  number: number;
  specification: PoolSpecification;
  creationTime: number;
  fields: Pick<
    Pool,
    | 'state'
    | 'stateTransitionTime'
    | 'previousState'
    | 'previousStateTransitionTime'
    | 'allocationState'
    | 'allocationStateTransitionTime'
    | 'nextOrdinal'
    | 'nodesCreating'
  >;
  /** [rank, job served last] */
  cursors: [number, number][];
}

interface JobRecord {
  number: number;
  specification: JobSpecification;
  creationTime: number;
  fields: Pick<
    Job,
    | 'lastModified'
    | 'state'
    | 'stateTransitionTime'
    | 'previousState'
    | 'previousStateTransitionTime'
    | 'endTime'
    | 'terminateReason'
    | 'expiredAt'
    | 'pool'
    | 'nextStamp'
    | 'runs'
    | 'rowCount'
  >;
  tasks: Job['tasks'];
  slots: Job['slots'];
  segments: {
    firstRow: number;
    count: number;
    creationTime: number;
    factory?: TaskFactory;
    waiting: boolean;
    endedWaiting: number;
  }[];
  templates: [string, TaskTemplate][];
  rare: [number, RareTaskFacts][];
  classes: { slots: number; live: number; parts: [number, number, number][][] }[];
  hasDependencies: boolean;
}

interface WorldRecord {
  now: number;
  rulesVersion: number;
  accountName: string;
  sequence: number;
  ignoredReports: number;
  poolCount: number;
  pools: PoolRecord[];
  nodes: Node[];
  jobCount: number;
  jobs: JobRecord[];
}

export function stateHash(world: World): string {
  const hash = new Hash();
  hash.bytes(firstChunk(world));
  for (const { job, number, page } of pagesOf(world)) {
    if (!page.hashed) {
      page.hash = hashWords(page.words);
      page.hashed = true;
    }
    // Equal rows in other pages are another state.
    hash.word(job);
    hash.word(number);
    hash.word(page.hash);
  }
  return hash.digest();
}

/** Taken at this moment, whatever the world does between two chunks. */
export function writeSnapshot(world: World): IterableIterator<Uint8Array> {
  const first = firstChunk(world).slice();
  const pages = [...pagesOf(world)].map((held) => ({ ...held, words: held.page.words }));
  for (const { page } of pages) page.frozen = true;
  return chunks(first, pages);
}

function* chunks(
  first: Uint8Array,
  pages: { job: number; number: number; page: TaskPage; words: Int32Array }[],
): IterableIterator<Uint8Array> {
  yield first;
  const writer = new ByteWriter(1 << 12);
  for (const { job, number, page, words } of pages) {
    writer.clear();
    writer.int32(job);
    writer.int32(number);
    writer.int32s(words);
    if (page.words === words) page.frozen = false;
    yield writer.bytes().slice();
  }
}

function* pagesOf(world: World): IterableIterator<{ job: number; number: number; page: TaskPage }> {
  for (const job of world.jobs) {
    if (job === undefined) continue;
    for (const [number, page] of job.rows.pages.entries()) {
      if (page !== undefined) yield { job: job.number, number, page };
    }
  }
}

function firstChunk(world: World): Uint8Array {
  const writer = new ByteWriter(1 << 12);
  writer.int32(magic);
  writer.int32(formatVersion);
  const jobs = world.jobs.filter((job) => job !== undefined);
  const record: WorldRecord = {
    now: world.now,
    rulesVersion: world.rulesVersion,
    accountName: world.accountName,
    sequence: world.lastSequence,
    ignoredReports: world.ignoredReports,
    poolCount: world.pools.length,
    pools: world.pools.filter((pool) => pool !== undefined).map(poolRecord),
    nodes: world.nodes,
    jobCount: world.jobs.length,
    jobs: jobs.map(jobRecord),
  };
  writer.json(record);
  world.runs.write(writer);
  for (const job of jobs) {
    job.text.write(writer);
    job.dependencies?.write(writer);
  }
  writer.int32([...pagesOf(world)].length);
  return writer.bytes();
}

/** @throws BatchError `InvalidInput` */
export function readSnapshot(chunks: Iterable<Uint8Array>): World {
  const world = new World();
  let pages = -1;
  try {
    for (const chunk of chunks) {
      const reader = new ByteReader(chunk);
      if (pages === -1) pages = readFirst(world, reader);
      else {
        readPage(world, reader);
        pages--;
      }
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) throw damaged(error.message);
    throw error;
  }
  if (pages !== 0) throw damaged('it ends before its last page');
  derive(world);
  return world;
}

function readFirst(world: World, reader: ByteReader): number {
  if (reader.int32() !== magic) throw damaged('it does not begin as one');
  const version = reader.int32();
  if (version !== formatVersion) {
    throw damaged(`it has format version ${version}, this version of Berth reads ${formatVersion}`);
  }
  // The cast is the format's promise.
  const record = reader.json() as WorldRecord;
  world.now = record.now;
  world.rulesVersion = record.rulesVersion;
  world.accountName = record.accountName;
  world.lastSequence = record.sequence;
  world.ignoredReports = record.ignoredReports;
  world.pools.length = record.poolCount;
  world.pools.fill(undefined);
  world.jobs.length = record.jobCount;
  world.jobs.fill(undefined);
  for (const node of record.nodes) world.nodes.push(readNode(node));
  for (const pool of record.pools) world.pools[pool.number] = readPool(pool);
  for (const job of record.jobs) world.jobs[job.number] = readJob(job);
  world.runs.read(reader);
  for (const { number, hasDependencies } of record.jobs) {
    const job = world.jobs[number]!;
    job.text = TaskText.read(reader);
    if (hasDependencies) job.dependencies = Dependencies.read(reader);
  }
  return reader.int32();
}

function readPage(world: World, reader: ByteReader): void {
  const job = world.jobs[reader.int32()];
  const number = reader.int32();
  const words = reader.int32s();
  if (job === undefined || words.length !== rowsOf(number) * wordsPerRow) {
    throw damaged('a page of rows fits no job');
  }
  job.rows.pages[number] = { words, hash: 0, hashed: false, frozen: false };
}

/** Makes what a snapshot leaves out. */
function derive(world: World): void {
  for (const pool of world.pools) {
    if (pool !== undefined) world.poolById.set(idKey(pool.specification.id), pool);
  }
  for (const node of world.nodes) {
    const pool = world.pools[node.pool];
    if (pool === undefined || node.state === 'gone') continue;
    pool.nodes.set(node.ordinal, node);
    if (node.state === 'idle' || node.state === 'running') pool.offer(node);
  }
  for (const job of world.jobs) {
    if (job === undefined) continue;
    world.jobById.set(idKey(job.specification.id), job);
    for (const { firstRow, count, factory } of job.segments) {
      for (let row = firstRow; factory === undefined && row < firstRow + count; row++) {
        if (!job.isGone(row)) job.ids.add(job.idOf(row), row);
      }
    }
    const { maxWallClockTimeMs } = job.specification.constraints;
    if (job.state === 'active' && maxWallClockTimeMs !== undefined) {
      world.jobDeadlines.set(job.number, job.creationTime + maxWallClockTimeMs);
    }
    enterRings(world, job);
  }
  // A world at rest has nothing left to place.
  for (let pool = world.stirred.pop(); pool !== undefined; pool = world.stirred.pop()) {
    pool.stirred = false;
  }
  for (const run of world.runs) {
    if (world.runs.ending(run) !== Ending.none) continue;
    const { maxWallClockTimeMs } = world.jobs[world.runs.job(run)]!.limitsOf(world.runs.task(run));
    if (maxWallClockTimeMs !== undefined) {
      world.runDeadlines.set(run, world.runs.start(run) + maxWallClockTimeMs);
    }
  }
}

function poolRecord(pool: Pool): PoolRecord {
  const cursors: [number, number][] = [];
  pool.cursors.forEach((job, rank) => {
    if (job !== -1) cursors.push([rank, job]);
  });
  const { number, specification, creationTime } = pool;
  return {
    number,
    specification,
    creationTime,
    fields: {
      state: pool.state,
      stateTransitionTime: pool.stateTransitionTime,
      previousState: pool.previousState,
      previousStateTransitionTime: pool.previousStateTransitionTime,
      allocationState: pool.allocationState,
      allocationStateTransitionTime: pool.allocationStateTransitionTime,
      nextOrdinal: pool.nextOrdinal,
      nodesCreating: pool.nodesCreating,
    },
    cursors,
  };
}

function readPool(record: PoolRecord): Pool {
  const pool = new Pool(record.number, record.specification, record.creationTime);
  Object.assign(pool, record.fields);
  for (const [rank, job] of record.cursors) pool.cursors[rank] = job;
  return pool;
}

function readNode(node: Node): Node {
  return {
    ...node,
    // JSON has no undefined.
    previousState: node.previousState,
    previousStateTransitionTime: node.previousStateTransitionTime,
    lastBootTime: node.lastBootTime,
  };
}

function jobRecord(job: Job): JobRecord {
  const { number, specification, creationTime, tasks, slots } = job;
  return {
    number,
    specification,
    creationTime,
    fields: {
      lastModified: job.lastModified,
      state: job.state,
      stateTransitionTime: job.stateTransitionTime,
      previousState: job.previousState,
      previousStateTransitionTime: job.previousStateTransitionTime,
      endTime: job.endTime,
      terminateReason: job.terminateReason,
      expiredAt: job.expiredAt,
      pool: job.pool,
      nextStamp: job.nextStamp,
      runs: job.runs,
      rowCount: job.rowCount,
    },
    tasks,
    slots,
    segments: job.segments.map(({ expand: _expand, limits: _limits, ...segment }) => segment),
    templates: [...job.templateByJson].map(([json, place]) => [
      json,
      job.templates[place]!.template,
    ]),
    rare: [...job.rare].sort(([a], [b]) => a - b),
    classes: job.classes.map(({ slots: size, live, parts }) => ({
      slots: size,
      live,
      parts: parts.map((part) =>
        [...part.ranges()].map(({ row, count, stamp }) => [row, count, stamp]),
      ),
    })),
    hasDependencies: job.dependencies !== undefined,
  };
}

function readJob(record: JobRecord): Job {
  const job = new Job(record.number, record.specification, record.creationTime);
  Object.assign(job, record.fields);
  Object.assign(job.tasks, record.tasks);
  Object.assign(job.slots, record.slots);
  for (const { firstRow, count, creationTime, factory, waiting, endedWaiting } of record.segments) {
    job.segments.push(
      factory === undefined
        ? { firstRow, count, creationTime, waiting, endedWaiting }
        : { ...factorySegment(firstRow, count, creationTime, factory), waiting, endedWaiting },
    );
  }
  for (const [json, template] of record.templates) {
    job.templateByJson.set(json, job.templates.push({ template, limits: limitsOf(template) }) - 1);
  }
  for (const [row, facts] of record.rare) job.rare.set(row, facts);
  for (const { slots, live, parts } of record.classes) {
    const ready = job.readyClass(slots);
    ready.live = live;
    parts.forEach((ranges, part) => {
      for (const [row, count, stamp] of ranges) ready.parts[part]?.restore(row, count, stamp);
    });
  }
  return job;
}

function damaged(reason: string): BatchError {
  return new BatchError({ code: 'InvalidInput', message: `not a snapshot: ${reason}` });
}
