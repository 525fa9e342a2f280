import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Policies } from '@berth/core';
import { BatchError } from '@berth/core';
import type { Executor } from '@berth/executors';
import { localExecutor } from '@berth/executors';
import type { BlobStore, Journal, SecretStore, StateDirectoryLock } from '@berth/storage';
import {
  acquireStateLock,
  DirectoryBlobStore,
  FileJournal,
  FileSecretStore,
  Transfers,
} from '@berth/storage';
import { Batch } from './batch.ts';
import { Runtime } from './runtime.ts';

export interface BatchOptions {
  /** Where everything is kept: journal, blobs, secrets, the nodes of this machine. Made if it is not there. */
  directory: string;
  /** Default: the local executor alone. */
  executors?: readonly Executor[];
  /**
   * Where the files of tasks live: `new AzureBlobStore({ connectionString })`, for one (docs/storage.md). Default: a
   * directory store in `directory`.
   */
  storage?: BlobStore;
  /** Files that are on their way at once, of all nodes and of {@link Batch.storage}; 1 or more. Default 8. */
  maxTransfers?: number;
  /** Default: a log in files in `directory`. */
  journal?: Journal;
  /**
   * A snapshot of the state is written after so many bytes of inputs, so that opening again takes seconds (docs/journal.md).
   * Default 64 MiB; at least as many as the snapshot before had.
   */
  snapshotAfterBytes?: number;
  /** Default: encrypted files in `directory`, with their key. */
  secretStore?: SecretStore;
  /**
   * Of the default account. Default `berth`; fixed when the directory is first opened. 1 to 64 letters, digits,
   * hyphens and underscores.
   */
  accountName?: string;
  /**
   * Where tasks are placed and whose turn it is, in place of what pools say (docs/policies.md). Fixed when the directory
   * is first opened.
   */
  policies?: Policies;
  /** A node of which nothing is heard for so long is lost, if its executor says what it hears of. Default 60,000. */
  nodeHeartbeatTimeoutMs?: number;
  /** How long a node that is lost keeps what runs there, should it come back. Default 0. semantics §2.2 */
  nodeLostRequeueDelayMs?: number;
  /**
   * How often a task may be run again because its node or runner was lost; then it fails with
   * `MaxInternalRetryCountReached`. Default: any number. semantics §3.8
   */
  maxInternalRetryCount?: number;
  /** How long a failed run counts in the `recentFailures` of its node, by whole minutes. Default 3,600,000. */
  recentFailuresWindowMs?: number;
  /** Default: to stderr. */
  warn?(message: string): void;
}

/**
 * Opens an engine on a directory, which one process at a time may hold, and goes on where it was.
 * @throws BatchError `InvalidPropertyValue` for an option; `StateDirectoryInUse`, which names the holder, or `StateDirectoryUnusable`; `SecretsDamaged` or
 * `SecretKeyUnusable`, which name the file; `PoliciesDiffer` where it was opened with others before; JournalError,
 * which names file and position.
 */
export async function openBatch(options: BatchOptions): Promise<Batch> {
  const accountName = demandAccountName(options.accountName ?? 'berth');
  const directory = resolve(options.directory);
  const {
    policies,
    snapshotAfterBytes = 64 * 2 ** 20,
    maxInternalRetryCount,
    nodeLostRequeueDelayMs = 0,
    recentFailuresWindowMs = 3_600_000,
    nodeHeartbeatTimeoutMs = 60_000,
  } = options;
  if (!(snapshotAfterBytes > 0)) {
    throw invalid('snapshotAfterBytes', 'must be a number of bytes, more than 0');
  }
  demandCount('nodeHeartbeatTimeoutMs', nodeHeartbeatTimeoutMs);
  demandCount('nodeLostRequeueDelayMs', nodeLostRequeueDelayMs);
  demandCount('recentFailuresWindowMs', recentFailuresWindowMs);
  demandCount('maxInternalRetryCount', maxInternalRetryCount ?? 0);
  const { maxTransfers = 8 } = options;
  if (!(Number.isInteger(maxTransfers) && maxTransfers > 0)) {
    throw invalid('maxTransfers', 'must be a whole number, 1 or more');
  }
  const lock = await lockDirectory(directory);
  const warn =
    options.warn ?? ((message: string) => void process.stderr.write(`berth: ${message}\n`));
  try {
    const storage = options.storage ?? new DirectoryBlobStore(join(directory, 'blobs'));
    const transfers = new Transfers(storage, maxTransfers);
    const journal = options.journal ?? (await FileJournal.open(join(directory, 'journal')));
    const runtime = await Runtime.open({
      directory: join(directory, 'executors'),
      accountName,
      engineOptions: policies === undefined ? {} : { policies },
      snapshotAfterBytes,
      journal,
      transfers,
      secretStore: options.secretStore ?? new FileSecretStore(join(directory, 'secrets')),
      executors: options.executors ?? [localExecutor()],
      nodeHeartbeatTimeoutMs,
      ruleOptions: {
        nodeLostRequeueDelayMs,
        recentFailuresWindowMs,
        keepsRecentTasks: true,
        ...(maxInternalRetryCount !== undefined && { maxInternalRetryCount }),
      },
      now: Date.now,
      warn,
    });
    return new Batch(runtime, transfers, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** It names directories. */
function demandAccountName(accountName: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(accountName)) return accountName;
  throw invalid('accountName', 'must be 1 to 64 letters, digits, hyphens and underscores');
}

function invalid(option: string, what: string): BatchError {
  return new BatchError({
    code: 'InvalidPropertyValue',
    message: `${option} ${what}.`,
    values: [{ key: 'PropertyName', value: option }],
  });
}

function demandCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw invalid(name, `must be a whole number of at least 0; it is ${value}`);
}

async function lockDirectory(directory: string): Promise<StateDirectoryLock> {
  try {
    await mkdir(directory, { recursive: true });
    return await acquireStateLock(directory);
  } catch (error) {
    if (error instanceof BatchError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EEXIST' || code === 'ENOTDIR' ? 'it, or a part of its path, is a file' : message;
    throw new BatchError({
      code: 'StateDirectoryUnusable',
      message: `The state directory ${directory} cannot be used: ${reason}.`,
    });
  }
}
