import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileJournal } from '../src/index.ts';
import { writeJournal } from './journal-contents.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const chunks = (...texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));

async function readNewest(
  journal: FileJournal,
): Promise<{ sequence: number; texts: string[] } | undefined> {
  const snapshot = await journal.readSnapshot();
  if (snapshot === undefined) return undefined;
  const texts: string[] = [];
  for await (const chunk of snapshot.chunks) texts.push(Buffer.from(chunk).toString());
  return { sequence: snapshot.sequence, texts };
}

async function openWithFrames(directory: string, count: number): Promise<FileJournal> {
  await writeJournal(directory, Array.from({ length: count }, String));
  return await FileJournal.open(directory);
}

test('the newest snapshot is read back, without empty chunks', async () => {
  const journal = await openWithFrames(await temporaryDirectory(), 5);
  await journal.writeSnapshot(2, chunks('old'));
  await journal.writeSnapshot(5, chunks('a', '', 'bc'));
  expect(await readNewest(journal)).toEqual({ sequence: 5, texts: ['a', 'bc'] });
  expect(journal.damagedSnapshots).toEqual([]);
  await journal.close();
});

test('a snapshot of nothing is a snapshot', async () => {
  const journal = await FileJournal.open(await temporaryDirectory());
  await journal.writeSnapshot(0, []);
  expect(await readNewest(journal)).toEqual({ sequence: 0, texts: [] });
  await journal.close();
});

test('a snapshot can be large and come from an async source', async () => {
  const journal = await openWithFrames(await temporaryDirectory(), 1);
  const parts = Array.from({ length: 50 }, (_, index) => String(index % 10).repeat(index * 5000));
  await journal.writeSnapshot(
    1,
    (async function* () {
      for (const part of parts) yield Buffer.from(part);
    })(),
  );
  expect((await readNewest(journal))?.texts).toEqual(parts.slice(1));
  await journal.close();
});

test('older snapshots are removed, but for as many as are to be kept', async () => {
  const directory = await temporaryDirectory();
  const journal = await openWithFrames(directory, 4);
  for (const sequence of [1, 2, 3, 4]) await journal.writeSnapshot(sequence, chunks('x'));
  const names = (await readdir(directory)).filter((name) => name.startsWith('snapshot'));
  expect(names.sort()).toEqual(['snapshot-0000000000000003', 'snapshot-0000000000000004']);
  await journal.close();
});

test('a snapshot whose source fails leaves nothing behind', async () => {
  const directory = await temporaryDirectory();
  const journal = await openWithFrames(directory, 1);
  const failing = (function* () {
    yield Buffer.from('x');
    throw new Error('no more');
  })();
  await expect(journal.writeSnapshot(1, failing)).rejects.toThrow('no more');
  expect(await readdir(directory)).toEqual(['segment-0000000000000000']);
  await journal.close();
});

test('a snapshot with any bit flipped, cut or extended is skipped for an older one, and named', async () => {
  const directory = await temporaryDirectory();
  const journal = await openWithFrames(directory, 2);
  await journal.writeSnapshot(1, chunks('old'));
  await journal.writeSnapshot(2, chunks('new', 'er'));
  const file = join(directory, 'snapshot-0000000000000002');
  const bytes = await readFile(file);
  const damaged = [
    Buffer.concat([bytes, Buffer.alloc(1)]),
    Buffer.concat([bytes, bytes.subarray(-16)]),
  ];
  for (let cut = 0; cut < bytes.length; cut++) damaged.push(bytes.subarray(0, cut));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    damaged.push(flipped);
  }
  for (const content of damaged) {
    await writeFile(file, content);
    expect(await readNewest(journal)).toEqual({ sequence: 1, texts: ['old'] });
    expect(journal.damagedSnapshots).toMatchObject([{ code: 'JournalDamaged', file }]);
  }
  await journal.close();
});

test('a journal that ends before its snapshot has lost frames', async () => {
  const directory = await temporaryDirectory();
  const journal = await openWithFrames(directory, 2);
  await journal.writeSnapshot(2, chunks('x'));
  await journal.close();
  await rm(join(directory, 'segment-0000000000000000'));
  await expect(FileJournal.open(directory)).rejects.toMatchObject({ code: 'JournalDamaged' });
});

test('a snapshot of frames that are not there yet is refused', async () => {
  const journal = await openWithFrames(await temporaryDirectory(), 2);
  await expect(journal.writeSnapshot(3, [])).rejects.toThrow(RangeError);
  await journal.close();
});

/** Five frames of 3 bytes, one to a segment. */
async function openWithSegments(directory: string, keepHistory: boolean): Promise<FileJournal> {
  const journal = await FileJournal.open(directory, { segmentBytes: 1, keepHistory });
  for (const frame of ['a', 'b', 'c', 'd', 'e']) journal.append(Buffer.from(frame));
  return journal;
}

const segments = async (directory: string): Promise<number[]> =>
  (await readdir(directory))
    .filter((name) => name.startsWith('segment'))
    .map((name) => Number(name.slice(8)))
    .sort();

test('segments go when the oldest snapshot that is kept stands for all of them', async () => {
  const directory = await temporaryDirectory();
  const journal = await openWithSegments(directory, false);
  await journal.writeSnapshot(3, chunks('x'));
  expect(await segments(directory)).toEqual([0, 1, 2, 3, 4]);
  await journal.writeSnapshot(5, chunks('y'));
  expect(await segments(directory)).toEqual([3, 4]);
  expect(journal.firstSequence).toBe(3);
  await journal.writeSnapshot(5, chunks('z'));
  await journal.close();
  const again = await FileJournal.open(directory);
  expect([again.firstSequence, again.nextSequence]).toEqual([3, 5]);
  expect((await again.readSnapshot('oldest'))?.sequence).toBe(3);
  await again.close();
});

test('with keepHistory they all stay', async () => {
  const directory = await temporaryDirectory();
  const journal = await openWithSegments(directory, true);
  await journal.writeSnapshot(4, chunks('x'));
  await journal.writeSnapshot(5, chunks('y'));
  expect(await segments(directory)).toEqual([0, 1, 2, 3, 4]);
  await journal.close();
});
