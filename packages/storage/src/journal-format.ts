/**
 * The bytes of a journal, version 1. All integers are little-endian.
 *
 * A file (segment or snapshot) begins with a header; this part stays the same in every version:
 *
 *     0  magic, 8 bytes: `BERTHSEG` or `BERTHSNP`
 *     8  version, u32
 *    12  sequence, u64: of a segment's first frame; of the first frame that a snapshot does not cover
 *    20  CRC-32 of bytes 0 to 19
 *
 * Frames follow without gaps. In a snapshot the sequence counts its chunks from 0, and an empty frame ends it.
 *
 *     0  CRC-32 of the rest of the frame
 *     4  length of the payload in bytes, u32
 *     8  sequence, u64
 *    16  payload
 *
 * Zeros are never a valid frame, since the CRC-32 of zeros is not zero.
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { JournalError } from './journal-error.ts';

export const HEADER_BYTES = 24;
export const FRAME_HEADER_BYTES = 16;
/** Also the most that a snapshot's chunk may have. */
export const MAX_FRAME_BYTES: number = 1 << 30;
const VERSION = 1;
const READ_BYTES = 1 << 20;

export type FileKind = 'segment' | 'snapshot';
const MAGIC: Record<FileKind, string> = { segment: 'BERTHSEG', snapshot: 'BERTHSNP' };

function writeSequence(target: Buffer, sequence: number, offset: number): void {
  target.writeUInt32LE(sequence % 2 ** 32, offset);
  target.writeUInt32LE(Math.floor(sequence / 2 ** 32), offset + 4);
}

export function readSequence(source: Buffer, offset: number): number {
  return source.readUInt32LE(offset) + source.readUInt32LE(offset + 4) * 2 ** 32;
}

export function encodeHeader(kind: FileKind, sequence: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC[kind], 0, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  writeSequence(header, sequence, 12);
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
  return header;
}

/** Checks the header against the sequence in the file's name. */
export async function checkHeader(
  handle: FileHandle,
  kind: FileKind,
  file: string,
  sequence: number,
): Promise<void> {
  const header = await readFully(handle, 0, HEADER_BYTES);
  if (
    header.length < HEADER_BYTES ||
    header.toString('latin1', 0, 8) !== MAGIC[kind] ||
    header.readUInt32LE(20) !== crc32(header.subarray(0, 20))
  ) {
    throw new JournalError(
      'JournalDamaged',
      file,
      0,
      `${file} does not begin with the header of a ${kind}: restore it from a copy.`,
    );
  }
  const version = header.readUInt32LE(8);
  if (version !== VERSION) {
    throw new JournalError(
      'JournalVersionUnsupported',
      file,
      8,
      `${file} has format version ${version}, and this version of Berth reads version ${VERSION}: open it with a newer one.`,
    );
  }
  if (readSequence(header, 12) !== sequence) {
    throw new JournalError(
      'JournalDamaged',
      file,
      12,
      `${file} says that it begins at frame ${readSequence(header, 12)}, unlike its name: give it back the name that it was written under.`,
    );
  }
}

/** Writes the header of a frame to the start of `target`. */
export function encodeFrameHeader(target: Buffer, sequence: number, payload: Uint8Array): void {
  target.writeUInt32LE(payload.length, 4);
  writeSequence(target, sequence, 8);
  target.writeUInt32LE(crc32(payload, crc32(target.subarray(4, FRAME_HEADER_BYTES))), 0);
}

/** Why no frame could be read: its bytes end early, its checksum is wrong, or it is whole but not the one expected. */
export type FrameProblem = 'Incomplete' | 'BadChecksum' | 'WrongSequence';

export interface Frame {
  sequence: number;
  frame: Uint8Array;
}

/** Where reading stopped. Without a problem, that is the end of the file. */
export interface FramesEnd {
  /** Of the first byte that belongs to no frame. */
  offset: number;
  /** Of the frame that should have begun there. */
  sequence: number;
  problem?: FrameProblem;
}

/**
 * The frames of a file up to its end or to the first problem, as many at a time as one read brings. The payloads are
 * views of memory that is not used again. Memory: the largest frame and 1 MiB.
 */
export async function* readFrames(
  handle: FileHandle,
  size: number,
  firstSequence: number,
): AsyncGenerator<Frame[], FramesEnd, void> {
  let sequence = firstSequence;
  let offset = HEADER_BYTES;
  while (offset < size) {
    let buffer = await readFully(handle, offset, Math.min(READ_BYTES, size - offset));
    if (buffer.length >= FRAME_HEADER_BYTES) {
      const bytes = FRAME_HEADER_BYTES + buffer.readUInt32LE(4);
      if (bytes > buffer.length && offset + bytes <= size)
        buffer = await readFully(handle, offset, bytes);
    }
    const frames: Frame[] = [];
    let position = 0;
    let problem: FrameProblem | undefined;
    while (buffer.length - position >= FRAME_HEADER_BYTES) {
      const end = position + FRAME_HEADER_BYTES + buffer.readUInt32LE(position + 4);
      if (end > buffer.length) break;
      if (crc32(buffer.subarray(position + 4, end)) !== buffer.readUInt32LE(position))
        problem = 'BadChecksum';
      else if (readSequence(buffer, position + 8) !== sequence) problem = 'WrongSequence';
      if (problem !== undefined) break;
      frames.push({ sequence, frame: buffer.subarray(position + FRAME_HEADER_BYTES, end) });
      sequence++;
      position = end;
    }
    offset += position;
    if (frames.length > 0) yield frames;
    else problem ??= 'Incomplete';
    if (problem !== undefined) return { offset, sequence, problem };
  }
  return { offset, sequence };
}

/** Fewer bytes than asked for only at the end of the file. */
export async function readFully(
  handle: FileHandle,
  offset: number,
  bytes: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
