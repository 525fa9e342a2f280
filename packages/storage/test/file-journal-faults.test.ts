import type * as fs from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FileJournal } from '../src/index.ts';
import { framesOf, reopen } from './journal-contents.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** What the disk does next; reset after each test. */
const disk = vi.hoisted(() => ({
  syncFails: false,
  truncateFails: false,
  /** Bytes that still fit, and how many one call takes at most. */
  room: Number.POSITIVE_INFINITY,
  perCall: Number.POSITIVE_INFINITY,
  syncs: 0,
}));

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  const failure = (code: string): Error =>
    Object.assign(new Error(`${code}: made by the test`), { code });
  const take = (bytes: number): number => {
    if (disk.room <= 0) throw failure('ENOSPC');
    const taken = Math.min(bytes, disk.room, disk.perCall);
    disk.room -= taken;
    return taken;
  };
  return {
    ...original,
    fdatasync: (fd: number, done: (error: Error | null) => void) => {
      disk.syncs++;
      if (disk.syncFails) setImmediate(done, failure('EIO'));
      else original.fdatasync(fd, done);
    },
    fdatasyncSync: (fd: number) => {
      if (disk.syncFails) throw failure('EIO');
      original.fdatasyncSync(fd);
    },
    ftruncateSync: (fd: number, length: number) => {
      if (disk.truncateFails) throw failure('EIO');
      original.ftruncateSync(fd, length);
    },
    writeSync: (fd: number, buffer: Uint8Array, offset: number, length: number) =>
      original.writeSync(fd, buffer, offset, take(length)),
    writevSync: (fd: number, buffers: Uint8Array[]) => {
      const all = Buffer.concat(buffers);
      return original.writeSync(fd, all, 0, take(all.length));
    },
  };
});

async function openOnFaultyDisk(
  segmentBytes = 1 << 20,
): Promise<{ directory: string; journal: FileJournal }> {
  const healthy = { ...disk };
  onTestFinished(() => void Object.assign(disk, healthy));
  const directory = await temporaryDirectory();
  return { directory, journal: await FileJournal.open(directory, { segmentBytes }) };
}

test('a failed sync fails every later call with the same error', async () => {
  const { directory, journal } = await openOnFaultyDisk();
  journal.append(Buffer.from('a'));
  await journal.sync();
  journal.append(Buffer.from('b'));
  disk.syncFails = true;
  const syncs = await Promise.allSettled([journal.sync(), journal.sync()]);
  disk.syncFails = false;
  const [error] = syncs.map((sync) =>
    sync.status === 'rejected' ? (sync.reason as Error) : undefined,
  );
  expect(error).toMatchObject({ name: 'JournalError', code: 'JournalSyncFailed' });
  expect(syncs[1]).toEqual({ status: 'rejected', reason: error });
  expect(() => journal.append(Buffer.from('c'))).toThrow(error);
  await expect(journal.sync()).rejects.toBe(error);
  await expect(journal.writeSnapshot(1, [])).rejects.toBe(error);
  await expect(framesOf(journal)).rejects.toBe(error);
  await expect(journal.close()).rejects.toBe(error);
  expect(await reopen(directory)).toEqual({ frames: ['a', 'b'], torn: false });
});

test('those who wait for the sync after a failing one fail with it', async () => {
  const { journal } = await openOnFaultyDisk();
  journal.append(Buffer.from('a'));
  disk.syncFails = true;
  const first = journal.sync();
  journal.append(Buffer.from('b'));
  const [one, two] = await Promise.allSettled([first, journal.sync()]);
  expect(one.status).toBe('rejected');
  expect(two).toEqual(one);
});

test('a failed sync at the end of a segment counts as well', async () => {
  const { journal } = await openOnFaultyDisk(1);
  journal.append(Buffer.from('a'));
  disk.syncFails = true;
  const failed = expect.objectContaining({ code: 'JournalSyncFailed' });
  expect(() => journal.append(Buffer.from('b'))).toThrow(failed);
  disk.syncFails = false;
  expect(() => journal.append(Buffer.from('b'))).toThrow(failed);
  await expect(journal.sync()).rejects.toThrow(failed);
});

test('callers share syncs: those who come while one runs wait for one more, together', async () => {
  const { journal } = await openOnFaultyDisk();
  const before = disk.syncs;
  journal.append(Buffer.from('a'));
  const waiting = [journal.sync(), journal.sync()];
  for (let count = 0; count < 100; count++) {
    journal.append(Buffer.from('b'));
    waiting.push(journal.sync());
  }
  await Promise.all(waiting);
  await journal.sync();
  expect(disk.syncs - before).toBe(2);
  await journal.close();
});

test('short writes are gone on with', async () => {
  const { directory, journal } = await openOnFaultyDisk();
  disk.perCall = 7;
  const large = 'y'.repeat(70_000);
  journal.append(Buffer.from('a frame that takes several calls'));
  disk.perCall = 9_999;
  journal.append(Buffer.from(large));
  await journal.close();
  expect(await reopen(directory)).toEqual({
    frames: ['a frame that takes several calls', large],
    torn: false,
  });
});

test('a frame that no longer fits on the disk changes nothing and can be tried again', async () => {
  const { directory, journal } = await openOnFaultyDisk();
  journal.append(Buffer.from('a'));
  disk.room = 10;
  expect(() => journal.append(Buffer.from('b'))).toThrow(
    expect.objectContaining({ code: 'JournalWriteFailed', offset: 41 }),
  );
  expect(journal.nextSequence).toBe(1);
  disk.room = Number.POSITIVE_INFINITY;
  expect(journal.append(Buffer.from('b'))).toBe(1);
  await journal.close();
  expect(await reopen(directory)).toEqual({ frames: ['a', 'b'], torn: false });
});

test('a segment that cannot be begun can be tried again', async () => {
  const { directory, journal } = await openOnFaultyDisk(1);
  journal.append(Buffer.from('a'));
  disk.room = 10;
  expect(() => journal.append(Buffer.from('b'))).toThrow(
    expect.objectContaining({ code: 'JournalWriteFailed' }),
  );
  disk.room = Number.POSITIVE_INFINITY;
  expect(journal.append(Buffer.from('b'))).toBe(1);
  await journal.close();
  expect(await reopen(directory)).toEqual({ frames: ['a', 'b'], torn: false });
});

test('half a frame that cannot be taken back ends the journal, and is a torn tail', async () => {
  const { directory, journal } = await openOnFaultyDisk();
  journal.append(Buffer.from('a'));
  disk.room = 10;
  disk.truncateFails = true;
  const failed = expect.objectContaining({ code: 'JournalSyncFailed' });
  expect(() => journal.append(Buffer.from('b'))).toThrow(failed);
  disk.room = Number.POSITIVE_INFINITY;
  expect(() => journal.append(Buffer.from('b'))).toThrow(failed);
  await expect(journal.close()).rejects.toThrow(failed);
  expect(await reopen(directory)).toEqual({ frames: ['a'], torn: true });
});
