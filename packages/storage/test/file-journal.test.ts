import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileJournal } from '../src/index.ts';
import { framesOf, writeJournal } from './journal-contents.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const FIRST_SEGMENT = 'segment-0000000000000000';

test('a new journal is empty and creates nothing before the first write', async () => {
  const directory = join(await temporaryDirectory(), 'journal');
  const journal = await FileJournal.open(directory);
  expect(journal.nextSequence).toBe(0);
  expect(await framesOf(journal)).toEqual([]);
  expect(await journal.readSnapshot()).toBeUndefined();
  await journal.close();
  await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('frames come back in order after it is opened again, and numbers go on', async () => {
  const directory = await temporaryDirectory();
  const journal = await FileJournal.open(directory);
  expect([
    journal.append(Buffer.from('a')),
    journal.append(Buffer.from('')),
    journal.append(Buffer.from('c')),
  ]).toEqual([0, 1, 2]);
  await journal.close();

  const again = await FileJournal.open(directory);
  expect(await framesOf(again)).toEqual(['a', '', 'c']);
  expect(again.tornTail).toBeUndefined();
  expect(again.append(Buffer.from('d'))).toBe(3);
  expect(await framesOf(again, 2)).toEqual(['c', 'd']);
  expect(await framesOf(again, 4)).toEqual([]);
  await again.close();
});

test('any frames in segments of any size are read as they were written, from any place', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 500 }),
      fc.nat(30),
      fc.nat(30),
      async (frames, segmentBytes, reopenAt, from) => {
        const directory = await temporaryDirectory();
        const texts = frames.map((frame) => Buffer.from(frame).toString('latin1'));
        await writeJournal(directory, texts.slice(0, reopenAt), { segmentBytes });
        await writeJournal(directory, texts.slice(reopenAt), { segmentBytes });
        const journal = await FileJournal.open(directory);
        expect(journal.nextSequence).toBe(frames.length);
        expect(await framesOf(journal, from)).toEqual(texts.slice(from));
        await journal.close();
      },
    ),
    { numRuns: 40 },
  );
});

test('frames larger than a segment, than the write buffer and than the read buffer are kept', async () => {
  const directory = await temporaryDirectory();
  const frames = [10, 65_536, 65_537, 3_000_000, 0, 1_048_560].map((length, index) =>
    String(index).repeat(length),
  );
  await writeJournal(directory, frames, { segmentBytes: 100_000 });
  const journal = await FileJournal.open(directory);
  expect((await framesOf(journal)).map((frame) => frame.length)).toEqual(
    frames.map((frame) => frame.length),
  );
  expect((await framesOf(journal)).every((frame, index) => frame === frames[index])).toBe(true);
  await journal.close();
});

test('a full segment is followed by one that is named by its first frame', async () => {
  const directory = await temporaryDirectory();
  await writeJournal(directory, ['0123456789', '0123456789', '0123456789'], {
    segmentBytes: 24 + 2 * 26,
  });
  expect((await readdir(directory)).sort()).toEqual([FIRST_SEGMENT, 'segment-0000000000000002']);
});

test('reading goes up to the last frame before the call', async () => {
  const directory = await temporaryDirectory();
  const journal = await FileJournal.open(directory, { segmentBytes: 60 });
  for (const text of ['a', 'b', 'c']) journal.append(Buffer.from(text));
  const reading = journal.read();
  const seen = [(await reading.next()).value];
  for (const text of ['d', 'e', 'f']) journal.append(Buffer.from(text));
  for await (const frame of reading) seen.push(frame);
  expect(seen.map((frame) => frame?.sequence)).toEqual([0, 1, 2]);
  await journal.close();
});

test('concurrent syncs all resolve, also while frames go on and segments roll', async () => {
  const directory = await temporaryDirectory();
  const journal = await FileJournal.open(directory, { segmentBytes: 1000 });
  const syncs: Promise<void>[] = [];
  for (let count = 0; count < 500; count++) {
    journal.append(Buffer.from(`frame ${count}`));
    syncs.push(journal.sync());
    if (count % 50 === 0) await journal.sync();
  }
  await Promise.all(syncs);
  await journal.close();
  const again = await FileJournal.open(directory);
  expect(again.nextSequence).toBe(500);
  await again.close();
});

test('after close every call but close throws JournalClosed', async () => {
  const journal = await FileJournal.open(await temporaryDirectory());
  journal.append(Buffer.from('a'));
  await journal.close();
  await journal.close();
  const closed = expect.objectContaining({ code: 'JournalClosed' });
  expect(() => journal.append(Buffer.from('b'))).toThrow(closed);
  await expect(journal.sync()).rejects.toThrow(closed);
  await expect(journal.readSnapshot()).rejects.toThrow(closed);
  await expect(framesOf(journal)).rejects.toThrow(closed);
});

test('the torn tail is named, kept beside and cut off by the first append', async () => {
  const directory = await temporaryDirectory();
  await writeJournal(directory, ['kept', 'torn']);
  const file = join(directory, FIRST_SEGMENT);
  const whole = await readFile(file);
  await truncate(file, whole.length - 1);

  const reader = await FileJournal.open(directory);
  const offset = whole.length - 20;
  expect(reader.tornTail).toEqual({ file, offset, bytes: 19 });
  expect(await framesOf(reader)).toEqual(['kept']);
  await reader.close();
  expect((await readFile(file)).length).toBe(whole.length - 1);

  await writeJournal(directory, ['new']);
  expect(await readFile(`${file}.torn-${offset}`)).toEqual(whole.subarray(offset, -1));
  const journal = await FileJournal.open(directory);
  expect(journal.tornTail).toBeUndefined();
  expect(await framesOf(journal)).toEqual(['kept', 'new']);
  await journal.close();
});

test('a second tail torn at the same place is kept beside the first', async () => {
  const directory = await temporaryDirectory();
  await writeJournal(directory, ['kept']);
  const file = join(directory, FIRST_SEGMENT);
  const whole = await readFile(file);
  for (const tail of ['one', 'two']) {
    await writeFile(file, Buffer.concat([whole, Buffer.from(tail)]));
    await writeJournal(directory, ['new']);
  }
  expect(await readFile(`${file}.torn-${whole.length}`, 'utf8')).toBe('one');
  expect(await readFile(`${file}.torn-${whole.length}.2`, 'utf8')).toBe('two');
});

test('a missing segment is damage where it is read', async () => {
  const directory = await temporaryDirectory();
  await writeJournal(directory, ['a', 'b', 'c'], { segmentBytes: 1 });
  await rm(join(directory, 'segment-0000000000000001'));
  const journal = await FileJournal.open(directory);
  await expect(framesOf(journal)).rejects.toMatchObject({
    code: 'JournalDamaged',
    file: join(directory, FIRST_SEGMENT),
    offset: 41,
  });
  expect(await framesOf(journal, 2)).toEqual(['c']);
  await journal.close();
});

test('frames before the first segment are missing, not skipped', async () => {
  const directory = await temporaryDirectory();
  await writeJournal(directory, ['a', 'b'], { segmentBytes: 1 });
  await rm(join(directory, FIRST_SEGMENT));
  const journal = await FileJournal.open(directory);
  await expect(framesOf(journal)).rejects.toMatchObject({ code: 'JournalDamaged' });
  expect(await framesOf(journal, 1)).toEqual(['b']);
  await journal.close();
});

test('a segment under another name is damage', async () => {
  const directory = await temporaryDirectory();
  await writeJournal(directory, ['a']);
  const bytes = await readFile(join(directory, FIRST_SEGMENT));
  await rm(join(directory, FIRST_SEGMENT));
  await writeFile(join(directory, 'segment-0000000000000007'), bytes);
  await expect(FileJournal.open(directory)).rejects.toMatchObject({
    code: 'JournalDamaged',
    offset: 12,
  });
});

test('files of others in the directory are left alone', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'notes'), 'mine');
  await writeJournal(directory, ['a']);
  expect((await readdir(directory)).sort()).toEqual(['notes', FIRST_SEGMENT]);
});

test('what a crash left half made is removed by the first write', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, `${FIRST_SEGMENT}.partial-x`), '');
  await writeFile(join(directory, 'snapshot-0000000000000000.partial-x'), '');
  await writeJournal(directory, ['a']);
  expect(await readdir(directory)).toEqual([FIRST_SEGMENT]);
});
