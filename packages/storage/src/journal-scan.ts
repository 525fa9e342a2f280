import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { JournalError } from './journal-error.ts';
import type { FramesEnd } from './journal-format.ts';
import {
  checkHeader,
  FRAME_HEADER_BYTES,
  readFrames,
  readFully,
  readSequence,
} from './journal-format.ts';

/** What a crash left of a write that never finished. */
export interface TornTail {
  file: string;
  /** Of its first byte. */
  offset: number;
  bytes: number;
}

/** Reads the last segment to its end, and tells the traces of a crash from damage. */
export async function scanLastSegment(
  handle: FileHandle,
  file: string,
  firstSequence: number,
): Promise<{ nextSequence: number; end: number; tornTail?: TornTail }> {
  await checkHeader(handle, 'segment', file, firstSequence);
  const { size } = await handle.stat();
  const frames = readFrames(handle, size, firstSequence);
  let step = await frames.next();
  while (step.done !== true) step = await frames.next();
  const end = step.value;
  if (end.problem === undefined) return { nextSequence: end.sequence, end: end.offset };
  if (end.problem === 'WrongSequence' || (await somethingFollows(handle, size, end)))
    throw damage(file, end);
  return {
    nextSequence: end.sequence,
    end: end.offset,
    tornTail: { file, offset: end.offset, bytes: size - end.offset },
  };
}

export function damage(file: string, end: FramesEnd): JournalError {
  const what =
    end.problem === undefined
      ? 'is missing'
      : end.problem === 'Incomplete'
        ? 'is cut short'
        : end.problem === 'BadChecksum'
          ? 'does not match its checksum'
          : 'is another frame';
  return new JournalError(
    'JournalDamaged',
    file,
    end.offset,
    `Frame ${end.sequence} at byte ${end.offset} of ${file} ${what}: restore the file from a copy, or cut it there and remove the later segments, which gives up every frame from ${end.sequence} on.`,
  );
}

/**
 * A write that a crash tore is the last one: nothing of a later frame is behind it. What is there can be the rest of
 * the frame itself, or zeros where the file grew and its bytes never arrived.
 */
async function somethingFollows(
  handle: FileHandle,
  size: number,
  end: FramesEnd,
): Promise<boolean> {
  const header = await readFully(handle, end.offset, FRAME_HEADER_BYTES);
  if (header.length === FRAME_HEADER_BYTES && readSequence(header, 8) === end.sequence) {
    const next = end.offset + FRAME_HEADER_BYTES + header.readUInt32LE(4);
    if (
      next < size &&
      (await readFully(handle, next, FRAME_HEADER_BYTES)).some((byte) => byte !== 0)
    )
      return true;
  }
  return await validFrameFollows(handle, size, end);
}

const SEARCH_BYTES = 1 << 20;

/** Looks at every byte, since a damaged length hides where the next frame begins. */
async function validFrameFollows(
  handle: FileHandle,
  size: number,
  { offset, sequence }: FramesEnd,
): Promise<boolean> {
  const lastPossible = sequence + Math.floor((size - offset) / FRAME_HEADER_BYTES);
  for (let start = offset + 1; size - start >= FRAME_HEADER_BYTES; start += SEARCH_BYTES) {
    const window = await readFully(
      handle,
      start,
      Math.min(SEARCH_BYTES + FRAME_HEADER_BYTES - 1, size - start),
    );
    for (let at = 0; at <= window.length - FRAME_HEADER_BYTES; at++) {
      const found = readSequence(window, at + 8);
      if (found <= sequence || found > lastPossible) continue;
      const bytes = FRAME_HEADER_BYTES + window.readUInt32LE(at + 4);
      if (start + at + bytes <= size && (await hasValidChecksum(handle, start + at, bytes)))
        return true;
    }
  }
  return false;
}

async function hasValidChecksum(
  handle: FileHandle,
  offset: number,
  bytes: number,
): Promise<boolean> {
  const expected = (await readFully(handle, offset, 4)).readUInt32LE(0);
  let actual = 0;
  for (let at = 4; at < bytes; at += SEARCH_BYTES) {
    actual = crc32(
      await readFully(handle, offset + at, Math.min(SEARCH_BYTES, bytes - at)),
      actual,
    );
  }
  return actual === expected;
}
