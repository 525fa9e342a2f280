/*
 * What `explain` answers: why a task does not run (or that it does), as facts.
 */

/**
 * Events that free a task from a reason, and how they come: by themselves, as reports of what runs and of
 * nodes, or only by a user's command.
 */
export const freeingEvents = {
  /** The task's own run ends. */
  taskEnds: 'byItself',
  /** The parent completes so that it satisfies what depends on it (semantics §3.6). */
  parentSatisfies: 'byItself',
  /** A task with the id is added. */
  taskAdded: 'byCommand',
  /** The failed task is reactivated (semantics §2.5), and then satisfies. */
  taskReactivated: 'byCommand',
  /** The task is deleted and added again, with a specification that can run. */
  taskReplaced: 'byCommand',
  /** The job is enabled again (semantics §2.4). */
  jobEnabled: 'byCommand',
  /** The job is given another pool, which it must be disabled for (semantics §2.4). */
  jobMoved: 'byCommand',
  /** A task of the job that runs ends. */
  jobTaskEnds: 'byItself',
  /** A pool with the id of the job's pool, and with what the task needs, is added. */
  poolAdded: 'byCommand',
  /** The pool is resized, and gets nodes (semantics §2.1). */
  poolResized: 'byCommand',
  /** The pool's autoscale formula gives it nodes (semantics §6.7). */
  poolAutoScaled: 'byItself',
  /** The resize under way ends short of its target: nodes that were to leave take tasks again (semantics §2.1). */
  resizeGivenUp: 'byItself',
  /** Scheduling is enabled on a node of the pool (semantics §2.2). */
  schedulingEnabled: 'byCommand',
  /** A node that is unusable, or whose start task has failed, is rebooted or reimaged (semantics §2.2). */
  nodeRestarted: 'byCommand',
  /** A node that is deallocated is started (semantics §2.2). */
  nodeStarted: 'byCommand',
  /** A node of the pool comes up, or is back. */
  nodeReady: 'byItself',
  /** A node that the job is barred from is reimaged (semantics §4.4). */
  nodeReimaged: 'byCommand',
  /** The preparation of the job ends on the node (semantics §8). */
  preparationEnds: 'byItself',
  /** The job manager starts (ruling 15 a). */
  jobManagerStarts: 'byItself',
  /** A run of the pool ends, whose slots are free then. */
  runEnds: 'byItself',
  /** Those that stand before the task start, or leave the queue. */
  othersStart: 'byItself',
} as const;
export type FreeingEvent = keyof typeof freeingEvents;

/** How a parent is that does not satisfy. `missing`: no task has the id. `failed`: completed, and does not satisfy. */
export type ParentState = 'missing' | 'active' | 'preparing' | 'running' | 'failed';

interface Reason<Kind extends string> {
  kind: Kind;
  /** Any of these may free the task from this reason; none: nothing does. */
  freedBy: readonly FreeingEvent[];
  /** Nothing that happens by itself ends it: a user has to do something, or nothing helps. */
  forEver: boolean;
}

/**
 * How many nodes are in which state; those that leave or start again when their tasks are done are `draining`,
 * others that run tasks and take no new ones `disabled`; of those that take tasks, ones where the preparation of the job
 * has failed are `barred`, ones that a job manager has for itself `exclusive`, and low-priority ones that a job manager
 * may not use `lowPriority`.
 */
export type NodesByState = Readonly<Record<string, number>>;

/** The task runs. */
export interface RunningReason extends Reason<'running'> {
  poolId: string;
  nodeId: string;
  startTime: string;
  /** It has been told to end, and ends when that is confirmed (ruling 33). */
  isEnding: boolean;
}

/** It has its slots, and waits for the preparation of its job on the node (semantics §8). */
export interface PreparingReason extends Reason<'preparing'> {
  poolId: string;
  nodeId: string;
  since: string;
}

/** The manager of its job has not started yet, and starts before all others (ruling 15 a). */
export interface JobManagerReason extends Reason<'jobManager'> {
  taskId: string;
}

export interface CompletedReason extends Reason<'completed'> {
  result: 'success' | 'failure';
  endTime: string;
  exitCode?: number;
  /** Code of its failureInfo. */
  failureCode?: string;
}

/** Nothing of the job starts: it is disabled, or over, or on its way there (semantics §2.4). */
export interface JobStateReason extends Reason<'jobState'> {
  state: string;
  terminateReason?: string;
}

/** It waits for a task of `dependsOn.taskIds` (semantics §3.6). */
export interface ParentReason extends Reason<'parent'> {
  /** In lower case where no task has it. */
  taskId: string;
  state: ParentState;
  /** Of one that failed. */
  failureCode?: string;
}

/** It waits for a range of `dependsOn.taskIdRanges`; told is what the lowest integer still open is like. */
export interface ParentRangeReason extends Reason<'parentRange'> {
  start: number;
  end: number;
  lowestMissing: number;
  /** Tasks whose ids stand for that integer: `4`, `04`, … */
  taskIds: readonly string[];
  /** Of the one that may satisfy first. */
  state: ParentState;
}

/** There are more open ids and ranges than the list has: {@link mostParentsListed}. */
export interface MoreParentsReason extends Reason<'moreParents'> {
  count: number;
}

/** Tasks that wait for each other in a circle, so that none of them ever starts. */
export interface CycleReason extends Reason<'cycle'> {
  /** Each waits for the next, the last one for the first. The first {@link mostIdsListed}. */
  taskIds: readonly string[];
  /** How many tasks the circle has. */
  length: number;
  /** Whether the task is one of them; if so it is the first. Otherwise it waits for them. */
  isMember: boolean;
}

/** What holds up a task further up, for which this one waits in the end. */
export interface RootCauseReason extends Reason<'rootCause'> {
  taskId: string;
  /**
   * `tooManySlots`: it needs more slots than a node of the pool has. `tooManyInstances`: it is a multi-instance task,
   * and the pool takes none, or has too few nodes for it.
   */
  cause: 'missing' | 'failed' | 'tooManySlots' | 'tooManyInstances';
  /** The tasks between, from the one that this task waits for on. The first {@link mostIdsListed}. */
  via: readonly string[];
}

/** There is no pool with the id that the job names. */
export interface NoPoolReason extends Reason<'noPool'> {
  poolId: string;
}

export interface PoolDeletingReason extends Reason<'poolDeleting'> {
  poolId: string;
}

/** The pool has no node but those that leave it for good, and asks for none. */
export interface NoNodesReason extends Reason<'noNodes'> {
  poolId: string;
  nodesByState: NodesByState;
  /** Why the last resize of the pool has ended short of its targets (semantics §13.6); absent: it has not. */
  resizeErrors?: { code: string; message: string }[];
}

/** It was made too long ago to start (semantics §3.1, rule 1). */
export interface LifetimeReason extends Reason<'lifetime'> {
  creationTime: string;
  lifetimeMs: number;
}

/** No node of the pool has as many slots. */
export interface TooManySlotsReason extends Reason<'tooManySlots'> {
  poolId: string;
  requiredSlots: number;
  taskSlotsPerNode: number;
}

/** The pool takes no multi-instance tasks: for those its nodes must reach one another, and have one slot (semantics §9). */
export interface MultiInstancePoolReason extends Reason<'multiInstancePool'> {
  poolId: string;
  enableInterNodeCommunication: boolean;
  taskSlotsPerNode: number;
}

/** Nodes take tasks, and not as many of them are free as the multi-instance task has instances (semantics §9). */
export interface TooFewFreeNodesReason extends Reason<'tooFewFreeNodes'> {
  poolId: string;
  numberOfInstances: number;
  freeNodes: number;
  nodesByState: NodesByState;
  /** As of `noNodes`. */
  resizeErrors?: { code: string; message: string }[];
}

/** The pool has nodes that may take tasks later, and none that does now. */
export interface NodesNotReadyReason extends Reason<'nodesNotReady'> {
  poolId: string;
  nodesByState: NodesByState;
  /** As of `noNodes`. */
  resizeErrors?: { code: string; message: string }[];
}

/** Nodes take tasks, and none of them has so many slots free. */
export interface NoFreeSlotsReason extends Reason<'noFreeSlots'> {
  poolId: string;
  requiredSlots: number;
  /** Of the nodes that take tasks: how many have how many slots free, the most first. */
  freeSlots: readonly { freeSlots: number; nodes: number }[];
  nodesByState: NodesByState;
  /** As of `noNodes`. */
  resizeErrors?: { code: string; message: string }[];
  /** It goes to another node than this if another has room then, else here as well (ruling 14). */
  avoidNodeId?: string;
}

/** Jobs of higher priority have ready tasks that fit where this one does: they come first (semantics §3.2). */
export interface PriorityReason extends Reason<'priority'> {
  /** Of the task's job. */
  priority: number;
  jobs: number;
  /** The first {@link mostJobsListed}, as they are served. */
  first: readonly { jobId: string; priority: number }[];
}

/** As many tasks of the job run as may at a time (semantics §3.1). */
export interface MaxParallelTasksReason extends Reason<'maxParallelTasks'> {
  maxParallelTasks: number;
  runningTasks: number;
}

/** Older jobs of equal priority have such tasks too, and the pool's jobDefaultOrder is creationtime (semantics §3.2). */
export interface OlderJobsReason extends Reason<'olderJobs'> {
  priority: number;
  jobs: number;
}

/** Jobs of equal priority have such tasks too: one task a turn (ruling 8). */
export interface TurnReason extends Reason<'turn'> {
  priority: number;
  /** The others. */
  jobs: number;
}

/** Other jobs of equal priority have such tasks too, and a policy says which is next (docs/policies.md). */
export interface JobOrderReason extends Reason<'jobOrder'> {
  priority: number;
  jobs: number;
  policy: string;
}

/** Tasks of its own job that need no more slots stand before it (semantics §3.3). */
export interface QueueReason extends Reason<'queue'> {
  /** Where it stands; unknown if the queue was not looked through so far. */
  part?: 'front' | 'middle' | 'back';
  ahead: number;
  /** False: `ahead` is what was counted until {@link mostQueueSteps}; there are at least so many. */
  isExact: boolean;
}

/**
 * Ready tasks that need another number of slots may take what gets free before it: those that need fewer wherever
 * they stand, since nothing is kept for it (ruling 9); those that need more where they come first and find enough.
 */
export interface OtherSizesReason extends Reason<'otherSizes'> {
  requiredSlots: number;
  /** Jobs with tasks that need fewer, which no other reason names: those of lower priority, and its own. */
  jobsWithSmaller: number;
  /** Jobs that have only tasks that need more, of its priority or a higher; and its own, where such stand before it. */
  jobsWithLarger: number;
}

/**
 * The same where multi-instance tasks run, of nodes in place of slots: an ordinary task needs one node, and nothing is
 * kept for one that needs more (semantics §9, rule 2).
 */
export interface OtherNodeCountsReason extends Reason<'otherNodeCounts'> {
  /** That this one needs. */
  nodes: number;
  /** Jobs with tasks that need fewer, which no other reason names: those of lower priority, and its own. */
  jobsWithFewer: number;
  /** Jobs that have only tasks that need more, of its priority or a higher; and its own, where such stand before it. */
  jobsWithMore: number;
}

export type ExplanationReason =
  | RunningReason
  | PreparingReason
  | JobManagerReason
  | CompletedReason
  | JobStateReason
  | ParentReason
  | ParentRangeReason
  | MoreParentsReason
  | CycleReason
  | RootCauseReason
  | NoPoolReason
  | PoolDeletingReason
  | NoNodesReason
  | LifetimeReason
  | TooManySlotsReason
  | NodesNotReadyReason
  | NoFreeSlotsReason
  | MaxParallelTasksReason
  | PriorityReason
  | OlderJobsReason
  | TurnReason
  | JobOrderReason
  | QueueReason
  | OtherSizesReason
  | MultiInstancePoolReason
  | TooFewFreeNodesReason
  | OtherNodeCountsReason;

/** Why a task does not run, with everything that holds it up. */
export interface TaskExplanation {
  jobId: string;
  taskId: string;
  state: string;
  /** All that hold at once: it starts when none is left. At least one. */
  reasons: readonly ExplanationReason[];
  /**
   * Present when the search among what the task waits for ended at its limit: a circle or a cause further up
   * may be missing from the reasons.
   */
  searchedEdges?: number;
}

export const mostParentsListed = 100;
export const mostIdsListed = 100;
export const mostRootCauses = 10;
export const mostJobsListed = 10;
/** Ranges of a queue, and rows among stale ones, that are looked at for a place in it. */
export const mostQueueSteps = 10_000;
/** Dependencies that are followed upwards, unless somebody asks for more. */
export const defaultSearchLimit = 100_000;

type Facts<Kind extends ExplanationReason['kind']> = Omit<
  Extract<ExplanationReason, { kind: Kind }>,
  'kind' | 'freedBy' | 'forEver'
>;

export function reason<Kind extends ExplanationReason['kind']>(
  kind: Kind,
  facts: Facts<Kind>,
  ...freedBy: FreeingEvent[]
): { kind: Kind; freedBy: readonly FreeingEvent[]; forEver: boolean } & Facts<Kind> {
  const forEver = freedBy.every((event) => freeingEvents[event] === 'byCommand');
  return { kind, ...facts, freedBy: [...new Set(freedBy)], forEver };
}
