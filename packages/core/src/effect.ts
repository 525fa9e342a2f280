import type { PackageInstall, ResolvedPackage } from './application-references.ts';
import type { CertificateInstall } from './node-install.ts';
import type { NodeSize } from './node-size.ts';
import type { NodeUser } from './node-user.ts';
import type {
  EnvironmentSetting,
  JobNetworkConfiguration,
  MultiInstanceSettings,
  OutputFile,
  PoolSpecification,
  ResourceFile,
} from './specification.ts';
import type { RunUser } from './user-identity.ts';

/** Append only: the numbers are in encoded effects. */
export const EffectKind = {
  /** Provide node `node` (details: {@link EffectCatalog.node}); answer `nodeReady` with the sequence. */
  getNode: 1,
  /** Give node `node` back, with all its files; answer `nodeGone` with the sequence. */
  releaseNode: 2,
  /** Start run (`run`, `sequence`) on `node` (details: {@link EffectCatalog.run}); answer `runEnded` or `runLost`. */
  startRun: 3,
  /** End run (`run`, `sequence`) on `node` with its whole process tree; it still answers `runEnded`. */
  killRun: 4,
  /** Remove the directory of task `taskId` of job `jobId` from every node of the pool that has it. No answer. */
  removeTaskFiles: 5,
  /** Remove the directories of all tasks of job `jobId`, or of all jobs of the schedule of that id. No answer. */
  removeJobFiles: 6,
  /** Start node `node` again, with its files; what ran there must be dead. Answer `nodeReady` with the sequence. */
  rebootNode: 7,
  /** The same with a fresh system and without any of its files. */
  reimageNode: 8,
  /**
   * Run the start task of node `node` (details: {@link EffectCatalog.startTask}); answer `startTaskEnded` with the
   * sequence. A reboot, reimage or release of the node ends it without an answer.
   */
  runStartTask: 9,
  /**
   * All instances of a multi-instance task have coordinated: its primary (`run`, `sequence`), which goes on with its
   * run, gets the resourceFiles of the task and runs its commandLine. Answer `runEnded` or `runLost`, as to the start.
   */
  startPrimary: 10,
  /**
   * Run the preparation task of a job on node `node`, or its release task (details: {@link EffectCatalog.nodeTask}):
   * `run` names the job on the node. Answer `nodeTaskEnded` with both numbers. A reboot, reimage or release of the
   * node ends it without an answer.
   */
  runJobPreparation: 11,
  runJobRelease: 12,
  /** End that (`run`, `sequence`) with its whole process tree; it still answers `nodeTaskEnded`. */
  killNodeTask: 13,
  /** The accounts of node `node` are those of {@link EffectCatalog.nodeUsers}, and no others any more. No answer. */
  setNodeUsers: 14,
  /**
   * Give node `node` up for a while, with all its files and processes; answer `nodeDeallocated` with the sequence.
   * `getNode` may follow for the same node.
   */
  deallocateNode: 15,
} as const;
export type EffectKind = (typeof EffectKind)[keyof typeof EffectKind];

/** Why a run is killed: after a wall clock output files are still uploaded, else not (semantics §5). */
export type KillReason = 'wallClock' | 'ended';

/** What a node is, for who provides it. */
export interface NodeDetails {
  accountName: string;
  poolId: string;
  /** `node-<n>` */
  nodeId: string;
  /** Of the latest request for it, which reports about it name. */
  sequence: number;
  /** False: low-priority. */
  isDedicated: boolean;
  /** What it is to run, in pools with a `cloudServiceConfiguration`. */
  osVersion?: string;
  pool: PoolSpecification;
  /** What its `vmSize` is in the account. Absent: all that there is, as of `local`. */
  nodeSize?: NodeSize;
  /**
   * To be installed before anything else, and so before `nodeReady` is reported; one that cannot be makes the node
   * `nodeUnusable` with `NodePreparationError`. A node that starts again has no others. What they are is in secrets.
   */
  certificates: readonly CertificateInstall[];
  /**
   * To be installed, in this order, before `nodeReady` is reported and so before its start task and any task; one that
   * cannot be makes the node `nodeUnusable` with `ApplicationPackageError`. After a reboot what was there before may
   * stay. Their directories are in the environment of every task of the node (`applicationPackageVariable`).
   */
  applicationPackages: readonly ResolvedPackage[];
  /** It was said to be lost: what still runs there must be dead before `nodeReady` (semantics §2.2). */
  isLost: boolean;
}

/** What a run is, computed from the task's row when somebody asks. */
export interface RunDetails {
  poolId: string;
  nodeId: string;
  jobId: string;
  taskId: string;
  commandLine: string;
  resourceFiles: readonly ResourceFile[];
  outputFiles: readonly OutputFile[];
  /** Common settings of the job, then the task's: the later wins. Without system variables. */
  environmentSettings: readonly EnvironmentSetting[];
  accountName: string;
  /**
   * To be installed before the command line is launched, unless the node has them; absent: nothing. With an `error`, or
   * where one cannot be installed, the run fails with `ApplicationPackageError` and is never launched.
   */
  applicationPackages?: PackageInstall;
  /** Of an instance of a multi-instance task; absent: it is none. */
  multiInstance?: MultiInstanceDetails;
  /** Of the job, if it has a preparation task: tasks may use its directory (ruling 28). */
  jobPreparationTaskId?: string;
  /**
   * Who runs it. With an `error`, or where the executor cannot run it as that user, it fails with `CommandLaunchFailed`
   * and is never launched.
   */
  user?: RunUser;
  /** Of the job; an executor that cannot give it that network fails the run in the same way. */
  networkConfiguration?: JobNetworkConfiguration;
}

/** What a preparation or release task is: as a run, in a directory of its own id. */
export interface NodeTaskDetails extends Omit<RunDetails, 'outputFiles' | 'multiInstance'> {
  kind: 'jobPreparation' | 'jobRelease';
}

/**
 * What an instance of a multi-instance task does first (semantics §9): it gets the commonResourceFiles in the directory
 * of the task, runs the coordinationCommandLine, and answers `coordinated` when that has exited with 0, `runEnded`
 * otherwise. What else its run's details say is the primary's, and only when `startPrimary` comes.
 */
export interface MultiInstanceDetails extends MultiInstanceSettings {
  /** 0: the primary. */
  instance: number;
  /** Of all instances, in their order. */
  nodeIds: readonly string[];
}

/** What a start task is. It runs in the startup directory of the node (semantics §4.1). */
export interface StartTaskDetails {
  poolId: string;
  nodeId: string;
  commandLine: string;
  resourceFiles: readonly ResourceFile[];
  environmentSettings: readonly EnvironmentSetting[];
  accountName: string;
  /** As that of a run. */
  user?: RunUser;
}

/** What to remove from all nodes of a pool; without `taskId` of a whole job, or of all jobs of a schedule. */
export interface Removal {
  accountName: string;
  poolId: string;
  jobId: string;
  taskId?: string;
}

/** Answers about the subjects of effects; valid until the next `apply`. */
export interface EffectCatalog {
  node(node: number): NodeDetails;
  /** For logging in to the node; what is secret of them is a mark. */
  nodeUsers(node: number): readonly NodeUser[];
  /** `undefined` if the run is over by now. */
  run(run: number, sequence: number): RunDetails | undefined;
  /** `undefined` if the try is over by now. */
  startTask(node: number, sequence: number): StartTaskDetails | undefined;
  /** `undefined` if the try is over by now. */
  nodeTask(run: number, sequence: number): NodeTaskDetails | undefined;
}

/**
 * The effects of one `apply`, in the order in which they must be carried out: typed rows, no object per
 * effect. Each names its subject and a sequence number, so that doing it twice is doing it once.
 */
export interface EffectBatch {
  readonly length: number;
  kind(index: number): EffectKind;
  /** Engine-wide number of the node; −1 for removals. */
  node(index: number): number;
  /** Row of the run, or the number of the job on the node; −1 where there is none. */
  run(index: number): number;
  sequence(index: number): number;
  /** True: the input that caused it must be synced before this leaves; false: written is enough. */
  mustSync(index: number): boolean;
  killReason(index: number): KillReason;
  /** What to remove; for removals only. */
  removal(index: number): Removal;
  readonly catalog: EffectCatalog;
}
