import type { AllocationState, PoolState } from './machines.ts';
import type { Node } from './node.ts';
import { OrderedSet } from './ordered-set.ts';
import type { PoolSpecification } from './specification.ts';

export const priorityCount = 2001;

/** Priorities by rank: 0 is the highest (1000), 2000 the lowest. */
export function rankOf(priority: number): number {
  return 1000 - priority;
}

/**
 * The jobs that may start a task of one slot size now, by priority: only these are looked at, so that jobs
 * which are blocked or empty cost nothing.
 */
export class JobRing {
  readonly slots: number;
  /** Ranks that have jobs. */
  readonly ranks: OrderedSet = new OrderedSet();
  /** By rank; made at its full length, since V8 turns sparse arrays into dictionaries. */
  readonly #jobs: (OrderedSet | undefined)[] = new Array<undefined>(priorityCount).fill(undefined);

  constructor(slots: number) {
    this.slots = slots;
  }

  add(rank: number, job: number): void {
    let jobs = this.#jobs[rank];
    if (jobs === undefined) {
      jobs = new OrderedSet();
      this.#jobs[rank] = jobs;
    }
    jobs.add(job);
    this.ranks.add(rank);
  }

  delete(rank: number, job: number): void {
    const jobs = this.#jobs[rank];
    if (jobs?.delete(job) === true && jobs.size === 0) {
      this.ranks.delete(rank);
      this.#jobs[rank] = undefined;
    }
  }

  /** Jobs of a rank in the order of their creation. */
  jobs(rank: number): OrderedSet | undefined {
    return this.#jobs[rank];
  }
}

/** A pool with the indexes that placement needs (semantics §1.2, §3). */
export class Pool {
  readonly number: number;
  readonly specification: PoolSpecification;
  readonly creationTime: number;
  state: PoolState = 'active';
  stateTransitionTime: number;
  previousState: PoolState | undefined;
  previousStateTransitionTime: number | undefined;
  allocationState: AllocationState = 'steady';
  allocationStateTransitionTime: number;
  /** Those it has now, by ordinal. */
  readonly nodes: Map<number, Node> = new Map();
  nextOrdinal = 1;
  nodesCreating = 0;
  /** Whether it is in the world's list of pools to place in. */
  stirred = false;
  /** Ordinals of nodes that take tasks, by free slots. */
  readonly byFreeSlots: OrderedSet[] = [];
  /** Numbers of free slots that some node has. */
  readonly freeLevels: OrderedSet = new OrderedSet();
  /** One per slot size in use, ascending. */
  readonly rings: JobRing[] = [];
  /** Number of the job that was served last, by rank; −1: none yet (ruling 8). */
  readonly cursors: Int32Array = new Int32Array(priorityCount).fill(-1);

  constructor(number: number, specification: PoolSpecification, creationTime: number) {
    this.number = number;
    this.specification = specification;
    this.creationTime = creationTime;
    this.stateTransitionTime = creationTime;
    this.allocationStateTransitionTime = creationTime;
    for (let free = 0; free <= specification.taskSlotsPerNode; free++) {
      this.byFreeSlots.push(new OrderedSet());
    }
  }

  /** The node takes tasks from now on. */
  offer(node: Node): void {
    this.byFreeSlots[node.freeSlots]!.add(node.ordinal);
    this.freeLevels.add(node.freeSlots);
  }

  /** The node takes no tasks any more. */
  withdraw(node: Node): void {
    const level = this.byFreeSlots[node.freeSlots]!;
    level.delete(node.ordinal);
    if (level.size === 0) this.freeLevels.delete(node.freeSlots);
  }

  ring(slots: number): JobRing {
    let at = 0;
    while (at < this.rings.length && this.rings[at]!.slots < slots) at++;
    const found = this.rings[at];
    if (found?.slots === slots) return found;
    const ring = new JobRing(slots);
    this.rings.splice(at, 0, ring);
    return ring;
  }
}
