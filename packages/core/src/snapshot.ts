import type { AccountRecord } from './account.ts';
import { Formula } from './autoscale/formula.ts';
import { SampleHistory } from './autoscale/samples.ts';
import type { ByteReader } from './bytes.ts';
import { ByteWriter } from './bytes.ts';
import { Dependencies } from './dependencies.ts';
import type { DisplacedRun } from './displaced-runs.ts';
import { BatchError } from './errors.ts';
import type { Gang } from './gang.ts';
import { liveRuns } from './gang.ts';
import { GivenTasks } from './given-tasks.ts';
import type { RareTaskFacts } from './job.ts';
import { factorySegment, Job } from './job.ts';
import { noteDisplacement } from './job-manager.ts';
import type { JobScheduleRecord } from './job-schedule.ts';
import { JobSchedule } from './job-schedule.ts';
import { deadlineOf } from './job-schedule-rules.ts';
import type { JobOnNode } from './jobs-on-nodes.ts';
import type { NodeRecord } from './node.ts';
import { Node } from './node.ts';
import { setNodeTaskDeadline } from './node-task-deadline.ts';
import { firstExpiry } from './node-user.ts';
import type { OSVersions } from './os-version.ts';
import type { PolicyNames } from './policy.ts';
import { noPool, Pool } from './pool.ts';
import type { Autoscale } from './pool-autoscale.ts';
import { expectAutoscale, formulaOf } from './pool-autoscale.ts';
import type { Part, ReadyRange } from './ready-queue.ts';
import { joinRings, readyRanges, restoreRange } from './ready-queue.ts';
import { expectRetention } from './retention.ts';
import type { RuleOptions } from './rule-options.ts';
import { setOptions } from './rule-options.ts';
import { Ending } from './run-table.ts';
import type {
  JobSpecification,
  PoolSpecification,
  TaskFactory,
  TaskTemplate,
} from './specification.ts';
import { setAgeDeadline } from './task-age.ts';
import { Class, ClassFlag } from './task-classes.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/*
 * The head of a snapshot: all of the world but the rows and the texts of its tasks (snapshot-stream.ts). Indexes (rings,
 * buckets, deadlines, ids) are derived again.
 */
interface PoolRecord {
  number: number;
  account: number;
  specification: PoolSpecification;
  creationTime: number;
  fields: Pick<
    Pool,
    | 'state'
    | 'stateTransitionTime'
    | 'previousState'
    | 'previousStateTransitionTime'
    | 'lastModified'
    | 'revision'
    | 'allocationState'
    | 'allocationStateTransitionTime'
    | 'nextOrdinal'
    | 'nodesCreating'
    | 'nodesLeaving'
    | 'resizeDeadline'
    | 'quotaErrors'
    | 'resizeErrors'
    | 'enabledAutoScaleAt'
    | 'currentOSVersion'
    | 'nextOSVersion'
    | 'otherCompletions'
  >;
  /** Its samples come behind the records. */
  autoscale?: Pick<Autoscale, 'nextEvaluation' | 'retryAt' | 'run'>;
  /** [rank, job served last] */
  cursors: [number, number][];
}

interface JobRecord {
  number: number;
  account: number;
  specification: JobSpecification;
  creationTime: number;
  fields: Pick<
    Job,
    | 'lastModified'
    | 'revision'
    | 'state'
    | 'stateTransitionTime'
    | 'previousState'
    | 'previousStateTransitionTime'
    | 'endTime'
    | 'terminateReason'
    | 'expiredAt'
    | 'schedule'
    | 'poolId'
    | 'autoPool'
    | 'schedulingError'
    | 'pool'
    | 'formerPoolIds'
    | 'numTaskRetries'
    | 'terminationDue'
    | 'jobManager'
    | 'undone'
    | 'hasExitConditions'
    | 'nextStamp'
    | 'rowCount'
    | 'agedRows'
  >;
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
  /** By page: when it was looked at, when it is next, −1: never. */
  retention: [page: number, lookedAt: number, nextLook: number][];
  classes: ClassRecord[];
  hasDependencies: boolean;
}

interface ClassRecord {
  slots: number;
  /** 0: its tasks are no multi-instance tasks. */
  instances: number;
  live: number;
  begun: number;
  succeeded: number;
  failed: number;
  total: number;
  /** Ranges of the front, the middle and the back. */
  parts: ReadyRange[][];
}

interface WorldRecord {
  now: number;
  rulesVersion: number;
  accountCount: number;
  accounts: AccountRecord[];
  /** Absent: none. */
  policies?: PolicyNames;
  sequence: number;
  options: RuleOptions;
  ignoredReports: number;
  poolCount: number;
  pools: PoolRecord[];
  nodes: NodeRecord[];
  jobCount: number;
  jobs: JobRecord[];
  displaced: DisplacedRun[];
  /** Those that have instances which are not over, and whether a task has that one as its latest. */
  gangs: { gang: Gang; isLatest: boolean }[];
  jobOnNodeCount: number;
  jobsOnNodes: JobOnNode[];
  osVersions: OSVersions[];
  jobScheduleCount: number;
  jobSchedules: JobScheduleRecord[];
}

/** `inputCount` names inputs and is no part of the model: the same state may be come to in fewer. */
export function writeHead(world: World, inputCount: number): Uint8Array {
  const writer = new ByteWriter(1 << 12);
  writer.float64(inputCount);
  const jobs = world.jobs.filter((job) => job !== undefined);
  const record: WorldRecord = {
    now: world.now,
    rulesVersion: world.rulesVersion,
    accountCount: world.accounts.length,
    accounts: [...world.accounts].map((account) => account.record()),
    ...policiesOf(world),
    sequence: world.lastSequence,
    options: world.options,
    ignoredReports: world.ignoredReports,
    poolCount: world.pools.length,
    pools: world.pools.filter((pool) => pool !== undefined).map(poolRecord),
    nodes: world.nodes.map((node) => node.record()),
    jobCount: world.jobs.length,
    jobs: jobs.map((job) => jobRecord(world, job)),
    displaced: world.displaced.all(),
    gangs: world.gangs.all().map((gang) => ({
      gang,
      isLatest: world.jobs[gang.job]!.rareOf(gang.row)?.gang === gang,
    })),
    jobOnNodeCount: world.jobsOnNodes.next,
    jobsOnNodes: world.jobsOnNodes.all(),
    osVersions: world.osVersions,
    jobScheduleCount: world.jobSchedules.length,
    jobSchedules: world.jobSchedules.flatMap((schedule) => schedule?.record() ?? []),
  };
  writer.json(record);
  for (const pool of world.pools) pool?.autoscale?.samples.write(writer);
  world.runs.write(writer);
  for (const job of jobs) {
    job.dependencies?.write(writer);
  }
  return writer.bytes();
}

function policiesOf({ policies: { names } }: World): Pick<WorldRecord, 'policies'> {
  return Object.keys(names).length === 0 ? {} : { policies: names };
}

/** @throws BatchError `InvalidInput`, or `PoliciesDiffer` if it was made under others; RangeError, SyntaxError: damaged. */
export function readHead(world: World, reader: ByteReader): void {
  world.inputCount = reader.float64();
  // The cast is the format's promise.
  const record = reader.json() as WorldRecord;
  world.policies.demand(record.policies ?? {});
  world.now = record.now;
  world.rulesVersion = record.rulesVersion;
  world.accounts.restore(record.accounts, record.accountCount);
  world.lastSequence = record.sequence;
  setOptions(world, record.options);
  world.ignoredReports = record.ignoredReports;
  world.pools.length = record.poolCount;
  world.pools.fill(undefined);
  world.jobs.length = record.jobCount;
  world.jobs.fill(undefined);
  world.jobSchedules.length = record.jobScheduleCount;
  world.jobSchedules.fill(undefined);
  for (const schedule of record.jobSchedules) {
    world.jobSchedules[schedule.number] = new JobSchedule(schedule);
  }
  for (const node of record.nodes) world.nodes.push(new Node(world, node));
  for (const pool of record.pools) world.pools[pool.number] = readPool(world, pool);
  for (const job of record.jobs) world.jobs[job.number] = readJob(world, job);
  for (const pool of record.pools) readAutoscale(world.pools[pool.number]!, pool, reader);
  for (const displaced of record.displaced) world.displaced.add(displaced);
  world.jobsOnNodes.next = record.jobOnNodeCount;
  for (const onNode of record.jobsOnNodes) {
    world.jobsOnNodes.keep(world.jobs[onNode.job]!, onNode);
    setNodeTaskDeadline(world, onNode, onNode.deadline);
  }
  world.osVersions = record.osVersions;
  for (const { gang, isLatest } of record.gangs) {
    world.gangs.add(gang);
    if (isLatest) world.jobs[gang.job]!.rareOf(gang.row)!.gang = gang;
  }
  world.runs.read(reader, (number, task, slots, run) => {
    const job = world.jobs[number]!;
    const instances = world.gangs.of(run)?.gang.instances.length ?? 0;
    return { taskClass: job.readyClass(slots, instances).at, address: job.rows.provide(task) };
  });
  for (const gang of world.gangs.all()) {
    for (const run of liveRuns(gang)) world.runs.setInstance(run, true);
  }
  for (const { number, hasDependencies } of record.jobs) {
    const job = world.jobs[number]!;
    if (hasDependencies) job.dependencies = Dependencies.read(reader);
  }
}

/** Makes what a snapshot leaves out. */
export function derive(world: World): void {
  for (const pool of world.pools) {
    if (pool === undefined) continue;
    world.accounts.of(pool).poolById.set(idKey(pool.specification.id), pool);
    if (pool.autoscale !== undefined) expectAutoscale(world, pool, pool.autoscale);
    if (pool.resizeDeadline !== undefined) world.setPoolDeadline(pool.number, pool.resizeDeadline);
  }
  for (const node of world.nodes) {
    const pool = world.pools[node.pool];
    if (pool === undefined || node.state === 'gone') continue;
    pool.nodes.add(node);
    if (node.takesTasks) pool.offer(node.number);
    world.setNodeDeadline(node, node.givenUpAt);
    world.setFilesDeadline(node, node.filesUntil);
    const expiry = firstExpiry(node);
    if (expiry !== undefined) world.setUserDeadline(node.number, expiry);
  }
  for (const job of world.jobs) {
    if (job === undefined) continue;
    if (job.state !== 'gone') {
      world.accounts.of(job).jobById.set(idKey(job.specification.id), job);
      noteDisplacement(world, job);
    }
    for (const { firstRow, count, factory } of job.segments) {
      for (let row = firstRow; factory === undefined && row < firstRow + count; row++) {
        if (job.isGone(row)) continue;
        const id = job.idOf(row);
        job.given?.ids.add(id, row);
        job.dependencies?.noteSpelling(id);
      }
    }
    const { maxWallClockTimeMs } = job.specification.constraints;
    if (job.isOpen && maxWallClockTimeMs !== undefined) {
      world.setJobDeadline(job.number, job.creationTime + maxWallClockTimeMs);
    }
    if (job.isOpen) setAgeDeadline(world, job);
    world.pools[job.pool]?.jobs.add(job.number);
    joinRings(world, job);
    expectRetention(world, job);
    const schedule = world.jobSchedules[job.schedule];
    schedule?.jobs.add(job.number);
    if (schedule !== undefined && job.state !== 'completed') schedule.activeJob = job.number;
  }
  for (const schedule of world.jobSchedules) {
    if (schedule === undefined) continue;
    const { jobScheduleById } = world.accounts.of(schedule);
    jobScheduleById.set(idKey(schedule.specification.id), schedule);
    const deadline = deadlineOf(world, schedule);
    if (deadline !== undefined) world.setJobScheduleDeadline(schedule.number, deadline);
  }
  // A world at rest has nothing left to place.
  while (world.stirred !== noPool) world.takeStirred();
  for (const run of world.runs) {
    if (world.runs.ending(run) !== Ending.none || world.runs.isPreparing(run)) continue;
    // The clock of a multi-instance task is its primary's.
    if (world.runs.isInstance(run) && world.gangs.of(run)?.id !== 0) continue;
    const { maxWallClockTimeMs } = world.jobs[world.runs.job(run)]!.limitsOf(world.runs.task(run));
    if (maxWallClockTimeMs !== undefined) {
      world.clocks.set(run, world.runs.start(run) + maxWallClockTimeMs);
    }
  }
}

function poolRecord(pool: Pool): PoolRecord {
  const cursors: [number, number][] = [];
  pool.cursors.forEach((job, rank) => {
    if (job !== -1) cursors.push([rank, job]);
  });
  const { number, account, specification, creationTime } = pool;
  return {
    number,
    account,
    specification,
    creationTime,
    fields: {
      state: pool.state,
      stateTransitionTime: pool.stateTransitionTime,
      previousState: pool.previousState,
      previousStateTransitionTime: pool.previousStateTransitionTime,
      lastModified: pool.lastModified,
      revision: pool.revision,
      allocationState: pool.allocationState,
      allocationStateTransitionTime: pool.allocationStateTransitionTime,
      nextOrdinal: pool.nextOrdinal,
      nodesCreating: pool.nodesCreating,
      nodesLeaving: pool.nodesLeaving,
      resizeDeadline: pool.resizeDeadline,
      quotaErrors: pool.quotaErrors,
      resizeErrors: pool.resizeErrors,
      enabledAutoScaleAt: pool.enabledAutoScaleAt,
      currentOSVersion: pool.currentOSVersion,
      nextOSVersion: pool.nextOSVersion,
      otherCompletions: pool.otherCompletions,
    },
    ...(pool.autoscale !== undefined && { autoscale: autoscaleRecord(pool.autoscale) }),
    cursors,
  };
}

function readPool(world: World, record: PoolRecord): Pool {
  const { number, account, specification, creationTime } = record;
  const { nodeTable, policies } = world;
  const pool = new Pool(number, account, specification, creationTime, nodeTable, policies);
  Object.assign(pool, record.fields);
  for (const [rank, job] of record.cursors) pool.cursors[rank] = job;
  return pool;
}

function autoscaleRecord({
  nextEvaluation,
  retryAt,
  run,
}: Autoscale): Pick<Autoscale, 'nextEvaluation' | 'retryAt' | 'run'> {
  return { nextEvaluation, retryAt, run };
}

function readAutoscale(pool: Pool, { autoscale }: PoolRecord, reader: ByteReader): void {
  if (autoscale === undefined) return;
  const formula = formulaOf(pool.specification);
  if (!(formula instanceof Formula)) throw damagedSnapshot('a pool follows no formula');
  const { nextEvaluation, retryAt, run } = autoscale;
  const samples = SampleHistory.read(reader);
  pool.autoscale = { formula, samples, nextEvaluation, retryAt, run };
}

function jobRecord(world: World, job: Job): JobRecord {
  const { number, account, specification, creationTime } = job;
  return {
    number,
    account,
    specification,
    creationTime,
    fields: {
      lastModified: job.lastModified,
      revision: job.revision,
      state: job.state,
      stateTransitionTime: job.stateTransitionTime,
      previousState: job.previousState,
      previousStateTransitionTime: job.previousStateTransitionTime,
      endTime: job.endTime,
      terminateReason: job.terminateReason,
      expiredAt: job.expiredAt,
      schedule: job.schedule,
      poolId: job.poolId,
      autoPool: job.autoPool,
      schedulingError: job.schedulingError,
      pool: job.pool,
      formerPoolIds: job.formerPoolIds,
      numTaskRetries: job.numTaskRetries,
      terminationDue: job.terminationDue,
      jobManager: job.jobManager,
      undone: job.undone,
      hasExitConditions: job.hasExitConditions,
      nextStamp: job.nextStamp,
      rowCount: job.rowCount,
      agedRows: job.agedRows,
    },
    segments: job.segments.map(
      ({ expand: _expand, limits: _limits, written: _written, ...segment }) => segment,
    ),
    templates: [...(job.given?.templateByJson ?? [])].map(([json, place]) => [
      json,
      job.given!.templates[place]!.template,
    ]),
    rare: job.allRare(),
    retention: [...(job.retention ?? [])]
      .sort(([a], [b]) => a - b)
      .map(([page, { lookedAt, nextLook }]) => [
        page,
        lookedAt,
        nextLook === Infinity ? -1 : nextLook,
      ]),
    classes: job.classes.map(({ at }, index) => classRecord(world, job, index, at)),
    hasDependencies: job.dependencies !== undefined,
  };
}

function classRecord(world: World, job: Job, index: number, at: number): ClassRecord {
  const { words } = world.classes;
  const ready = job.classes[index]!;
  return {
    slots: ready.slots,
    instances: ready.instances,
    live: world.classes.live(at),
    begun: words[at + Class.begun]!,
    succeeded: words[at + Class.succeeded]!,
    failed: words[at + Class.failed]!,
    total: words[at + Class.total]!,
    parts: ready.parts.map((_, part) => readyRanges(world, ready, part as Part)),
  };
}

function readJob(world: World, record: JobRecord): Job {
  const job = new Job(
    record.number,
    record.account,
    record.specification,
    record.creationTime,
    world,
  );
  Object.assign(job, record.fields);
  for (const { firstRow, count, creationTime, factory, waiting, endedWaiting } of record.segments) {
    job.segments.push(
      factory === undefined
        ? { firstRow, count, creationTime, waiting, endedWaiting, written: true }
        : {
            ...factorySegment(firstRow, count, creationTime, factory),
            waiting,
            endedWaiting,
            written: true,
          },
    );
  }
  // A task that was given has a template.
  if (record.templates.length > 0) job.given = new GivenTasks(job.rows);
  for (const [json, template] of record.templates) job.given?.keepTemplate(template, json);
  for (const [row, facts] of record.rare) job.keepRare(row, facts);
  for (const [page, lookedAt, next] of record.retention) {
    job.retention ??= new Map();
    job.retention.set(page, { lookedAt, nextLook: next === -1 ? Infinity : next });
  }
  for (const held of record.classes) readClass(world, job, held);
  return job;
}

function readClass(world: World, job: Job, record: ClassRecord): void {
  const ready = job.readyClass(record.slots, record.instances);
  const { words } = world.classes;
  words[ready.at + Class.rest] = record.live;
  words[ready.at + Class.begun] = record.begun;
  words[ready.at + Class.succeeded] = record.succeeded;
  words[ready.at + Class.failed] = record.failed;
  words[ready.at + Class.total] = record.total;
  let rows = 0;
  record.parts.forEach((ranges, part) => {
    for (const range of ranges) {
      restoreRange(ready, part as Part, range);
      rows += range.count;
    }
  });
  if (rows > record.live) words[ready.at + Class.flags]! |= ClassFlag.stale;
}

export function damagedSnapshot(reason: string): BatchError {
  return new BatchError({ code: 'InvalidInput', message: `not a snapshot: ${reason}` });
}
