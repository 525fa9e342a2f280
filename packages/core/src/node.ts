import type { NodeState } from './machines.ts';
import type { RunBlock } from './run-table.ts';

/**
 * A compute node (semantics §1.3). Numbers are engine-wide and never used again. What every start and end
 * touches comes first: it shares a cache line.
 */
export interface Node extends RunBlock {
  readonly number: number;
  /** Number of its pool; a pool that is gone keeps its nodes' entries, since tasks name their last node. */
  readonly pool: number;
  /** The n of `node-<n>`. */
  readonly ordinal: number;
  freeSlots: number;
  runningTasksCount: number;
  nextRun: number;
  totalTasksRun: number;
  totalTasksSucceeded: number;
  state: NodeState;
  stateTransitionTime: number;
  previousState: NodeState | undefined;
  previousStateTransitionTime: number | undefined;
  lastBootTime: number | undefined;
  /** Of the request (get, release) that its next report answers. */
  sequence: number;
  readonly firstRun: number;
  readonly poolId: string;
  readonly allocationTime: number;
}

/** Every node is made here: objects of one shape cost less to read. */
export function nodeOf(fields: Node): Node {
  return {
    number: fields.number,
    pool: fields.pool,
    ordinal: fields.ordinal,
    freeSlots: fields.freeSlots,
    runningTasksCount: fields.runningTasksCount,
    nextRun: fields.nextRun,
    totalTasksRun: fields.totalTasksRun,
    totalTasksSucceeded: fields.totalTasksSucceeded,
    state: fields.state,
    stateTransitionTime: fields.stateTransitionTime,
    // JSON has no undefined.
    previousState: fields.previousState,
    previousStateTransitionTime: fields.previousStateTransitionTime,
    lastBootTime: fields.lastBootTime,
    sequence: fields.sequence,
    firstRun: fields.firstRun,
    poolId: fields.poolId,
    allocationTime: fields.allocationTime,
  };
}

export function nodeId(node: Node): string {
  return `node-${node.ordinal}`;
}

/** The nodes of a pool, by ordinal. */
export class NodeList {
  readonly #nodes: (Node | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(ordinal: number): Node | undefined {
    return this.#nodes[ordinal];
  }

  add(node: Node): void {
    // Without holes, which V8 would pay for at each access.
    while (this.#nodes.length < node.ordinal) this.#nodes.push(undefined);
    this.#nodes[node.ordinal] = node;
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
