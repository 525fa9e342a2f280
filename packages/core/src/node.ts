import type { NodeState } from './machines.ts';
import type { NodeInstall } from './node-install.ts';
import type { NodeMeasured } from './node-sample.ts';
import type { NodeTable } from './node-table.ts';
import { NodeWord } from './node-table.ts';
import type { NodeUsers } from './node-user.ts';
import type { FailuresOfMinute } from './recent-failures.ts';
import type { RecentStarts } from './recent-starts.ts';
import type { NodeErrorCode } from './report.ts';
import type { RunTable } from './run-table.ts';
import type { StartTaskRun } from './start-task.ts';

/** semantics §4.5 */
export interface NodeError {
  code: NodeErrorCode;
  message: string;
}

/** What is said of a node when it is made, and in snapshots. */
export interface NodeRecord {
  /** Engine-wide, never used again. */
  readonly number: number;
  /** Number of its pool; a pool that is gone keeps its nodes' entries, since tasks name their last node. */
  readonly pool: number;
  readonly poolId: string;
  /** The n of `node-<n>`. */
  readonly ordinal: number;
  readonly allocationTime: number;
  /** False: low-priority. */
  readonly isDedicated: boolean;
  /** Of its runs: one row per slot. */
  readonly firstRun: number;
  state: NodeState;
  stateTransitionTime: number;
  previousState: NodeState | undefined;
  previousStateTransitionTime: number | undefined;
  lastBootTime: number | undefined;
  /** What it runs, in pools that have an OS version. */
  osVersion: string | undefined;
  /** When what runs there is put back to the queue, unless the node is heard of before (semantics §2.2). */
  givenUpAt: number | undefined;
  /** Absent: it was given none since it was made or reimaged. */
  users: NodeUsers | undefined;
  /** Of the request (get, release) that its next report answers. */
  sequence: number;
  /** Kept through boots (semantics §2.2). */
  schedulingState: 'enabled' | 'disabled';
  /** What it does as soon as its tasks are done; it takes no new ones until then. */
  pending: 'remove' | 'reboot' | 'reimage' | 'deallocate' | undefined;
  /** That waits for the files of tasks as well (retained-data.ts). */
  retains: boolean;
  /** When it is looked at for that again; ms since the epoch. */
  filesUntil: number | undefined;
  /** Since when it has had the disk that it has. */
  diskSince: number;
  /** A job manager has it for itself: it takes no tasks (semantics §3.1, rule 6). */
  isExclusive: boolean;
  /** Why it is unusable, where that is known. */
  errors: NodeError[];
  /** Of its latest boot. */
  startTask: StartTaskRun | undefined;
  /** What it has, or is getting, since it was last asked for. */
  install: NodeInstall | undefined;
  /** What its executor has said of its resources. */
  measured: NodeMeasured | undefined;
  /** By minute, the last last. */
  failures: FailuresOfMinute[];
  /** What it has started last, as {@link RecentStarts.record} says. */
  recentStarts: number[];
  slots: number;
  freeSlots: number;
  nextRun: number;
  succeeded: number;
  otherwiseEnded: number;
}

/** The tables of the world in which a node keeps its hot words and its runs. */
export interface NodeTables {
  readonly nodeTable: NodeTable;
  readonly recentStarts: RecentStarts;
  readonly runs: RunTable;
}

/** A compute node (semantics §1.3). What a start or an end changes is in the table of nodes. */
export class Node {
  readonly number: number;
  readonly pool: number;
  readonly poolId: string;
  readonly ordinal: number;
  readonly allocationTime: number;
  readonly isDedicated: boolean;
  readonly firstRun: number;
  state: NodeState;
  stateTransitionTime: number;
  previousState: NodeState | undefined;
  previousStateTransitionTime: number | undefined;
  lastBootTime: number | undefined;
  osVersion: string | undefined;
  givenUpAt: number | undefined;
  users: NodeUsers | undefined;
  sequence: number;
  schedulingState: NodeRecord['schedulingState'];
  pending: NodeRecord['pending'];
  retains: boolean;
  filesUntil: number | undefined;
  diskSince: number;
  isExclusive: boolean;
  errors: NodeError[];
  startTask: StartTaskRun | undefined;
  install: NodeInstall | undefined;
  measured: NodeMeasured | undefined;
  failures: FailuresOfMinute[];
  readonly #table: NodeTable;
  readonly #recentStarts: RecentStarts;
  readonly #runs: RunTable;

  constructor({ nodeTable, recentStarts, runs }: NodeTables, record: NodeRecord) {
    this.#table = nodeTable;
    this.#recentStarts = recentStarts;
    this.#runs = runs;
    this.number = record.number;
    this.pool = record.pool;
    this.poolId = record.poolId;
    this.ordinal = record.ordinal;
    this.allocationTime = record.allocationTime;
    this.isDedicated = record.isDedicated;
    this.firstRun = record.firstRun;
    this.state = record.state;
    this.stateTransitionTime = record.stateTransitionTime;
    this.previousState = record.previousState;
    this.previousStateTransitionTime = record.previousStateTransitionTime;
    this.lastBootTime = record.lastBootTime;
    this.osVersion = record.osVersion;
    this.givenUpAt = record.givenUpAt;
    this.users = record.users;
    this.sequence = record.sequence;
    this.schedulingState = record.schedulingState;
    this.pending = record.pending;
    this.retains = record.retains;
    this.filesUntil = record.filesUntil;
    this.diskSince = record.diskSince;
    this.isExclusive = record.isExclusive;
    this.errors = record.errors;
    this.startTask = record.startTask;
    this.install = record.install;
    this.measured = record.measured;
    this.failures = record.failures;
    nodeTable.reach(this.number);
    recentStarts.reach(this.number);
    recentStarts.restore(this.number, record.recentStarts);
    for (const word of recorded) this.#set(word, record[word]);
  }

  /** Whether tasks may be placed on it (semantics §3.1). */
  get takesTasks(): boolean {
    return (
      (this.state === 'idle' || this.state === 'running') &&
      this.schedulingState === 'enabled' &&
      this.pending === undefined &&
      !this.isExclusive
    );
  }
  get isEmpty(): boolean {
    return this.#get('freeSlots') === this.#get('slots');
  }
  get freeSlots(): number {
    return this.#get('freeSlots');
  }
  get runningTasksCount(): number {
    return [...this.runs()].length;
  }
  get totalTasksRun(): number {
    // What waits for a preparation has not been run yet.
    const started = [...this.runs()].filter((run) => !this.#runs.isPreparing(run)).length;
    return this.#get('succeeded') + this.#get('otherwiseEnded') + started;
  }
  get totalTasksSucceeded(): number {
    return this.#get('succeeded');
  }

  /** Rows of what runs on it. */
  runs(): IterableIterator<number> {
    return this.#runs.of(this.firstRun, this.#get('slots'));
  }

  record(): NodeRecord {
    return {
      ...this,
      recentStarts: this.#recentStarts.record(this.number),
      slots: this.#get('slots'),
      freeSlots: this.#get('freeSlots'),
      nextRun: this.#get('nextRun'),
      succeeded: this.#get('succeeded'),
      otherwiseEnded: this.#get('otherwiseEnded'),
    };
  }

  #get(word: keyof typeof NodeWord): number {
    return this.#table.get(this.number, NodeWord[word]);
  }

  #set(word: keyof typeof NodeWord, value: number): void {
    this.#table.set(this.number, NodeWord[word], value);
  }
}

const recorded = [
  'pool',
  'ordinal',
  'slots',
  'freeSlots',
  'nextRun',
  'succeeded',
  'otherwiseEnded',
] as const;

export function nodeId(node: Node): string {
  return `node-${node.ordinal}`;
}

/** What a task names to run near this node, in the form that Azure's have (semantics §1.3). */
export function affinityIdOf(node: Node): string {
  return `TVM:${nodeId(node)}`;
}

/** Ordinal of the node of this affinityId, −1: it is none. */
export function ordinalOfAffinity(affinityId: string): number {
  const ordinal = /^TVM:node-([1-9]\d{0,8})$/i.exec(affinityId)?.[1];
  return ordinal === undefined ? -1 : Number(ordinal);
}

/** The nodes of a pool, by ordinal. */
export class NodeList {
  readonly #nodes: (Node | undefined)[] = [];
  /** By ordinal too: placement needs no more of a node. */
  #numbers = new Int32Array(16);
  #size = 0;
  #dedicated = 0;

  get size(): number {
    return this.#size;
  }

  get dedicated(): number {
    return this.#dedicated;
  }

  get lowPriority(): number {
    return this.#size - this.#dedicated;
  }

  find(id: string): Node | undefined {
    const [, ordinal] = /^node-([1-9]\d*)$/i.exec(id) ?? [];
    return ordinal === undefined ? undefined : this.#nodes[Number(ordinal)];
  }

  number(ordinal: number): number {
    return this.#numbers[ordinal]!;
  }

  has(ordinal: number): boolean {
    return ordinal >= 0 && ordinal < this.#nodes.length && this.#nodes[ordinal] !== undefined;
  }

  add(node: Node): void {
    const { ordinal } = node;
    // Without holes, which V8 would pay for at each access.
    while (this.#nodes.length < ordinal) this.#nodes.push(undefined);
    this.#nodes[ordinal] = node;
    if (ordinal >= this.#numbers.length) {
      const larger = new Int32Array(2 * ordinal);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[ordinal] = node.number;
    this.#size++;
    if (node.isDedicated) this.#dedicated++;
  }

  delete(node: Node): void {
    this.#nodes[node.ordinal] = undefined;
    this.#size--;
    if (node.isDedicated) this.#dedicated--;
  }

  *[Symbol.iterator](): IterableIterator<Node> {
    for (const node of this.#nodes) if (node !== undefined) yield node;
  }
}
