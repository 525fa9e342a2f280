import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './durable-directory.ts';
import { JournalError, readFailed, writeFailed } from './journal-error.ts';
import {
  checkHeader,
  encodeFrameHeader,
  encodeHeader,
  FRAME_HEADER_BYTES,
  MAX_FRAME_BYTES,
  readFrames,
} from './journal-format.ts';

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The file appears whole or not at all. Empty chunks are left out. Throws `JournalWriteFailed`, or what `chunks` throws. */
export async function writeSnapshotFile(
  file: string,
  sequence: number,
  chunks: Chunks,
): Promise<void> {
  const partial = `${file}.partial-${randomUUID()}`;
  const out = new SnapshotWriter(partial);
  try {
    await out.write(encodeHeader('snapshot', sequence));
    for await (const chunk of chunks) if (chunk.length > 0) await out.writeChunk(chunk);
    await out.writeChunk(new Uint8Array(0));
    await out.finish();
    try {
      await rename(partial, file);
      await syncDirectory(dirname(file));
    } catch (error) {
      throw writeFailed(file, 0, error);
    }
  } catch (error) {
    await out.discard();
    throw error;
  }
}

class SnapshotWriter {
  readonly #file: string;
  readonly #header: Buffer = Buffer.alloc(FRAME_HEADER_BYTES);
  #handle: FileHandle | undefined;
  #offset = 0;
  #chunks = 0;

  constructor(file: string) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      this.#handle ??= await open(this.#file, 'wx');
      await this.#handle.writeFile(bytes);
    } catch (error) {
      throw writeFailed(this.#file, this.#offset, error);
    }
    this.#offset += bytes.length;
  }

  async writeChunk(chunk: Uint8Array): Promise<void> {
    if (chunk.length > MAX_FRAME_BYTES)
      throw new RangeError(`A chunk of a snapshot has at most ${MAX_FRAME_BYTES} bytes: split it.`);
    encodeFrameHeader(this.#header, this.#chunks++, chunk);
    await this.write(this.#header);
    if (chunk.length > 0) await this.write(chunk);
  }

  async finish(): Promise<void> {
    try {
      await this.#handle?.sync();
    } catch (error) {
      throw writeFailed(this.#file, this.#offset, error);
    }
    await this.#close();
  }

  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#file, { force: true });
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

/**
 * The chunks as they were given. Throws `JournalDamaged` where they stop being whole, `JournalVersionUnsupported`;
 * until the last one has come, the snapshot is not known to be whole.
 */
export async function* readSnapshotChunks(
  file: string,
  sequence: number,
): AsyncGenerator<Uint8Array, void, void> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw readFailed(file, error);
  });
  try {
    await checkHeader(handle, 'snapshot', file, sequence);
    const { size } = await handle.stat();
    const frames = readFrames(handle, size, 0);
    let ended = false;
    let step = await frames.next();
    for (; step.done !== true; step = await frames.next()) {
      for (const { frame } of step.value) {
        if (ended) throw damagedSnapshot(file, size);
        if (frame.length === 0) ended = true;
        else yield frame;
      }
    }
    if (step.value.problem !== undefined || !ended) throw damagedSnapshot(file, step.value.offset);
  } catch (error) {
    throw error instanceof JournalError ? error : readFailed(file, error);
  } finally {
    await handle.close();
  }
}

function damagedSnapshot(file: string, offset: number): JournalError {
  return new JournalError(
    'JournalDamaged',
    file,
    offset,
    `${file} is not a whole snapshot from byte ${offset} on: restore it from a copy, or remove it to use an older one.`,
  );
}
