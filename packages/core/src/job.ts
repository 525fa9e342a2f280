import type { SchedulingError } from './auto-pool.ts';
import type { TaskLookup } from './dependencies.ts';
import { Dependencies } from './dependencies.ts';
import { exitOptionsOf } from './exit-conditions.ts';
import type { Gang } from './gang.ts';
import { GivenTasks } from './given-tasks.ts';
import { integerOf, spelledInteger } from './integer-ids.ts';
import type { JobManager } from './job-manager.ts';
import type { NodesOfJob } from './jobs-on-nodes.ts';
import type { JobState } from './machines.ts';
import { ReadyClass } from './ready-queue.ts';
import type { PageRetention } from './retention.ts';
import type {
  ExitOptions,
  JobSpecification,
  TaskConstraints,
  TaskFactory,
  TaskSpecification,
  TaskTemplate,
} from './specification.ts';
import type { TaskArena } from './task-arena.ts';
import type { TaskClasses } from './task-classes.ts';
import { Class, ClassFlag } from './task-classes.ts';
import { compileFactory } from './task-factory.ts';
import type { TaskLimits } from './task-limits.ts';
import { limitsOf } from './task-limits.ts';
import {
  Flag,
  failureMask,
  failureShift,
  stateMask,
  TaskRows,
  TaskState,
  Word,
} from './task-rows.ts';
import { idKey } from './task-text.ts';

/** Rows that were added by one command and came from one place. */
export interface Segment {
  readonly firstRow: number;
  count: number;
  readonly creationTime: number;
  /** Absent: tasks given one by one. */
  readonly factory?: TaskFactory;
  readonly limits?: TaskLimits;
  /** The factory's tasks wait for a dependency. */
  waiting: boolean;
  /** Of those that wait, the ones that have been ended (and marked stale) meanwhile. */
  endedWaiting: number;
  /** Whether a row may have been written before its first start: none of a factory's is, unless a command names it. */
  written: boolean;
  /** Compiled when somebody first looks at a task of it. */
  expand?: (index: number) => TaskTemplate;
}

/** What few tasks have: kept beside the rows. */
export interface RareTaskFacts {
  /** When the row has no room for it. */
  retryCount?: number;
  requeueCount?: number;
  lastRequeueTime?: number;
  /** How often its node or runner was lost, as long as there is a limit to that. */
  internalRetryCount?: number;
  /** Kept when a later start was none. */
  lastRetryTime?: number;
  failureDetail?: string;
  /** How often it was run again by the engine itself, which counts nowhere else (semantics §3.8). */
  internalReruns?: number;
  /** The task's own, by an update. */
  constraints?: TaskConstraints;
  /** When that was. */
  lastModified?: number;
  /** Of a multi-instance task: as it ran last. */
  gang?: Gang;
  /** Which of its instances has failed, where the primary has not run the commandLine to its end (semantics §9). */
  failedInstance?: number;
}

const openStates: ReadonlySet<JobState> = new Set(['active', 'disabling', 'disabled', 'enabling']);

/** The tables of the world in which a job keeps its tasks. */
export interface TaskTables {
  readonly arena: TaskArena;
  readonly classes: TaskClasses;
}

/** A job with its tasks (semantics §1.4). */
export class Job implements TaskLookup {
  readonly number: number;
  /** Number of the account that it belongs to. */
  readonly account: number;
  specification: JobSpecification;
  readonly creationTime: number;
  lastModified: number;
  /** How often it has changed; its tasks' changes are none of its own. */
  revision = 0;
  state: JobState = 'active';
  stateTransitionTime: number;
  previousState: JobState | undefined;
  previousStateTransitionTime: number | undefined;
  endTime: number | undefined;
  terminateReason: string | undefined;
  /** When its wall clock ended it: its tasks that were not completed read as ended then (ruling 4). */
  expiredAt: number | undefined;
  /** Number of the schedule that made it; −1: a user did. */
  schedule = -1;
  /** Id of the pool that it names, or that was made for it; empty: none could be made. */
  poolId = '';
  /** Number of the pool that was made for it or its schedule; −1: there is none. */
  autoPool = -1;
  /** Why no pool could be made for it. */
  schedulingError: SchedulingError | undefined;
  /** Number of the pool that its tasks go to; −1: there is none now. */
  pool = -1;
  /** Ids of pools that it was moved away from. */
  formerPoolIds: string[] = [];
  /** Completions of tasks that are gone or active again. */
  undone: TaskCompletions = { succeeded: 0, failed: 0 };
  /** Runs of its tasks that were retries, or are to be. */
  numTaskRetries = 0;
  /** A task has failed whose exit conditions end the job as soon as it is active (semantics §2.4). */
  terminationDue = false;
  /** Whether some of its tasks has exit conditions. */
  hasExitConditions = false;

  /** Of its pages that may have files of completed tasks (retention.ts), by page. */
  retention: Map<number, PageRetention> | undefined;

  readonly rows: TaskRows;
  readonly #classes: TaskClasses;
  readonly segments: Segment[] = [];
  /** Made when the first task is given by itself. */
  given: GivenTasks | undefined;
  #rare: Map<number, RareTaskFacts> | undefined;
  /** Exactly where the job sets usesTaskDependencies. */
  dependencies: Dependencies | undefined;

  /** Absent: it has none, or none any more. */
  jobManager: JobManager | undefined;
  /** What it has to do with nodes; absent: it has no preparation task, or nothing of it has been placed. */
  onNodes: NodesOfJob | undefined;

  /** By slots; behind them those of multi-instance tasks, by instances. */
  readonly classes: ReadyClass[] = [];
  nextStamp = 0;
  rowCount = 0;
  /** Tasks of rows before this one are too old to start. */
  agedRows = 0;

  constructor(
    number: number,
    account: number,
    specification: JobSpecification,
    creationTime: number,
    { arena, classes }: TaskTables,
  ) {
    this.rows = new TaskRows(arena);
    this.#classes = classes;
    this.number = number;
    this.account = account;
    this.specification = specification;
    this.creationTime = creationTime;
    this.lastModified = creationTime;
    this.stateTransitionTime = creationTime;
    // From the start, since it keeps which integers have been satisfied: a range may come later.
    if (specification.usesTaskDependencies) this.dependencies = new Dependencies();
  }

  segmentOf(row: number): Segment {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.segments[middle]!.firstRow <= row) low = middle;
      else high = middle - 1;
    }
    return this.segments[low]!;
  }

  limitsOf(row: number): TaskLimits {
    const segment = this.segmentOf(row);
    const limits = segment.limits ?? this.given!.limits(row);
    if ((this.rows.get(row, Word.flags) & Flag.rare) === 0) return limits;
    const own = this.rareOf(row)?.constraints;
    return own === undefined
      ? limits
      : {
          requiredSlots: limits.requiredSlots,
          instances: limits.instances,
          maxWallClockTimeMs: own.maxWallClockTimeMs,
          maxTaskRetryCount: own.maxTaskRetryCount,
          retentionTimeMs: own.retentionTimeMs,
          exitConditions: limits.exitConditions,
        };
  }

  idOf(row: number): string {
    const { factory, firstRow } = this.segmentOf(row);
    return factory === undefined
      ? this.given!.id(row)
      : String(factory.firstTaskId + row - firstRow);
  }

  /** The integer that the row's id stands for in ranges, −1 if it has none. */
  integerOf(row: number): number {
    const { factory, firstRow } = this.segmentOf(row);
    return factory === undefined ? integerOf(this.idOf(row)) : factory.firstTaskId + row - firstRow;
  }

  templateOf(row: number): TaskTemplate {
    const segment = this.segmentOf(row);
    if (segment.factory !== undefined) {
      segment.expand ??= compileFactory(segment.factory);
      return segment.expand(row - segment.firstRow);
    }
    const given = this.given!;
    const entry = given.entry(row);
    const template = {
      ...given.templates[entry.template]!.template,
      commandLine: entry.commandLine,
    };
    return entry.dependsOn === undefined ? template : { ...template, dependsOn: entry.dependsOn };
  }

  creationTimeOf(row: number): number {
    const segment = this.segmentOf(row);
    return segment.factory === undefined
      ? this.given!.entry(row).creationTime
      : segment.creationTime;
  }

  isWaiting(row: number): boolean {
    return (this.rows.get(row, Word.flags) & Flag.waiting) !== 0 || this.segmentOf(row).waiting;
  }

  /** Row of a task that is not gone, −1 if there is none. */
  find(id: string): number {
    const integer = spelledInteger(id);
    if (integer >= 0) {
      for (const { factory, firstRow, count } of this.segments) {
        if (factory === undefined) continue;
        const index = integer - factory.firstTaskId;
        if (index >= 0 && index < count && !this.isGone(firstRow + index)) return firstRow + index;
      }
    }
    return this.given?.ids.find(id) ?? -1;
  }

  /** Whether an id of the integers `first … first + count − 1` is taken; which, or −1. */
  findIntegerIn(first: number, count: number): number {
    for (const { factory, firstRow, count: held } of this.segments) {
      if (factory === undefined) continue;
      const from = Math.max(first, factory.firstTaskId);
      const to = Math.min(first + count, factory.firstTaskId + held);
      for (let integer = from; integer < to; integer++) {
        if (!this.isGone(firstRow + integer - factory.firstTaskId)) return integer;
      }
    }
    for (const { factory, firstRow, count: held } of this.segments) {
      if (factory !== undefined) continue;
      for (let row = firstRow; row < firstRow + held; row++) {
        if (this.isGone(row)) continue;
        const integer = this.integerOf(row);
        if (
          integer >= first &&
          integer < first + count &&
          idKey(this.idOf(row)) === String(integer)
        ) {
          return integer;
        }
      }
    }
    return -1;
  }

  isGone(row: number): boolean {
    return (this.rows.get(row, Word.flags) & stateMask) === TaskState.gone;
  }

  /** Whether the task lets those go on that depend on it, as it is now. */
  satisfies(row: number): boolean {
    const flags = this.rows.get(row, Word.flags);
    if ((flags & stateMask) !== TaskState.completed) return false;
    if (!this.hasExitConditions) return (flags & Flag.success) !== 0;
    return this.exitOptionsOf(row).dependencyAction === 'satisfy';
  }

  /** What the end of a completed task means (semantics §3.7). */
  exitOptionsOf(row: number): Required<ExitOptions> {
    const flags = this.rows.get(row, Word.flags);
    const hasExitCode = (flags & Flag.hasExitCode) !== 0;
    return exitOptionsOf(
      this.limitsOf(row).exitConditions,
      (flags & failureMask) >>> failureShift,
      hasExitCode ? this.rows.get(row, Word.runOrExitCode) : undefined,
    );
  }

  rareOf(row: number): RareTaskFacts | undefined {
    return this.#rare?.get(row);
  }

  keepRare(row: number, facts: RareTaskFacts): void {
    this.#rare ??= new Map();
    this.#rare.set(row, facts);
  }

  dropRare(row: number): void {
    this.#rare?.delete(row);
  }

  /** By row. */
  allRare(): [row: number, facts: RareTaskFacts][] {
    return [...(this.#rare ?? [])].sort(([a], [b]) => a - b);
  }

  /** Made if need be. */
  rareFacts(row: number): RareTaskFacts {
    let facts = this.rareOf(row);
    if (facts === undefined) {
      facts = {};
      this.keepRare(row, facts);
      this.rows.touch(row)[this.rows.offset(row) + Word.flags]! |= Flag.rare;
    }
    return facts;
  }

  readyClass(slots: number, instances: number = 0): ReadyClass {
    let at = 0;
    while (at < this.classes.length && isBefore(this.classes[at]!, slots, instances)) at++;
    const found = this.classes[at];
    if (found?.slots === slots && found.instances === instances) return found;
    const place = this.#classes.add(this.number, slots, this.creationTime);
    const made = new ReadyClass(place, slots, instances);
    this.classes.splice(at, 0, made);
    this.watch();
    return made;
  }

  readyClassOf(row: number): ReadyClass {
    const { requiredSlots, instances } = this.limitsOf(row);
    return this.readyClass(requiredSlots, instances);
  }

  /** The class of this place in the table. */
  classAt(place: number): ReadyClass {
    return this.classes.find(({ at }) => at === place)!;
  }

  /** Takes tasks, and keeps those that wait in their places (semantics §2.4). */
  get isOpen(): boolean {
    return openStates.has(this.state);
  }

  /** The ends of its tasks are looked at closely from now on, or need not be any more. */
  watch(): void {
    const { maxParallelTasks, onTaskFailure, jobPreparationTask } = this.specification;
    const counted = maxParallelTasks !== undefined;
    const watched =
      counted ||
      onTaskFailure !== undefined ||
      this.dependencies !== undefined ||
      this.jobManager !== undefined ||
      this.state !== 'active';
    const careful = jobPreparationTask !== undefined || this.jobManager?.waits !== undefined;
    const flags =
      (watched ? ClassFlag.watched : 0) |
      (counted ? ClassFlag.counted : 0) |
      (careful ? ClassFlag.careful : 0);
    const { words } = this.#classes;
    for (const { at } of this.classes) {
      if (careful) this.#classes.closePiece(at);
      words[at + Class.flags] =
        (words[at + Class.flags]! & ~(ClassFlag.watched | ClassFlag.counted | ClassFlag.careful)) |
        flags;
    }
  }

  /** As many of its tasks run as may at a time (semantics §3.1). */
  get isFull(): boolean {
    const { maxParallelTasks } = this.specification;
    if (maxParallelTasks === undefined) return false;
    const running = this.classes.reduce((sum, { at }) => sum + this.#classes.running(at), 0);
    return running >= maxParallelTasks;
  }

  /** So many tasks of this size are there that were not. */
  count({ requiredSlots, instances }: TaskLimits, tasks: number): void {
    const { at } = this.readyClass(requiredSlots, instances);
    this.#classes.words[at + Class.total]! += tasks;
  }

  get hasRuns(): boolean {
    return this.classes.some(({ at }) => this.#classes.running(at) > 0);
  }

  get allCompleted(): boolean {
    return this.classes.every(({ at }) => this.#classes.unfinished(at) === 0);
  }

  /** Tasks that are queued to be placed. */
  get live(): number {
    const manager = this.jobManager?.waits === undefined ? 0 : 1;
    return this.classes.reduce((live, { at }) => live + this.#classes.live(at), manager);
  }

  get tasks(): TaskTally {
    return this.#tally(() => 1);
  }

  /** The same in slots. */
  get slots(): TaskTally {
    return this.#tally(({ slots }) => slots);
  }

  /** As autoscale counts tasks: a multi-instance one is as many as it has instances (ruling 34). */
  get instances(): TaskTally {
    return this.#tally(weightOf);
  }

  /** The same of those that are queued to be placed. */
  get liveInstances(): number {
    return this.classes.reduce(
      (live, ready) => live + weightOf(ready) * this.#classes.live(ready.at),
      0,
    );
  }

  /** Since it was made, those of tasks included that are gone or active again: it never falls (semantics §6.5). */
  get completions(): TaskCompletions {
    const { unfinished, running, succeeded, failed } = this.instances;
    const expired = this.expiredAt === undefined ? 0 : unfinished - running;
    const { undone } = this;
    return {
      succeeded: succeeded + undone.succeeded,
      failed: failed + expired + undone.failed,
    };
  }

  #tally(weight: (ready: ReadyClass) => number): TaskTally {
    const tally = { unfinished: 0, running: 0, succeeded: 0, failed: 0 };
    const { words } = this.#classes;
    for (const ready of this.classes) {
      const { at } = ready;
      tally.unfinished += weight(ready) * this.#classes.unfinished(at);
      tally.running += weight(ready) * this.#classes.running(at);
      tally.succeeded += weight(ready) * words[at + Class.succeeded]!;
      tally.failed += weight(ready) * words[at + Class.failed]!;
    }
    return tally;
  }

  /** Appends the rows of a factory. */
  addFactory(factory: TaskFactory, count: number, creationTime: number): Segment {
    const segment = factorySegment(this.rowCount, count, creationTime, factory);
    this.segments.push(segment);
    this.rowCount += count;
    if (factory.repeatTask.exitConditions !== undefined) this.hasExitConditions = true;
    this.count(segment.limits!, count);
    return segment;
  }

  /** Appends the row of one task. */
  addTask(task: TaskSpecification, creationTime: number): number {
    const row = this.rowCount++;
    const last = this.segments.at(-1);
    if (last !== undefined && last.factory === undefined) last.count++;
    else
      this.segments.push({
        firstRow: row,
        count: 1,
        creationTime,
        waiting: false,
        endedWaiting: 0,
        written: true,
      });
    this.given ??= new GivenTasks(this.rows);
    if (task.exitConditions !== undefined) this.hasExitConditions = true;
    const { id, commandLine, dependsOn } = task;
    const template = this.given.internTemplate(task);
    this.count(this.given.add(row, { id, commandLine, template, creationTime, dependsOn }), 1);
    return row;
  }
}

/** Ordinary classes by slots, then those of gangs by instances. */
function isBefore(ready: ReadyClass, slots: number, instances: number): boolean {
  return ready.instances === instances ? ready.slots < slots : ready.instances < instances;
}

/** As how many tasks autoscale counts one of the class (ruling 34). */
function weightOf({ instances }: ReadyClass): number {
  return Math.max(1, instances);
}

/** How many tasks have completed, and how (semantics §6.5). */
export interface TaskCompletions {
  succeeded: number;
  failed: number;
}

/** Tasks by state. */
export interface TaskTally {
  /** Those that are not completed, the running among them. */
  unfinished: number;
  running: number;
  succeeded: number;
  failed: number;
}

export function factorySegment(
  firstRow: number,
  count: number,
  creationTime: number,
  factory: TaskFactory,
): Segment {
  return {
    firstRow,
    count,
    creationTime,
    factory,
    limits: limitsOf(factory.repeatTask),
    waiting: false,
    endedWaiting: 0,
    written: false,
  };
}
