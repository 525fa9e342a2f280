import { GangRings } from './gang-rings.ts';
import type { TaskCompletions } from './job.ts';
import type { AllocationState, PoolState } from './machines.ts';
import { NodeList } from './node.ts';
import { NodeBuckets } from './node-buckets.ts';
import type { NodeTable } from './node-table.ts';
import { nodeBits as sharedNodeBits, NodeWord as sharedNodeWord } from './node-table.ts';
import { OrderedSet } from './ordered-set.ts';
import type { JobOrderPolicy, PlacementPolicy } from './policy.ts';
import type { PolicySet } from './policy-set.ts';
import type { Autoscale } from './pool-autoscale.ts';
import type { AllocationErrorCode } from './report.ts';
import type { PoolSpecification } from './specification.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const NodeWord = sharedNodeWord;
const nodeBits = sharedNodeBits;

/** Why a resize has ended short of its target (semantics §13.6). */
export interface ResizeError {
  code:
    | 'AllocationTimedout'
    | 'RemoveNodesFailed'
    | 'ResizeStopped'
    | 'AccountCoreQuotaReached'
    | 'AccountLowPriorityCoreQuotaReached'
    | 'CommunicationEnabledPoolReachedMaxVMCount'
    | AllocationErrorCode;
  message: string;
}

export const priorityCount = 2001;
export const noNode = -1;
export const noPool = -1;
export const notStirred = -2;

/** Priorities by rank: 0 is the highest (1000), 2000 the lowest. */
export function rankOf(priority: number): number {
  return 1000 - priority;
}

const noJobs = new OrderedSet();

/**
 * The jobs that have a ready task of a slot size or a smaller one, by priority: only these are looked at, so
 * that jobs which are blocked or empty cost nothing.
 */
export class JobRing {
  readonly slots: number;
  /** The highest priority that has jobs, {@link priorityCount} if none has. */
  firstRank: number = priorityCount;
  /** Jobs of that priority in the order of their creation. */
  firstJobs: OrderedSet = noJobs;
  /** Ranks that have jobs. */
  readonly #ranks = new OrderedSet();
  /** By rank; made at its full length, since V8 turns sparse arrays into dictionaries. */
  readonly #jobs: (OrderedSet | undefined)[] = new Array<undefined>(priorityCount).fill(undefined);

  /** `smaller`: the ring of the next smaller size, whose jobs belong here too. */
  constructor(slots: number, smaller: JobRing | undefined) {
    this.slots = slots;
    if (smaller === undefined) return;
    for (const rank of smaller.#ranks) {
      for (const job of smaller.#jobs[rank]!) this.add(rank, job);
    }
  }

  add(rank: number, job: number): void {
    let jobs = this.#jobs[rank];
    if (jobs === undefined) {
      jobs = new OrderedSet();
      this.#jobs[rank] = jobs;
    }
    if (jobs.add(job) && jobs.size === 1) {
      this.#ranks.add(rank);
      this.#lead();
    }
  }

  delete(rank: number, job: number): void {
    const jobs = this.#jobs[rank];
    if (jobs?.delete(job) === true && jobs.size === 0) {
      this.#ranks.delete(rank);
      this.#lead();
    }
  }

  has(rank: number, job: number): boolean {
    return this.#jobs[rank]?.has(job) ?? false;
  }

  /** The ranks that have jobs, the highest priority first, each with its jobs by creation. */
  *ranks(): IterableIterator<{ rank: number; jobs: OrderedSet }> {
    for (const rank of this.#ranks) yield { rank, jobs: this.#jobs[rank]! };
  }

  jobsOf(rank: number): OrderedSet | undefined {
    return this.#jobs[rank];
  }

  #lead(): void {
    const first = this.#ranks.first();
    this.firstRank = first === -1 ? priorityCount : first;
    this.firstJobs = this.#jobs[this.firstRank] ?? noJobs;
  }
}

/** A pool with the indexes that placement needs (semantics §1.2, §3). */
export class Pool {
  readonly number: number;
  /** Number of the account that it belongs to. */
  readonly account: number;
  specification: PoolSpecification;
  /** What placement asks of the specification. */
  readonly spread: boolean;
  /** Jobs of equal priority take turns; else the older one is served first, or as a policy says. */
  readonly inTurn: boolean;
  /** Those that are asked, since they are not built in. */
  readonly placement: PlacementPolicy | undefined;
  readonly jobOrder: JobOrderPolicy | undefined;
  readonly mustSync: boolean;
  readonly creationTime: number;
  lastModified: number;
  /** How often it has changed; its nodes' changes are none of its own. */
  revision = 0;
  state: PoolState = 'active';
  stateTransitionTime: number;
  previousState: PoolState | undefined;
  previousStateTransitionTime: number | undefined;
  allocationState: AllocationState = 'steady';
  allocationStateTransitionTime: number;
  /** Those it has now, by ordinal. */
  readonly nodes: NodeList = new NodeList();
  nextOrdinal = 1;
  nodesCreating = 0;
  /** Those that are leaving, or will when their tasks are done. */
  nodesLeaving = 0;
  /** When the resize under way gives up. */
  resizeDeadline: number | undefined;
  /** Why the resize under way will end short of its targets: quotas of the account. */
  quotaErrors: ResizeError[] = [];
  /** Of the last resize, while steady. */
  resizeErrors: ResizeError[] = [];
  /** While its size follows a formula. */
  autoscale: Autoscale | undefined;
  /** When enableAutoScale was last carried out. */
  enabledAutoScaleAt: number | undefined;
  /** What its nodes run, if it has an OS version. */
  currentOSVersion: string | undefined;
  /** What they are coming to, while it is upgrading. */
  nextOSVersion: string | undefined;
  /** Numbers of the jobs that name it. */
  readonly jobs: Set<number> = new Set();
  /** What it counts as completed beyond its jobs; negative: less, since they had completed it before. */
  otherCompletions: TaskCompletions = { succeeded: 0, failed: 0 };
  /** Number of the pool after it in the world's chain of pools to place in, {@link notStirred}: it is not in it. */
  stirredBefore: number = notStirred;
  /** Those that take tasks, but for the loose one. */
  readonly buckets: NodeBuckets;
  /**
   * The node that a task has just left. Most often the next task starts there at once, so it joins a bucket
   * only when placement is done with it. Its number, {@link noNode}: there is none.
   */
  loose: number = noNode;
  readonly #table: NodeTable;
  /** One per slot size in use that a node has room for, ascending. */
  readonly rings: JobRing[] = [];
  /** By free slots: the ring of the largest size that fits. */
  readonly #ringFor: (JobRing | undefined)[];
  /** Where multi-instance tasks can run (semantics §9): the jobs that have some. */
  readonly gangs: GangRings | undefined;
  /** Number of the job that was served last, by rank; −1: none yet (ruling 8). */
  readonly cursors: Int32Array = new Int32Array(priorityCount).fill(-1);

  /** Jobs that the round of placement under way has taken out of the rings, since nothing of them fits. */
  readonly aside: Set<number> = new Set();

  constructor(
    number: number,
    account: number,
    specification: PoolSpecification,
    creationTime: number,
    table: NodeTable,
    policies: PolicySet,
  ) {
    this.#table = table;
    this.number = number;
    this.account = account;
    this.specification = specification;
    this.creationTime = creationTime;
    this.lastModified = creationTime;
    this.stateTransitionTime = creationTime;
    this.allocationStateTransitionTime = creationTime;
    this.buckets = new NodeBuckets(specification.taskSlotsPerNode);
    this.#ringFor = new Array<undefined>(specification.taskSlotsPerNode + 1).fill(undefined);
    this.spread = policies.spreads(specification.taskSchedulingPolicy);
    this.inTurn = policies.takesTurns(specification.taskSchedulingPolicy);
    this.placement = policies.placement;
    this.jobOrder = policies.jobOrder;
    this.mustSync = specification.durability === 'synced';
    const { enableInterNodeCommunication, taskSlotsPerNode } = specification;
    this.gangs =
      enableInterNodeCommunication === true && taskSlotsPerNode === 1 ? new GangRings() : undefined;
  }

  /** What a node that starts anew is to run. */
  get osVersion(): string | undefined {
    return this.nextOSVersion ?? this.currentOSVersion;
  }

  /** The node takes tasks from now on. */
  offer(node: number): void {
    this.#table.set(node, NodeWord.takesTasks, 1);
    this.#join(node);
  }

  /** The node takes no tasks any more. */
  withdraw(node: number): void {
    if (this.#table.get(node, NodeWord.takesTasks) === 0) return;
    this.#table.set(node, NodeWord.takesTasks, 0);
    if (node === this.loose) this.loose = noNode;
    else this.#leave(node);
  }

  /** A node that takes tasks and has so many slots free is about to have more. */
  loosen(node: number, free: number): void {
    if (node === this.loose) return;
    if (this.loose !== noNode) this.fasten();
    if (free > 0) this.#leave(node);
    this.loose = node;
  }

  /** The loose node joins its bucket. */
  fasten(): void {
    const { loose } = this;
    if (loose === noNode) return;
    this.loose = noNode;
    this.#join(loose);
  }

  /** Whether a node, which is not the loose one, may be given a task of so many slots. */
  hasRoom(ordinal: number, slots: number): boolean {
    const free = this.#table.get(this.nodes.number(ordinal), NodeWord.freeSlots);
    return free >= slots && this.buckets.has(free, ordinal);
  }

  #join(node: number): void {
    const { words } = this.#table;
    const at = node << nodeBits;
    this.buckets.add(words[at + NodeWord.freeSlots]!, words[at + NodeWord.ordinal]!);
  }

  #leave(node: number): void {
    const { words } = this.#table;
    const at = node << nodeBits;
    this.buckets.delete(words[at + NodeWord.freeSlots]!, words[at + NodeWord.ordinal]!);
  }

  /** The ring of the jobs that have a task for so many free slots. */
  ringFor(free: number): JobRing | undefined {
    return this.#ringFor[free];
  }

  /** A job has ready tasks, the smallest of so many slots; `Infinity`: it has none, or is not to be placed. */
  setReady(job: number, rank: number, smallest: number): void {
    if (smallest <= this.specification.taskSlotsPerNode) this.#provideRing(smallest);
    for (const ring of this.rings) {
      if (ring.slots >= smallest) ring.add(rank, job);
      else ring.delete(rank, job);
    }
  }

  /** Nothing is placed here any more. */
  dropRings(): void {
    this.rings.length = 0;
    this.#ringFor.fill(undefined);
    this.gangs?.clear();
  }

  #provideRing(slots: number): void {
    let at = 0;
    while (at < this.rings.length && this.rings[at]!.slots < slots) at++;
    if (this.rings[at]?.slots === slots) return;
    this.rings.splice(at, 0, new JobRing(slots, this.rings[at - 1]));
    for (let free = 1; free < this.#ringFor.length; free++) {
      this.#ringFor[free] = this.rings.findLast((ring) => ring.slots <= free);
    }
  }
}
