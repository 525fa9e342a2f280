import type { EffectBatch, Report } from '@berth/core';
import type { BlobStore, Secrets, Transfers } from '@berth/storage';
import type { ExecutorCapabilities } from './capabilities.ts';

/** What the runtime gives an executor. */
export interface ExecutorHost {
  /** A directory of the executor's own, kept across restarts. */
  readonly directory: string;
  readonly blobStore: BlobStore;
  /** Transfers of all executors, and what URLs of containers name. Absent: URLs of containers are refused. */
  readonly transfers?: Transfers;
  /**
   * What the handles in `httpUrl`s stand for: to be read when it is needed, and to go into no log, report or
   * warning.
   */
  readonly secrets: Secrets;
  /** Tells the engine. Any number per call; order is kept. */
  report(reports: readonly Report[]): void;
  /**
   * The nodes are there: to be called now and then. One that has been heard of once and then not for the
   * nodeHeartbeatTimeout (60 s) is lost, without a report of the executor's. Gives back those that are lost: they are to
   * be reported `nodeReady`, once no run is alive there of which the catalog knows nothing.
   */
  heartbeat(nodes: readonly number[]): readonly number[];
  /** There are other versions of an OS family from now on than `capabilities` says, the newest last. */
  setOSVersions(osFamily: string, versions: readonly string[]): void;
  /** Whether somebody looks at what is measured of a pool's nodes: each sample goes into the journal. Absent: yes. */
  isMeasured?(accountName: string, poolId: string): boolean;
  /** For the person who runs it: one sentence. */
  warn(message: string): void;
}

/** Where the sshd of a node listens. semantics §14.1 */
export interface RemoteLoginSettings {
  /** A name or an address. */
  remoteLoginIPAddress: string;
  remoteLoginPort: number;
}

/**
 * Carries out effects on the nodes of the pools that name it. No promise and no call per run.
 * Everything is idempotent: after a restart all effects not yet answered come once more.
 */
export interface Executor {
  /** What a pool's `executor` property calls it. */
  readonly name: string;
  /**
   * True: its nodes die with this machine, so a start needs its cause *written* only;
   * false: *synced* (design "How durable, when").
   */
  readonly onThisMachine: boolean;
  /** Where it differs from {@link defaultCapabilities}. */
  readonly capabilities?: Partial<ExecutorCapabilities>;
  open(host: ExecutorHost): Promise<void>;
  /**
   * Called once after `open`, before any `carryOut`, with all that is outstanding from an earlier life and the
   * numbers of the nodes that are there from it (none the first time; details: `outstanding.catalog`): find
   * the nodes and what still runs on them, report what ended meanwhile, and start what never started.
   */
  attach(outstanding: EffectBatch, presentNodes: readonly number[]): Promise<void>;
  /** AZ_BATCH_NODE_ROOT_DIR of a node that it has, for whoever reads a task's environment back. */
  nodeRoot?(accountName: string, poolId: string, nodeId: string): string | undefined;
  /** IP address of a node that it has, for `ipAddress` of the node. */
  nodeAddress?(accountName: string, poolId: string, nodeId: string): string | undefined;
  /** How to log in to a node that it has, with one of its accounts. Absent, `undefined`: there is no way from outside. */
  remoteLogin?(
    accountName: string,
    poolId: string,
    nodeId: string,
  ): Promise<RemoteLoginSettings | undefined>;
  /** Takes the effects of its pools; reads what it needs of the batch and its catalog before it returns. */
  carryOut(effects: EffectBatch): void;
  /** Lets go: ends idle runners, leaves running tasks running, so that a later `attach` finds them. */
  close(): Promise<void>;
}
