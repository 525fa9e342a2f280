import type { NodeMeasures } from './node-sample.ts';

/**
 * Reports: what executors tell the engine. Never refused; one that names a run or node request that is
 * over is ignored and counted. On the wire 24 bytes, plus a detail text where there is one.
 */

/** Append only: the numbers are in journals. */
export const ReportKind = {
  /** The run is over: its process exited (`exitCode`), or it failed otherwise (`failure` ≠ none). */
  runEnded: 1,
  /** The run will never report: its runner died or the node lost it. An internal rerun follows. */
  runLost: 2,
  /**
   * The node that `getNode` asked for is up, or an unknown one is back. What it ran before must be dead by
   * then: its tasks may run elsewhere (semantics §2.2).
   */
  nodeReady: 3,
  /** No word from the node for nodeHeartbeatTimeout: it is unknown, its runs are requeued. */
  nodeLost: 4,
  /** The node that `releaseNode` named is gone with all its files. */
  nodeGone: 5,
  /** The node works no more, or cannot be made to; its runs are requeued. `nodeReady` heals it if no error is given. */
  nodeUnusable: 6,
  /** A low-priority node was taken away with its files; `getNode` follows, to be answered when it is there again. */
  nodePreempted: 7,
  /** A try of the node's start task is over. Neither exit code nor failure: it was lost, and runs again. */
  startTaskEnded: 8,
  /** The node that `getNode` asked for cannot be had: the resize ends, and `releaseNode` follows (semantics §13.6). */
  allocationFailed: 9,
  /** What was measured of a node since the sample before; every 30 s is often enough (semantics §6.5, §6.6). */
  nodeSample: 10,
  /** The coordinationCommandLine of an instance of a multi-instance task has exited with 0; its run goes on. */
  coordinated: 11,
  /** A try of a preparation or release task is over. Neither exit code nor failure: it was lost, and runs again. */
  nodeTaskEnded: 12,
  /** The node that `deallocateNode` named is given up; `getNode` may ask for it again. */
  nodeDeallocated: 13,
} as const;
/** The greatest of them. */
export const lastReportKind = 13;
export type ReportKind = (typeof ReportKind)[keyof typeof ReportKind];

/**
 * Why a run failed other than by its exit code (semantics §13.4). Append only: the index is in journals.
 * `none` is the ordinary exit.
 */
export const failureCodes = [
  'none',
  'BlobNotFound',
  'BlobAccessDenied',
  'BlobDownloadTimedOut',
  'BlobDownloadMiscError',
  'ResourceDirectoryCreateFailed',
  'ResourceFileCreateFailed',
  'ResourceFileWriteFailed',
  'DiskFull',
  'CommandProgramNotFound',
  'CommandLaunchFailed',
  'FileUploadContainerNotFound',
  'FileUploadAccessDenied',
  'FileUploadMiscError',
  'ResourceContainerAccessDenied',
  'ResourceContainerListMiscError',
  'Unknown',
  'ApplicationPackageError',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** What is wrong with a node (semantics §4.5). Append only: the index is in journals. `none`: the cause is not known. */
export const nodeErrorCodes = [
  'none',
  'DiskFull',
  'ApplicationPackageError',
  'ContainerSetupError',
  'NodePreparationError',
  'NetworkBlocked',
  'Unknown',
] as const;
export type NodeErrorCode = (typeof nodeErrorCodes)[number];

/** Why a node cannot be had (semantics §13.6). Append only: the index is in journals. `none` reads as AllocationFailed. */
export const allocationErrorCodes = ['none', 'AllocationFailed', 'UnsupportedVMSize'] as const;
export type AllocationErrorCode = Exclude<(typeof allocationErrorCodes)[number], 'none'>;

export interface RunEnded {
  kind: typeof ReportKind.runEnded;
  /** Row of the run and its sequence number, as the start effect named them. */
  run: number;
  sequence: number;
  /** Signed 32 bits; a death by signal n is 128 + n. Absent: the command line was never launched. */
  exitCode?: number;
  failure?: FailureCode;
  /** What to show beside the code: which file, what the system said. */
  detail?: string;
}
export interface RunLost {
  kind: typeof ReportKind.runLost;
  run: number;
  sequence: number;
}
export interface Coordinated {
  kind: typeof ReportKind.coordinated;
  run: number;
  sequence: number;
}
export interface NodeReport {
  kind:
    | typeof ReportKind.nodeReady
    | typeof ReportKind.nodeLost
    | typeof ReportKind.nodeGone
    | typeof ReportKind.nodePreempted
    | typeof ReportKind.nodeDeallocated;
  /** Engine-wide number of the node, and the number of the request that it answers. */
  node: number;
  sequence: number;
}
export interface NodeUnusable {
  kind: typeof ReportKind.nodeUnusable;
  node: number;
  sequence: number;
  /** Absent: the cause is not known. */
  error?: Exclude<NodeErrorCode, 'none'>;
  /** What to show beside the code. */
  detail?: string;
}
export interface StartTaskEnded {
  kind: typeof ReportKind.startTaskEnded;
  node: number;
  /** As the effect named it. */
  sequence: number;
  exitCode?: number;
  failure?: FailureCode;
  detail?: string;
}
export interface AllocationFailed {
  kind: typeof ReportKind.allocationFailed;
  node: number;
  sequence: number;
  error: AllocationErrorCode;
  /** What to show beside the code. */
  detail?: string;
}
export interface NodeSample extends NodeMeasures {
  kind: typeof ReportKind.nodeSample;
  node: number;
  /** Of the latest request for the node. */
  sequence: number;
}
export interface NodeTaskEnded {
  kind: typeof ReportKind.nodeTaskEnded;
  /** As the effect named it. */
  run: number;
  sequence: number;
  exitCode?: number;
  failure?: FailureCode;
  detail?: string;
}
export type Report =
  | RunEnded
  | RunLost
  | Coordinated
  | NodeReport
  | NodeUnusable
  | StartTaskEnded
  | AllocationFailed
  | NodeSample
  | NodeTaskEnded;
