import { fdatasync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeDirectoryDurably } from './durable-directory.ts';
import type { Journal } from './journal.ts';
import { JournalError, syncFailed, writeFailed } from './journal-error.ts';
import type { FoundJournal, NumberedFile } from './journal-files.ts';
import {
  fileName,
  findJournal,
  listNumbered,
  missing,
  PARTIAL,
  readSegment,
} from './journal-files.ts';
import type { Frame } from './journal-format.ts';
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from './journal-format.ts';
import type { TornTail } from './journal-scan.ts';
import { readSnapshotChunks, writeSnapshotFile } from './journal-snapshot.ts';
import { cutTornTail, SegmentWriter } from './segment-writer.ts';

const fdatasyncAsync: (fd: number) => Promise<void> = promisify(fdatasync);

export interface FileJournalOptions {
  /** A segment takes no further frame that would make it larger than this, in bytes. Default 256 MiB. */
  segmentBytes?: number;
  /** How many of the newest snapshots stay when another one is written. Default 2. */
  keepSnapshots?: number;
  /**
   * Segments stay, too, when the oldest of the snapshots that are kept stands for all of their frames, so that any moment
   * can be replayed. Default false: they are removed, and the journal's size is bounded.
   */
  keepHistory?: boolean;
}

/**
 * A journal in a directory: segments named `segment-<first sequence>`, snapshots named `snapshot-<sequence>`. It is
 * the only writer there (see `acquireStateLock`). Nothing is created before the first write.
 *
 * What a crash left of a write that never finished is named by `tornTail` when the journal is opened, and kept as
 * `<segment>.torn-<offset>` when the first append cuts it off. Damage anywhere else is a `JournalError`.
 */
export class FileJournal implements Journal {
  /** What the crash before this opening left, whether or not it has been cut off since. */
  readonly tornTail: TornTail | undefined;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #keepSnapshots: number;
  readonly #keepHistory: boolean;
  readonly #segments: NumberedFile[];
  #damagedSnapshots: JournalError[] = [];
  #nextSequence: number;
  /** Of the last segment that was found, without its torn tail. */
  readonly #foundSize: number;
  #writer: SegmentWriter | undefined;
  #prepared = false;
  /** Rolled away while a sync of them was under way. */
  #retired: SegmentWriter[] = [];
  /** All frames before this one are synced. */
  #synced: number;
  #running: { through: number; done: Promise<void> } | undefined;
  #following: Promise<void> | undefined;
  #failure: JournalError | undefined;

  private constructor(directory: string, options: FileJournalOptions, found: FoundJournal) {
    this.#directory = directory;
    this.#segmentBytes = options.segmentBytes ?? 256 * 2 ** 20;
    this.#keepSnapshots = options.keepSnapshots ?? 2;
    this.#keepHistory = options.keepHistory ?? false;
    this.#segments = found.segments;
    this.#nextSequence = found.nextSequence;
    this.#synced = found.nextSequence;
    this.#foundSize = found.end;
    this.tornTail = found.tornTail;
  }

  /**
   * Reads the last segment whole; the others are checked when they are read. Throws `JournalDamaged`,
   * `JournalVersionUnsupported`, `JournalReadFailed`, `JournalSyncFailed`.
   */
  static async open(directory: string, options: FileJournalOptions = {}): Promise<FileJournal> {
    const { segmentBytes = 1, keepSnapshots = 1 } = options;
    if (!(segmentBytes > 0 && keepSnapshots >= 1))
      throw new RangeError('segmentBytes and keepSnapshots must be positive.');
    return new FileJournal(directory, options, await findJournal(directory));
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get firstSequence(): number {
    return this.#segments[0]?.sequence ?? this.#nextSequence;
  }

  /** What `readSnapshot` had to skip. */
  get damagedSnapshots(): readonly JournalError[] {
    return this.#damagedSnapshots;
  }

  /** May also be called later: it reads up to the last frame before the call. A frame's bytes stay as they are. */
  async *read(from = 0): AsyncGenerator<Frame, void, void> {
    this.#check();
    const end = this.#nextSequence;
    const first = this.#segments[0];
    if (first === undefined || from >= end) return;
    if (from < first.sequence) {
      throw missing(
        first.file,
        `Frames ${from} to ${first.sequence - 1} are missing from ${this.#directory}`,
      );
    }
    const segments = this.#segments.slice();
    for (const [index, segment] of segments.entries()) {
      const next = segments[index + 1];
      const until = next?.sequence ?? end;
      if (until > from && segment.sequence < end) {
        yield* readSegment(segment, Math.max(from, segment.sequence), until, next !== undefined);
      }
    }
  }

  /** Throws `JournalWriteFailed` (the frame is not in the journal and may be tried again), `JournalSyncFailed`, `JournalClosed`. */
  append(frame: Uint8Array): number {
    this.#check();
    if (frame.length > MAX_FRAME_BYTES)
      throw new RangeError(`A frame has at most ${MAX_FRAME_BYTES} bytes: split it.`);
    const sequence = this.#nextSequence;
    try {
      this.#writerFor(FRAME_HEADER_BYTES + frame.length).append(sequence, frame);
    } catch (error) {
      throw this.#remember(error);
    }
    this.#nextSequence = sequence + 1;
    return sequence;
  }

  sync(): Promise<void> {
    try {
      this.#check();
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#synced >= this.#nextSequence) return Promise.resolve();
    if (this.#running === undefined) return this.#startSync();
    if (this.#running.through >= this.#nextSequence) return this.#running.done;
    // What came since the running sync began waits for one more, together.
    this.#following ??= this.#running.done.then(() => {
      this.#following = undefined;
      return this.#synced >= this.#nextSequence ? undefined : this.#startSync();
    });
    return this.#following;
  }

  /** The frames before `sequence` are synced first, so that no snapshot is ever ahead of its journal. */
  async writeSnapshot(
    sequence: number,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    this.#check();
    if (!(Number.isSafeInteger(sequence) && sequence >= 0 && sequence <= this.#nextSequence)) {
      throw new RangeError(
        `A snapshot's sequence is from 0 to ${this.#nextSequence}, not ${sequence}.`,
      );
    }
    await this.sync();
    this.#prepare();
    await writeSnapshotFile(
      join(this.#directory, fileName('snapshot', sequence)),
      sequence,
      chunks,
    );
    const snapshots = await listNumbered(this.#directory, 'snapshot');
    for (const { file } of snapshots.slice(0, -this.#keepSnapshots)) await removeFile(file);
    const oldest = snapshots.at(-this.#keepSnapshots);
    if (oldest !== undefined && !this.#keepHistory) await this.#removeBefore(oldest.sequence);
  }

  /**
   * Reads it once to see that it is whole; `chunks` reads it again, and can be read more than once.
   */
  async readSnapshot(
    which: 'newest' | 'oldest' = 'newest',
  ): Promise<{ sequence: number; chunks: AsyncIterable<Uint8Array> } | undefined> {
    this.#check();
    const damaged: JournalError[] = [];
    this.#damagedSnapshots = damaged;
    const snapshots = await listNumbered(this.#directory, 'snapshot');
    if (which === 'newest') snapshots.reverse();
    for (const { file, sequence } of snapshots) {
      const chunks = { [Symbol.asyncIterator]: () => readSnapshotChunks(file, sequence) };
      try {
        for await (const _ of chunks);
        return { sequence, chunks };
      } catch (error) {
        if (!(error instanceof JournalError)) throw error;
        damaged.push(error);
      }
    }
    return undefined;
  }

  /** Segments with no other frames than those before it. */
  async #removeBefore(sequence: number): Promise<void> {
    for (;;) {
      const [first, second] = this.#segments;
      if (first === undefined || second === undefined || second.sequence > sequence) return;
      // The oldest goes first: what a crash leaves has no gap.
      await removeFile(first.file);
      this.#segments.shift();
    }
  }

  /** Syncs what is not synced yet. After a failed sync it closes the files and throws that failure. */
  async close(): Promise<void> {
    if (this.#failure?.code === 'JournalClosed') return;
    try {
      await this.sync();
    } finally {
      // A caller of sync() may still wait for a running one, which must keep its file until then.
      await this.#running?.done.catch(() => undefined);
      this.#writer?.close();
      this.#writer = undefined;
      this.#failure ??= new JournalError(
        'JournalClosed',
        this.#directory,
        0,
        `The journal ${this.#directory} is closed: open it again.`,
      );
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** After a failed sync the pages that were not written may pass for clean, so that no later sync can be believed. */
  #remember(error: unknown): unknown {
    if (error instanceof JournalError && error.code === 'JournalSyncFailed')
      this.#failure ??= error;
    return this.#failure ?? error;
  }

  #startSync(): Promise<void> {
    const through = this.#nextSequence;
    const writer = this.#writer;
    // Frames that are not synced were appended here, so there is a writer.
    if (writer === undefined) return Promise.resolve();
    const { size } = writer;
    const done = fdatasyncAsync(writer.fd)
      .then(
        () => {
          this.#synced = Math.max(this.#synced, through);
          this.#check();
        },
        (error: unknown) => {
          throw this.#remember(syncFailed(writer.file, size, error));
        },
      )
      .finally(() => {
        this.#running = undefined;
        for (const retired of this.#retired.splice(0)) retired.close();
      });
    this.#running = { through, done };
    return done;
  }

  #writerFor(bytes: number): SegmentWriter {
    this.#writer ??= this.#continueLastSegment();
    const writer = this.#writer;
    const isEmpty = this.#segments.at(-1)?.sequence === this.#nextSequence;
    if (writer !== undefined && (isEmpty || writer.size + bytes <= this.#segmentBytes))
      return writer;
    return this.#roll(writer);
  }

  #continueLastSegment(): SegmentWriter | undefined {
    this.#prepare();
    const last = this.#segments.at(-1);
    if (last === undefined) return undefined;
    if (this.tornTail !== undefined) cutTornTail(this.tornTail);
    return SegmentWriter.continue(last.file, this.#foundSize);
  }

  /** A segment is synced before the next one exists: a torn tail can only be in the last. */
  #roll(full: SegmentWriter | undefined): SegmentWriter {
    if (full !== undefined) {
      full.sync();
      this.#synced = this.#nextSequence;
    }
    const file = join(this.#directory, fileName('segment', this.#nextSequence));
    const writer = SegmentWriter.create(file, this.#nextSequence);
    this.#segments.push({ file, sequence: this.#nextSequence });
    this.#writer = writer;
    if (full !== undefined) {
      if (this.#running === undefined) full.close();
      else this.#retired.push(full);
    }
    return writer;
  }

  /** Before the first write: the directory, without the files that a crash left unfinished. */
  #prepare(): void {
    if (this.#prepared) return;
    try {
      makeDirectoryDurably(this.#directory);
      for (const name of readdirSync(this.#directory)) {
        if (PARTIAL.test(name)) rmSync(join(this.#directory, name), { force: true });
      }
    } catch (error) {
      throw writeFailed(this.#directory, 0, error);
    }
    this.#prepared = true;
  }
}

async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true }).catch((error: unknown) => {
    throw writeFailed(file, 0, error);
  });
}
