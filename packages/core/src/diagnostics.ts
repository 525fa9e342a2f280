import { formatTime } from './calendar.ts';
import { readyJobs } from './displacement.ts';
import type { StateChange } from './event-log.ts';
import type { Job } from './job.ts';
import { isJobManager } from './job-manager.ts';
import { nodeId } from './node.ts';
import type { Pool } from './pool.ts';
import type { AutoScaleRun } from './pool-autoscale.ts';
import type { PartRange } from './queue-place.ts';
import { rangesInOrder } from './queue-place.ts';
import type { NodeDeallocationOption } from './specification.ts';
import { Failure, taskFailure } from './task-failure.ts';
import { Flag, failureMask, failureShift, Word } from './task-rows.ts';
import { durationOf, retryCountOf, startTimeOf } from './task-transitions.ts';
import type { World } from './world.ts';

/** What all diagnostic events have. */
interface Diagnostic {
  /** ms since the epoch. */
  at: number;
  accountName: string;
}

interface PoolSize {
  accountName: string;
  id: string;
  currentDedicatedNodes: number;
  targetDedicatedNodes: number;
  currentLowPriorityNodes: number;
  targetLowPriorityNodes: number;
}

interface TaskFacts {
  accountName: string;
  jobId: string;
  id: string;
  taskType: 'User' | 'JobManager';
  /** How often the engine has run it again by itself: its node was lost, or it was displaced. */
  systemTaskVersion: number;
  requiredSlots: number;
  executionInfo: {
    startTime?: string;
    endTime?: string;
    exitCode?: number;
    retryCount: number;
    requeueCount: number;
  };
  nodeInfo?: { poolId: string; nodeId: string };
}

/** The events of the Batch service's diagnostic log, by their names there. semantics §13.8 */
export type DiagnosticEvent = Diagnostic &
  (
    | ({ event: 'PoolCreateEvent'; vmSize: string; taskSlotsPerNode: number } & PoolSize)
    | ({
        event: 'PoolResizeStartEvent';
        /** `invalid` when the pool does not shrink. */
        nodeDeallocationOption: NodeDeallocationOption | 'invalid';
        enableAutoScale: boolean;
      } & PoolSize)
    | ({
        event: 'PoolResizeCompleteEvent';
        startTime: string;
        endTime: string;
        /** `Success`, or the code of the first of the resizeErrors. */
        resultCode: string;
        resultMessage: string;
      } & PoolSize)
    | { event: 'PoolDeleteStartEvent' | 'PoolDeleteCompleteEvent'; id: string }
    | { event: 'PoolAutoScaleEvent'; id: string; formula: string; results: string; error?: string }
    | ({ event: 'TaskStartEvent' | 'TaskCompleteEvent' } & TaskFacts)
    /** Beside TaskCompleteEvent. */
    | ({ event: 'TaskFailEvent'; schedulingError?: { category: string; code: string } } & TaskFacts)
    /** A task that could not start: the first one that no node has room for, or one whose preparation has failed. */
    | ({ event: 'TaskScheduleFailEvent' } & TaskFacts & {
          schedulingError: { category: string; code: string; message: string };
        })
  );

type ChangeOf<Entity extends StateChange['entity']> = Extract<StateChange, { entity: Entity }>;

/**
 * Makes diagnostic events out of changes of state. A change is told before the entity's other facts are written, so
 * each event is made when the next one comes, or at the end of the input.
 */
export class Diagnostics {
  #events: DiagnosticEvent[] = [];
  #pending: (() => void) | undefined;
  /** Of each pool the row and job that it could not place last, so that it is told once. */
  readonly #stuck = new Map<number, { job: number; row: number }>();
  /** When the resize of a pool began. */
  readonly #resizes = new Map<number, number>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** What there is, which is handed over. */
  take(): DiagnosticEvent[] {
    this.#settle();
    const events = this.#events;
    this.#events = [];
    return events;
  }

  stateChanged(change: StateChange, at: number): void {
    this.#settle();
    switch (change.entity) {
      case 'pool':
        this.#poolChanged(change, at);
        break;
      case 'allocation':
        // Where it begins the option is known, and it is told by {@link resizeStarted}.
        if (change.to === 'steady') this.#resized(change, at);
        break;
      case 'task':
        this.#taskChanged(change, at);
        break;
      default:
    }
  }

  poolCreated(pool: Pool): void {
    this.#settle();
    const { vmSize, taskSlotsPerNode } = pool.specification;
    const { now: at } = this.#world;
    this.#events.push({
      event: 'PoolCreateEvent',
      at,
      vmSize,
      taskSlotsPerNode,
      ...size(this.#world, pool),
    });
  }

  resizeStarted(pool: Pool, option: NodeDeallocationOption | undefined): void {
    this.#settle();
    const { now: at } = this.#world;
    this.#resizes.set(pool.number, at);
    this.#events.push({
      event: 'PoolResizeStartEvent',
      at,
      nodeDeallocationOption: option ?? 'invalid',
      enableAutoScale: pool.autoscale !== undefined,
      ...size(this.#world, pool),
    });
  }

  autoScaled(pool: Pool, { timestamp: at, results, error }: AutoScaleRun): void {
    this.#settle();
    const { id, autoScaleFormula: formula = '' } = pool.specification;
    this.#events.push({
      event: 'PoolAutoScaleEvent',
      at,
      accountName: this.#world.accounts.nameOf(pool),
      id,
      formula,
      results,
      ...(error !== undefined && { error: error.code }),
    });
  }

  /** The preparation has failed on a node where the task waits for it (semantics §2.5); it is placed again elsewhere. */
  preparationFailed(job: Job, row: number): void {
    this.#settle();
    this.#events.push({
      event: 'TaskScheduleFailEvent',
      at: this.#world.now,
      ...factsOf(this.#world, job, row),
      schedulingError: {
        category: 'usererror',
        code: 'JobPreparationTaskFailed',
        message: 'The preparation task of the job has failed on the node.',
      },
    });
  }

  /** To be called when an input is done with: what would be placed next, and is not. */
  lookForStuck(): void {
    this.#settle();
    const world = this.#world;
    for (const pool of world.pools) {
      // A policy is asked where it decides, and nowhere else.
      if (pool?.state !== 'active' || pool.jobOrder !== undefined) continue;
      const found = firstWaiting(world, pool);
      const told = this.#stuck.get(pool.number);
      if (found === undefined) this.#stuck.delete(pool.number);
      else if (told?.job !== found.job.number || told.row !== found.row) {
        this.#stuck.set(pool.number, { job: found.job.number, row: found.row });
        this.#events.push({
          event: 'TaskScheduleFailEvent',
          at: world.now,
          ...factsOf(world, found.job, found.row),
          schedulingError: {
            category: 'usererror',
            code: 'TaskSchedulingConstraintFailed',
            message: 'No node of the pool has as many free slots; it is tried again.',
          },
        });
      }
    }
  }

  #settle(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.();
  }

  #poolChanged({ accountName, poolId: id, to }: ChangeOf<'pool'>, at: number): void {
    if (to === 'deleting')
      this.#events.push({ event: 'PoolDeleteStartEvent', at, accountName, id });
    else if (to === 'gone') {
      this.#events.push({ event: 'PoolDeleteCompleteEvent', at, accountName, id });
    }
  }

  #resized({ accountName, poolId }: ChangeOf<'allocation'>, at: number): void {
    const pool = this.#world.accounts.named(accountName)?.pool(poolId);
    if (pool === undefined) return;
    const began = this.#resizes.get(pool.number) ?? at;
    this.#resizes.delete(pool.number);
    this.#pending = () => {
      const [error] = pool.resizeErrors;
      this.#events.push({
        event: 'PoolResizeCompleteEvent',
        at,
        startTime: formatTime(began),
        endTime: formatTime(at),
        resultCode: error?.code ?? 'Success',
        resultMessage: error?.message ?? 'The resize has reached its targets.',
        ...size(this.#world, pool),
      });
    };
  }

  #taskChanged({ accountName, jobId, taskId, to, result }: ChangeOf<'task'>, at: number): void {
    if (to !== 'running' && to !== 'completed') return;
    const world = this.#world;
    const job = world.accounts.named(accountName)?.job(jobId);
    const row = job?.find(taskId) ?? -1;
    if (job === undefined || row === -1) return;
    this.#pending = () => {
      const facts = factsOf(world, job, row);
      if (to === 'running') this.#events.push({ event: 'TaskStartEvent', at, ...facts });
      else {
        this.#events.push({ event: 'TaskCompleteEvent', at, ...facts });
        if (result !== 'failure') return;
        const number = (job.rows.get(row, Word.flags) & failureMask) >>> failureShift;
        const { category = '', code = '' } = taskFailure(number) ?? {};
        this.#events.push({
          event: 'TaskFailEvent',
          at,
          ...facts,
          ...(number !== Failure.exitCode && { schedulingError: { category, code } }),
        });
      }
    };
  }
}

function size(world: World, pool: Pool): PoolSize {
  const { id, targetDedicatedNodes, targetLowPriorityNodes = 0 } = pool.specification;
  return {
    accountName: world.accounts.nameOf(pool),
    id,
    currentDedicatedNodes: pool.nodes.dedicated,
    targetDedicatedNodes,
    currentLowPriorityNodes: pool.nodes.lowPriority,
    targetLowPriorityNodes,
  };
}

function factsOf(world: World, job: Job, row: number): TaskFacts {
  const flags = job.rows.get(row, Word.flags);
  const rare = job.rareOf(row);
  const startTime = startTimeOf(job, row);
  const started = (flags & Flag.hasStart) !== 0;
  const completed = (flags & (Flag.success | Flag.failure)) !== 0;
  const node = world.nodes[job.rows.get(row, Word.node) - 1];
  return {
    accountName: world.accounts.nameOf(job),
    jobId: job.specification.id,
    id: job.idOf(row),
    taskType: isJobManager(job, row) ? 'JobManager' : 'User',
    systemTaskVersion: rare?.internalReruns ?? 0,
    requiredSlots: job.limitsOf(row).requiredSlots,
    executionInfo: {
      ...(started && { startTime: formatTime(startTime) }),
      ...(completed && { endTime: formatTime(startTime + (started ? durationOf(job, row) : 0)) }),
      ...((flags & Flag.hasExitCode) !== 0 && { exitCode: job.rows.get(row, Word.runOrExitCode) }),
      retryCount: retryCountOf(job, row),
      requeueCount: rare?.requeueCount ?? 0,
    },
    ...(node !== undefined && {
      nodeInfo: { poolId: node.poolId, nodeId: nodeId(node) },
    }),
  };
}

/** The first task in the order of placement, which no node has room for. */
function firstWaiting(world: World, pool: Pool): { job: Job; row: number } | undefined {
  for (const number of readyJobs(world, pool)) {
    const job = world.jobs[number]!;
    const row = headOf(world, job, pool.specification.taskSlotsPerNode);
    if (row !== -1) return { job, row };
  }
  return undefined;
}

/** Row at the head of the job's queue, −1: there is none. It only looks, where placement would tidy up. */
function headOf(world: World, job: Job, most: number): number {
  let best: PartRange | undefined;
  for (const ready of job.classes) {
    if (ready.slots > most || world.classes.live(ready.at) === 0) continue;
    for (const range of rangesInOrder(world, ready)) {
      if ((job.rows.get(range.row, Word.flags) & Flag.stale) !== 0) continue;
      if (best === undefined || isBefore(range, best)) best = range;
      break;
    }
  }
  return best?.row ?? -1;
}

function isBefore(one: PartRange, other: PartRange): boolean {
  return one.part < other.part || (one.part === other.part && one.stamp < other.stamp);
}
