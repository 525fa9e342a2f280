import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { FileJournal } from '../src/index.ts';
import { framesOf, reopen, writeJournal } from './journal-contents.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const FIRST_SEGMENT = 'segment-0000000000000000';
const HEADER = 24;

async function smallJournal(
  frames: readonly string[],
): Promise<{ directory: string; file: string; bytes: Buffer }> {
  const directory = await temporaryDirectory();
  await writeJournal(directory, frames);
  const file = join(directory, FIRST_SEGMENT);
  return { directory, file, bytes: await readFile(file) };
}

test('a journal cut at any byte of its last frames gives a prefix, takes new frames, and names what was torn', async () => {
  const frames = ['one', 'two two', '', 'four'];
  const { directory, file, bytes } = await smallJournal(frames);
  const ends = frames.map(
    (_, index) =>
      HEADER + frames.slice(0, index + 1).reduce((sum, frame) => sum + 16 + frame.length, 0),
  );
  for (let cut = HEADER; cut <= bytes.length; cut++) {
    await writeFile(file, bytes.subarray(0, cut));
    const whole = frames.slice(0, ends.filter((end) => end <= cut).length);
    const torn = cut !== HEADER && !ends.includes(cut);
    expect(await reopen(directory), `cut at ${cut}`).toEqual({ frames: whole, torn });
    await writeJournal(directory, ['after']);
    expect(await reopen(directory), `cut at ${cut}`).toEqual({
      frames: [...whole, 'after'],
      torn: false,
    });
  }
});

test('a segment cut inside its header is damage', async () => {
  const { directory, file, bytes } = await smallJournal(['one']);
  for (let cut = 0; cut < HEADER; cut++) {
    await writeFile(file, bytes.subarray(0, cut));
    expect(await reopen(directory)).toMatchObject({
      error: { code: 'JournalDamaged', file, offset: 0 },
    });
  }
});

test('no flipped bit ever changes a frame: it is an error, or in the last frame a torn tail', async () => {
  const frames = ['one', 'two', '', 'last'];
  const { directory, file, bytes } = await smallJournal(frames);
  const lastFrame = bytes.length - 16 - 'last'.length;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await writeFile(file, flipped);
    const result = await reopen(directory);
    if ('error' in result) {
      expect(result.error, `bit ${bit}`).toMatchObject({
        name: 'JournalError',
        code: 'JournalDamaged',
        file,
      });
    } else {
      expect(bit >> 3, `bit ${bit}`).toBeGreaterThanOrEqual(lastFrame);
      expect(result, `bit ${bit}`).toEqual({ frames: frames.slice(0, -1), torn: true });
    }
    expect(await readFile(file)).toEqual(flipped);
  }
});

test('no flipped bit in a segment that another one follows passes', async () => {
  const directory = await temporaryDirectory();
  await writeJournal(directory, ['first', 'second', 'third'], {
    segmentBytes: HEADER + 16 + 5 + 16 + 6,
  });
  const file = join(directory, FIRST_SEGMENT);
  const bytes = await readFile(file);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await writeFile(file, flipped);
    expect(await reopen(directory), `bit ${bit}`).toMatchObject({
      error: { code: 'JournalDamaged', file },
    });
  }
  for (const other of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.from([0])])]) {
    await writeFile(file, other);
    expect(await reopen(directory)).toMatchObject({ error: { code: 'JournalDamaged', file } });
  }
});

test('zeros behind the last frame are a torn tail, however many', async () => {
  const { directory, file, bytes } = await smallJournal(['one', 'two']);
  for (const zeros of [1, 15, 16, 17, 100, 5000]) {
    await writeFile(file, Buffer.concat([bytes, Buffer.alloc(zeros)]));
    expect(await reopen(directory)).toEqual({ frames: ['one', 'two'], torn: true });
  }
});

test('a last frame whose bytes never arrived is a torn tail, also when zeros follow it', async () => {
  const { directory, file, bytes } = await smallJournal(['one', 'a longer frame']);
  bytes.fill(0, bytes.length - 10);
  for (const zeros of [0, 1, 40]) {
    await writeFile(file, Buffer.concat([bytes, Buffer.alloc(zeros)]));
    expect(await reopen(directory)).toEqual({ frames: ['one'], torn: true });
  }
});

test('a bad frame with the beginning of another one behind it is damage', async () => {
  const { directory, file, bytes } = await smallJournal(['one', 'two', 'three']);
  const second = HEADER + 16 + 3;
  bytes.fill(0xff, second + 16, second + 17);
  await writeFile(file, bytes.subarray(0, -2));
  expect(await reopen(directory)).toMatchObject({
    error: { code: 'JournalDamaged', file, offset: second },
  });
});

test('a valid frame behind megabytes of damage is found', async () => {
  const { directory, file, bytes } = await smallJournal(['one', 'x'.repeat(3 << 20), 'three']);
  bytes.writeUInt32LE(0xffffffff, HEADER + 16 + 3 + 4);
  await writeFile(file, bytes);
  expect(await reopen(directory)).toMatchObject({
    error: { code: 'JournalDamaged', file, offset: HEADER + 19 },
  });
});

test('a whole frame out of turn is damage', async () => {
  const { directory, file, bytes } = await smallJournal(['one', 'two']);
  await writeFile(file, Buffer.concat([bytes, bytes.subarray(HEADER)]));
  expect(await reopen(directory)).toMatchObject({
    error: { code: 'JournalDamaged', file, offset: bytes.length },
  });
});

test('a later format version is refused as such', async () => {
  const { directory, file, bytes } = await smallJournal(['one']);
  bytes.writeUInt32LE(2, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20);
  await writeFile(file, bytes);
  await expect(FileJournal.open(directory)).rejects.toMatchObject({
    code: 'JournalVersionUnsupported',
    file,
    offset: 8,
  });
});

test('a message says where, what and what to do, in one sentence', async () => {
  const { directory, file, bytes } = await smallJournal(['one', 'two']);
  bytes[HEADER + 16] = 0;
  await writeFile(file, bytes);
  await expect(FileJournal.open(directory)).rejects.toThrow(
    `Frame 0 at byte 24 of ${file} does not match its checksum: restore the file from a copy, or cut it there and remove the later segments, which gives up every frame from 0 on.`,
  );
});

test('damage that comes after the opening is found by reading', async () => {
  const { directory, file, bytes } = await smallJournal(['one', 'two']);
  const journal = await FileJournal.open(directory);
  bytes[HEADER + 16] = 0;
  await writeFile(file, bytes);
  await expect(framesOf(journal)).rejects.toMatchObject({
    code: 'JournalDamaged',
    file,
    offset: HEADER,
  });
  await journal.close();
});
