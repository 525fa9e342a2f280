import { createHash, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Transfers } from '@berth/storage';
import PQueue from 'p-queue';
import type { Host } from './host.ts';

/** Files that travel to a node at once, and from it. */
const mostAtOnce = 4;
/** What a node keeps of files that other tasks may need as well. */
const mostBytesKept = 10 * 2 ** 30;
/** Nobody but the engine changes what is kept. */
const keptMode = 0o400;

const prefix = 'transferred-';

interface Kept {
  file: string;
  /** Of an HTTP server: what it says of the content. */
  eTag?: string | undefined;
  bytes: number;
  /** Tasks that copy it now. */
  readers: number;
  /** Nobody else copies it. */
  isForgotten: boolean;
}

/** Where a file comes from. */
export interface FileSource {
  /** Equal for equal content alone, in all of the engine; undefined: nobody can tell. */
  identity: string | undefined;
  /** Whether what is kept is what it still is; absent: always. */
  isStill?(eTag: string | undefined): Promise<boolean>;
  /** Writes a local file that does not exist; resolves with the content's eTag if it has one. */
  fetch(local: string, mode: number): Promise<string | undefined>;
}

/** Files on their way to one node: a few at once, and each content once however many tasks need it. */
export class NodeTransfers {
  readonly #host: Host;
  readonly #transfers: Transfers | undefined;
  readonly #queue = new PQueue({ concurrency: mostAtOnce });
  readonly #directory: string;
  /** By identity, the one that was used last at the end. */
  readonly #kept = new Map<string, Promise<Kept>>();
  #bytes = 0;
  #serial = 0;
  #ready: Promise<void> | undefined;

  constructor(host: Host, transfers: Transfers | undefined) {
    this.#host = host;
    this.#transfers = transfers;
    this.#directory = `${host.root}/volatile/${prefix}${randomUUID()}`;
  }

  /** Waits for its turn on this node. */
  async run<Result>(act: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    return await this.#queue.add(act, { signal });
  }

  /** The same for what comes from elsewhere, which waits for its turn among all nodes. */
  async runOverHttp<Result>(act: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    return this.#transfers === undefined ? await act() : await this.#transfers.run(act, signal);
  }

  /** Puts a file there. */
  async put(target: string, mode: number, source: FileSource, signal: AbortSignal): Promise<void> {
    const { files } = this.#host;
    const { identity } = source;
    if (identity === undefined) {
      await this.run(
        () => files.put(target, async (local) => void (await source.fetch(local, mode))),
        signal,
      );
      return;
    }
    const kept = await this.#keep(identity, source, signal);
    try {
      await files.copy(kept.file, target, mode);
    } finally {
      this.#release(kept);
      this.#makeRoom();
    }
  }

  /** Fetched now, or before, by whoever needed it first. */
  async #keep(identity: string, source: FileSource, signal: AbortSignal): Promise<Kept> {
    for (;;) {
      const earlier = this.#kept.get(identity);
      if (earlier === undefined) break;
      const kept = await earlier.catch(() => undefined);
      signal.throwIfAborted();
      if (kept === undefined || this.#kept.get(identity) !== earlier) continue;
      kept.readers++;
      try {
        if (source.isStill === undefined || (await source.isStill(kept.eTag))) {
          this.#kept.delete(identity);
          this.#kept.set(identity, earlier);
          return kept;
        }
      } catch (error) {
        this.#release(kept);
        throw error;
      }
      this.#release(kept);
      if (this.#kept.get(identity) === earlier) this.#forget(identity, kept);
    }
    const fetching = this.run(() => this.#fetch(identity, source), signal);
    this.#kept.set(identity, fetching);
    try {
      const kept = await fetching;
      this.#bytes += kept.bytes;
      // Without one an HTTP server may have another content next time.
      if (source.isStill !== undefined && kept.eTag === undefined) this.#forget(identity, kept);
      return kept;
    } catch (error) {
      this.#kept.delete(identity);
      throw error;
    }
  }

  async #fetch(identity: string, source: FileSource): Promise<Kept> {
    const { files } = this.#host;
    this.#ready ??= this.#makeReady();
    await this.#ready;
    const name = createHash('sha256').update(identity).digest('hex').slice(0, 32);
    const file = `${this.#directory}/${name}-${this.#serial++}`;
    const kept: Kept = { file, bytes: 0, readers: 1, isForgotten: false };
    await files.put(file, async (local) => {
      kept.eTag = await source.fetch(local, keptMode);
      kept.bytes = (await stat(local)).size;
    });
    return kept;
  }

  /**
   * Discards what an earlier life has kept; this one has a directory of its own, since a discard may take its time. It is
   * made before several files want it at once.
   */
  async #makeReady(): Promise<void> {
    const { root, files } = this.#host;
    for (const { name } of await files.list(`${root}/volatile`)) {
      if (name.startsWith(prefix)) files.discard(`${root}/volatile/${name}`);
    }
    await files.makeDirectory(this.#directory);
  }

  #makeRoom(): void {
    if (this.#bytes <= mostBytesKept) return;
    for (const [identity, keeping] of this.#kept) {
      void keeping.then(
        (kept) => {
          if (this.#bytes <= mostBytesKept || kept.readers > 0) return;
          if (this.#kept.get(identity) === keeping) this.#forget(identity, kept);
        },
        () => {},
      );
    }
  }

  #forget(identity: string, kept: Kept): void {
    this.#kept.delete(identity);
    this.#bytes -= kept.bytes;
    kept.isForgotten = true;
    if (kept.readers === 0) this.#host.files.discard(kept.file);
  }

  #release(kept: Kept): void {
    kept.readers--;
    if (kept.isForgotten && kept.readers === 0) this.#host.files.discard(kept.file);
  }
}
