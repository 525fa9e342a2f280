import { setImmediate } from 'node:timers/promises';
import type { Engine, EngineOptions } from '@berth/core';
import { BatchError, Engine as CoreEngine } from '@berth/core';
import type { Journal } from '@berth/storage';

export interface StateSnapshotsOptions {
  journal: Journal;
  engine: Engine;
  /** A snapshot is taken after so many bytes of inputs, or as many as the snapshot before had, if that is more. */
  afterBytes: number;
  warn(message: string): void;
}

/** Snapshots of the engine's state, written to the journal beside everything else that happens. */
export class StateSnapshots {
  readonly #options: StateSnapshotsOptions;
  #bytesSince = 0;
  #lastBytes = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(options: StateSnapshotsOptions) {
    this.#options = options;
  }

  /** So many bytes of inputs are journaled and applied; all that is journaled is. */
  applied(bytes: number): void {
    this.#bytesSince += bytes;
    const { afterBytes } = this.#options;
    if (this.#bytesSince < Math.max(afterBytes, this.#lastBytes)) return;
    if (this.#writing !== undefined || this.#closed) return;
    this.#bytesSince = 0;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Gives up the one that is being written. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { journal, engine, warn } = this.#options;
    try {
      await journal.writeSnapshot(journal.nextSequence, this.#paced(engine.snapshot()));
    } catch (error) {
      // The journal alone is as good; the next one may succeed.
      if (!this.#closed) warn(`no snapshot was written: ${String(error)}`);
    }
  }

  /** Everything else has its turn before each chunk. */
  async *#paced(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    let bytes = 0;
    for (const chunk of chunks) {
      if (this.#closed) throw new Error('closed');
      yield chunk;
      bytes += chunk.length;
      await setImmediate();
    }
    this.#lastBytes = bytes;
  }
}

/** The engine as the journal's last snapshot has it, and the first frame that it does not know. */
export async function restoreEngine(
  journal: Journal,
  options: EngineOptions,
  warn: (message: string) => void,
  which?: 'newest' | 'oldest',
): Promise<{ engine: Engine; from: number }> {
  const snapshot = await journal.readSnapshot(which);
  if (snapshot === undefined) return { engine: new CoreEngine(options), from: 0 };
  const { sequence, chunks } = snapshot;
  try {
    const restoring = CoreEngine.restoring(options);
    for await (const chunk of chunks) restoring.chunk(chunk);
    return { engine: restoring.end(), from: sequence };
  } catch (error) {
    const isUnreadable = error instanceof BatchError && error.code === 'InvalidInput';
    if (!isUnreadable || journal.firstSequence > 0) throw error;
    warn(
      `all inputs are applied again, since the snapshot of ${sequence} cannot be read: ${error.message}`,
    );
    return { engine: new CoreEngine(options), from: 0 };
  }
}
