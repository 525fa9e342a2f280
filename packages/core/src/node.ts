import type { NodeState } from './machines.ts';
import type { NodeTable } from './node-table.ts';
import { NodeWord } from './node-table.ts';

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
  /** Of its runs: one row per slot. */
  readonly firstRun: number;
  state: NodeState;
  stateTransitionTime: number;
  previousState: NodeState | undefined;
  previousStateTransitionTime: number | undefined;
  lastBootTime: number | undefined;
  /** Of the request (get, release) that its next report answers. */
  sequence: number;
  freeSlots: number;
  runningTasksCount: number;
  nextRun: number;
  totalTasksRun: number;
  totalTasksSucceeded: number;
}

/** A compute node (semantics §1.3). What a start or an end changes is in the table of nodes. */
export class Node {
  readonly number: number;
  readonly pool: number;
  readonly poolId: string;
  readonly ordinal: number;
  readonly allocationTime: number;
  readonly firstRun: number;
  state: NodeState;
  stateTransitionTime: number;
  previousState: NodeState | undefined;
  previousStateTransitionTime: number | undefined;
  lastBootTime: number | undefined;
  sequence: number;
  readonly #table: NodeTable;

  constructor(table: NodeTable, record: NodeRecord) {
    this.#table = table;
    this.number = record.number;
    this.pool = record.pool;
    this.poolId = record.poolId;
    this.ordinal = record.ordinal;
    this.allocationTime = record.allocationTime;
    this.firstRun = record.firstRun;
    this.state = record.state;
    this.stateTransitionTime = record.stateTransitionTime;
    this.previousState = record.previousState;
    this.previousStateTransitionTime = record.previousStateTransitionTime;
    this.lastBootTime = record.lastBootTime;
    this.sequence = record.sequence;
    table.reach(this.number);
    table.set(this.number, NodeWord.pool, record.pool);
    table.set(this.number, NodeWord.ordinal, record.ordinal);
    table.set(this.number, NodeWord.freeSlots, record.freeSlots);
    table.set(this.number, NodeWord.runningTasks, record.runningTasksCount);
    table.set(this.number, NodeWord.nextRun, record.nextRun);
    table.set(this.number, NodeWord.totalTasksRun, record.totalTasksRun);
    table.set(this.number, NodeWord.totalTasksSucceeded, record.totalTasksSucceeded);
  }

  get freeSlots(): number {
    return this.#table.get(this.number, NodeWord.freeSlots);
  }
  get runningTasksCount(): number {
    return this.#table.get(this.number, NodeWord.runningTasks);
  }
  get totalTasksRun(): number {
    return this.#table.get(this.number, NodeWord.totalTasksRun);
  }
  get totalTasksSucceeded(): number {
    return this.#table.get(this.number, NodeWord.totalTasksSucceeded);
  }

  record(): NodeRecord {
    return {
      ...this,
      freeSlots: this.freeSlots,
      runningTasksCount: this.runningTasksCount,
      nextRun: this.#table.get(this.number, NodeWord.nextRun),
      totalTasksRun: this.totalTasksRun,
      totalTasksSucceeded: this.totalTasksSucceeded,
    };
  }
}

export function nodeId(node: Node): string {
  return `node-${node.ordinal}`;
}

/** The nodes of a pool, by ordinal. */
export class NodeList {
  readonly #nodes: (Node | undefined)[] = [];
  /** By ordinal too: placement needs no more of a node. */
  #numbers = new Int32Array(16);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  number(ordinal: number): number {
    return this.#numbers[ordinal]!;
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
  }

  delete(node: Node): void {
    this.#nodes[node.ordinal] = undefined;
    this.#size--;
  }

  *[Symbol.iterator](): IterableIterator<Node> {
    for (const node of this.#nodes) if (node !== undefined) yield node;
  }
}
