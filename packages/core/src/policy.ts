import type { JobSpecification, PoolSpecification } from './specification.ts';

/*
 * What may be decided otherwise without breaking a rule (extension): which of the nodes with room takes a task
 * (semantics §3.4), and whose turn it is among jobs of equal priority (semantics §3.2).
 */

/** A node with room for the task. */
export interface CandidateNode {
  /** The n of `node-<n>`. */
  readonly number: number;
  readonly usedSlots: number;
  /** `taskSlotsPerNode` of its pool. */
  readonly totalSlots: number;
  /** False: low-priority. */
  readonly isDedicated: boolean;
}

/** What is known of the task that is placed: that of its class, the tasks of one job that need as many slots. */
export interface TaskToPlace {
  readonly pool: Readonly<PoolSpecification>;
  readonly job: Readonly<JobSpecification>;
  readonly requiredSlots: number;
}

/**
 * Which node takes a task. Asked where neither the node that the task has left (ruling 14) nor its affinity has
 * decided: the first is among the candidates only if there is no other.
 *
 * Pure: the same question has the same answer, on every machine and whenever it is asked.
 */
export interface PlacementPolicy {
  /** Kept with the state, so that a history goes on only under the policies that it began with. */
  readonly name: string;
  /** The number of one of the nodes. There is at least one; they come by number. */
  choose(nodes: readonly CandidateNode[], task: TaskToPlace): number;
}

/** A job with a task that fits a node. */
export interface CandidateJob {
  /** Jobs count up as they are created. */
  readonly number: number;
  readonly job: Readonly<JobSpecification>;
  /** Milliseconds since the epoch. */
  readonly creationTime: number;
  readonly readyTasks: number;
  readonly runningTasks: number;
}

export interface JobTurn {
  readonly pool: Readonly<PoolSpecification>;
  /** Number of the job of this priority that was served last here, −1: none yet. It need not be a candidate. */
  readonly lastServed: number;
}

/**
 * Which job is served next among those of one priority: a higher one is always served first. Pure, as
 * {@link PlacementPolicy} is.
 */
export interface JobOrderPolicy {
  readonly name: string;
  /** The number of one of the jobs. There is at least one; they come by creation. */
  choose(jobs: readonly CandidateJob[], turn: JobTurn): number;
}

/** What is given stands in every pool, in place of its `taskSchedulingPolicy`. */
export interface Policies {
  /** Default: `nodeFillType` of the pool. */
  placement?: PlacementPolicy;
  /** Default: `jobDefaultOrder` of the pool. */
  jobOrder?: JobOrderPolicy;
}

/** Absent: that of each pool. */
export interface PolicyNames {
  placement?: string;
  jobOrder?: string;
}

/** The node with the fewest used slots, the lower number of equals. */
export const spread: PlacementPolicy = {
  name: 'spread',
  choose: (nodes) =>
    nodes.reduce((best, node) => (node.usedSlots < best.usedSlots ? node : best)).number,
};

/** The node with the most used slots, the lower number of equals. */
export const pack: PlacementPolicy = {
  name: 'pack',
  choose: (nodes) =>
    nodes.reduce((best, node) => (node.usedSlots > best.usedSlots ? node : best)).number,
};

/** `jobDefaultOrder` none: jobs take turns, by creation (ruling 8). */
export const roundRobin: JobOrderPolicy = {
  name: 'roundrobin',
  choose: (jobs, { lastServed }) =>
    (jobs.find(({ number }) => number > lastServed) ?? jobs[0]!).number,
};

/** The older job first. */
export const creationTime: JobOrderPolicy = {
  name: 'creationtime',
  choose: (jobs) => jobs[0]!.number,
};
