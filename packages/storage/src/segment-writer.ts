import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectorySync } from './durable-directory.ts';
import { JournalError, messageOf, syncFailed, writeFailed } from './journal-error.ts';
import {
  encodeFrameHeader,
  encodeHeader,
  FRAME_HEADER_BYTES,
  HEADER_BYTES,
} from './journal-format.ts';
import type { TornTail } from './journal-scan.ts';

/** Frames up to this size are copied behind their header, which is cheaper than a vectored write. */
const COPIED_BYTES = 1 << 16;

/** The end of the last segment. Synchronous throughout. */
export class SegmentWriter {
  readonly file: string;
  readonly fd: number;
  #size: number;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + COPIED_BYTES);

  private constructor(file: string, fd: number, size: number) {
    this.file = file;
    this.fd = fd;
    this.#size = size;
  }

  /** The file appears with a whole header or not at all. Throws `JournalWriteFailed`, `JournalSyncFailed`. */
  static create(file: string, firstSequence: number): SegmentWriter {
    if (existsSync(file)) {
      throw new JournalError(
        'JournalDamaged',
        file,
        0,
        `${file} was made by another writer: stop one of the two and open the journal again.`,
      );
    }
    const partial = `${file}.partial-${randomUUID()}`;
    let fd: number | undefined;
    let named = false;
    try {
      fd = openSync(partial, 'ax');
      const header = encodeHeader('segment', firstSequence);
      writeFully(fd, [header]);
      fdatasyncSync(fd);
      renameSync(partial, file);
      named = true;
      syncDirectorySync(dirname(file));
      return new SegmentWriter(file, fd, HEADER_BYTES);
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      rmSync(partial, { force: true });
      throw named ? syncFailed(file, HEADER_BYTES, error) : writeFailed(file, 0, error);
    }
  }

  /** `size` is the file's. Throws `JournalWriteFailed`. */
  static continue(file: string, size: number): SegmentWriter {
    try {
      return new SegmentWriter(file, openSync(file, constants.O_WRONLY | constants.O_APPEND), size);
    } catch (error) {
      throw writeFailed(file, size, error);
    }
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  /** Throws `JournalWriteFailed` when the file is as it was before, `JournalSyncFailed` when that cannot be said. */
  append(sequence: number, frame: Uint8Array): void {
    const buffer = this.#buffer;
    const bytes = FRAME_HEADER_BYTES + frame.length;
    encodeFrameHeader(buffer, sequence, frame);
    try {
      if (frame.length <= COPIED_BYTES) {
        buffer.set(frame, FRAME_HEADER_BYTES);
        const written = writeSync(this.fd, buffer, 0, bytes);
        if (written < bytes) writeFully(this.fd, [buffer.subarray(written, bytes)]);
      } else {
        writeFully(this.fd, [buffer.subarray(0, FRAME_HEADER_BYTES), frame]);
      }
    } catch (error) {
      this.#undo(error);
    }
    this.#size += bytes;
  }

  /** Half a frame must not stay where the next one would follow it. */
  #undo(cause: unknown): never {
    try {
      ftruncateSync(this.fd, this.#size);
    } catch (error) {
      throw syncFailed(this.file, this.#size, new AggregateError([cause, error], messageOf(error)));
    }
    throw writeFailed(this.file, this.#size, cause);
  }

  /** Throws `JournalSyncFailed`. */
  sync(): void {
    try {
      fdatasyncSync(this.fd);
    } catch (error) {
      throw syncFailed(this.file, this.#size, error);
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** A write may take less than it is given, for instance when a signal or the end of the disk comes between. */
function writeFully(fd: number, buffers: readonly Uint8Array[]): void {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  while (rest.length > 0) {
    let written = writevSync(fd, rest);
    rest = rest.flatMap((buffer) => {
      const skipped = Math.min(written, buffer.length);
      written -= skipped;
      return skipped === buffer.length ? [] : [buffer.subarray(skipped)];
    });
  }
}

/**
 * Keeps the bytes beside the segment as `<segment>.torn-<offset>`, then cuts them off. A crash between the two leaves
 * the tail in both places, and the next call begins again. Throws `JournalWriteFailed`.
 */
export function cutTornTail({ file, offset, bytes }: TornTail): void {
  let segment: number | undefined;
  let kept: number | undefined;
  try {
    segment = openSync(file, 'r+');
    kept = openSync(freeName(`${file}.torn-${offset}`), 'wx');
    const buffer = Buffer.allocUnsafe(Math.min(bytes, COPIED_BYTES));
    for (let copied = 0; copied < bytes; ) {
      const read = readSync(segment, buffer, 0, buffer.length, offset + copied);
      if (read === 0) break;
      writeFully(kept, [buffer.subarray(0, read)]);
      copied += read;
    }
    fsyncSync(kept);
    syncDirectorySync(dirname(file));
    ftruncateSync(segment, offset);
    fsyncSync(segment);
  } catch (error) {
    throw writeFailed(file, offset, error);
  } finally {
    if (kept !== undefined) closeSync(kept);
    if (segment !== undefined) closeSync(segment);
  }
}

/** The same place may be torn more than once. */
function freeName(file: string): string {
  let name = file;
  for (let count = 2; existsSync(name); count++) name = `${file}.${count}`;
  return name;
}
