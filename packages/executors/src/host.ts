import type { NodeDetails, NodeErrorCode } from '@berth/core';
import type { ExecutorCapabilities } from './capabilities.ts';
import type { RemoteLoginSettings } from './executor.ts';
import type { TreeFile } from './file-tree.ts';

/** One way into a FIFO of a node. */
export interface Pipe {
  /** At most {@link Host.pipeLimit} bytes, so that it arrives whole or not at all; order is kept. */
  write(text: string): void;
  close(): void;
}

/** What a host's file system must do for a node. Paths are absolute, on the host. */
export interface HostFiles {
  /**
   * A fresh, empty working directory for a run: makes `directory` and `directory/wd`; what an earlier
   * attempt left in `wd` is discarded. `claimed` (and nothing touched) if `directory/<claim>.run` exists.
   * The one step of every start: a host on this machine answers at once, without a promise.
   */
  prepareTask(directory: string, claim: string): Prepared | Promise<Prepared>;
  makeDirectory(directory: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** What is in a directory; nothing if there is no such directory. */
  list(directory: string): Promise<DirectoryEntry[]>;
  /** `undefined` if there is no such file. */
  read(file: string, offset?: number): Promise<Buffer | undefined>;
  /** Appears whole or not at all; nobody but the owner may read it. */
  write(file: string, content: string | Uint8Array): Promise<void>;
  /** Creates the file if it is not there; says whether it did. */
  create(file: string, content: string): Promise<boolean>;
  remove(file: string): Promise<void>;
  /** Out of the way at once, deleted later and not beside a start. Nothing if it is not there. */
  discard(path: string): void;
  /**
   * `fill` writes a local file that does not exist yet; it then is `path` on the host, in directories that
   * are made. A file that is there is replaced. {@link EscapeError} if symbolic links lead out of the root.
   */
  put(path: string, fill: (localFile: string) => Promise<void>): Promise<void>;
  /**
   * A copy of a file that is there, with a mode of its own; a file in its place is replaced. {@link EscapeError} as above.
   */
  copy(from: string, to: string, mode: number): Promise<void>;
  /**
   * Puts files into `path`, a directory that appears whole or not at all; what is there is discarded.
   * {@link EscapeError} as above.
   */
  putTree(path: string, files: readonly TreeFile[], signal: AbortSignal): Promise<void>;
  /** `use` gets a local file with the content of `path`. {@link EscapeError} as above. */
  get<T>(path: string, use: (localFile: string) => Promise<T>): Promise<T>;
}
export interface DirectoryEntry {
  name: string;
  /** Symbolic links are `other` if they lead to anything but a file. */
  type: 'file' | 'directory' | 'other';
}
export type Prepared = 'ready' | 'claimed';

/** A path leads out of the directory that it must stay in. */
export class EscapeError extends Error {}

/**
 * A machine, or a part of one, that is a node: a POSIX shell that takes scripts, pipes into and out of the
 * node's FIFOs, and its files.
 */
export interface Host {
  /** AZ_BATCH_NODE_ROOT_DIR */
  readonly root: string;
  /** PIPE_BUF of the host: what one write puts into a FIFO undivided. */
  readonly pipeLimit: number;
  /** What its tasks find in PATH, LANG and the like. */
  readonly environment: Readonly<Record<string, string>>;
  readonly shell: string;
  readonly files: HostFiles;
  /** It was down, and has been started again since it was last got: what its start task did is due again. */
  readonly hasRestarted?: boolean;
  /** IP address by which the other nodes of its pool reach it. Absent: there is none, and it is in no gang. */
  readonly address?: string;
  /** Processors that a task sees; for CCP_NODES. Default 1. */
  readonly cores?: number;
  /**
   * Gives a script to the host's shell, in the order of the calls, and resolves with its exit status. What
   * it starts through `session` (see runner-script.ts) outlives the connection.
   */
  run(script: string): Promise<number>;
  /** To write into a FIFO that is there. */
  openPipe(path: string): Pipe;
  /** To read from a FIFO that is there, until closed. */
  readPipe(path: string, onText: (text: string) => void): { close(): void };
  /** Whether process `pid`, started at `start` (0: unknown), is alive. */
  isAlive(pid: number, start: number): Promise<boolean>;
  /**
   * Resolves when the host cannot be reached any more, with the reason; what it was asked then rejects with
   * {@link HostLostError}. It is got again, and what runs there is found. Absent: it cannot be lost.
   */
  readonly lost?: Promise<Error>;
}

/** The connection to a host has ended, or could not be made. What it was asked may have been done or not. */
export class HostLostError extends Error {
  override readonly name: string = 'HostLostError';
}

/** Nothing runs on a host that is expected back: its node can be given up at once. */
export class HostDownError extends HostLostError {
  override readonly name: string = 'HostDownError';
}

/** There is no host left for a node: the resize of its pool ends. */
export class NoHostError extends Error {
  override readonly name = 'NoHostError';
}

/** A host will not do before somebody has done something: the node is unusable, for this reason. */
export class HostUnusableError extends Error {
  override readonly name = 'HostUnusableError';
  readonly code: Exclude<NodeErrorCode, 'none'>;
  constructor(code: Exclude<NodeErrorCode, 'none'>, message: string) {
    super(message);
    this.code = code;
  }
}

/** Something that gets and gives back hosts. The shell executor makes a complete executor of it. */
export interface HostProvider {
  /** The executor's name. */
  readonly name: string;
  readonly onThisMachine: boolean;
  /** Where its hosts differ from the default. */
  readonly capabilities?: Partial<ExecutorCapabilities>;
  /** `directory`: the executor's own. */
  open(directory: string, warn: (message: string) => void): Promise<void>;
  /**
   * The node's host, made if it is not there. Getting it twice gives the same.
   * @throws HostUnusableError if trying again would not help; NoHostError. After anything else it is tried again.
   */
  get(node: NodeDetails): Promise<Host>;
  /** Gives a host back with all its files; its runners have ended. */
  release(host: Host): Promise<void>;
  /**
   * Starts the host again, `fresh` without the node's files; resolves when it can be got again. Its runners have ended.
   * Absent: there is nothing but the runners to start again, and the files to remove.
   */
  restart?(host: Host, fresh: boolean): Promise<void>;
  /** All its hosts are one machine: what that has read, written and sent counts for one of them only. Default false. */
  readonly isOneMachine?: boolean;
  /** Whether there is, or may be, a host that is this node. Absent: there always may be. */
  has?(node: NodeDetails): boolean;
  /** A node is given up whose host cannot be reached. Absent: it is awaited. */
  forsake?(node: NodeDetails): void;
  /** Where one logs in to the node's host. Absent: nowhere. */
  remoteLogin?(node: NodeDetails): Promise<RemoteLoginSettings | undefined>;
  /** Discards `directory` (relative to the root) of every node of a pool of an account. */
  discard(accountName: string, poolId: string, directory: string): void;
  close(): Promise<void>;
}
