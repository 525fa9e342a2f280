import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { DirectoryBlobStore } from '../src/index.ts';
import { blobStoreContract, code, namesIn } from './blob-store-contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

async function openStore(): Promise<{ directory: string; store: DirectoryBlobStore }> {
  const directory = join(await temporaryDirectory(), 'store');
  const store = new DirectoryBlobStore(directory);
  await store.createContainer('box');
  return { directory, store };
}

blobStoreContract({
  openStore,
  moreNames: ['...', 'con\\tent', '..\\up', 'new\nline', '\x7f'],
  moreParts: ['\u0001'],
});

test('a blob is a file that nobody may write', async () => {
  const { directory, store } = await openStore();
  await store.write('box', 'a/b', 'x');
  expect((await stat(join(directory, 'box', 'a%', 'b'))).mode & 0o777).toBe(0o444);
});

test('a write that fails or is given up leaves nothing behind', async () => {
  const { directory, store } = await openStore();
  const failing = Readable.from(
    (function* () {
      yield 'half';
      throw new Error('source broke');
    })(),
    { objectMode: false },
  );
  await expect(store.write('box', 'a', failing)).rejects.toThrow('source broke');
  const signal = AbortSignal.timeout(20);
  const endless = new Readable({ read: () => undefined });
  await expect(store.write('box', 'a', endless, { signal })).rejects.toThrow();
  expect(await readdir(join(directory, '.incoming'))).toEqual([]);
});

test('a hostile name leads nowhere', async () => {
  const { directory, store } = await openStore();
  await expect(store.write('box', '../secret', 'x')).rejects.toThrow(code('InvalidResourceName'));
  expect((await readdir(directory)).sort()).toEqual(['.incoming', 'box']);
});

test('ordinary names are what they are called on disk', async () => {
  const { directory, store } = await openStore();
  await store.write('box', 'input data/ä.csv', 'x');
  expect(await readFile(join(directory, 'box', 'input data%', 'ä.csv'), 'utf8')).toBe('x');
});

test('who reads a blob reads it to its end, though it is replaced or deleted meanwhile', async () => {
  const { store } = await openStore();
  await store.write('box', 'a', 'before');
  const replaced = await store.read('box', 'a');
  await store.write('box', 'a', 'after it');
  const deleted = await store.read('box', 'a');
  await store.delete('box', 'a');
  expect([await text(replaced), await text(deleted)]).toEqual(['before', 'after it']);
});

test('no symbolic link leads out of the store', async () => {
  const { directory, store } = await openStore();
  const outside = await temporaryDirectory();
  await writeFile(join(outside, 'secret'), 'secret');
  await symlink(join(outside, 'secret'), join(directory, 'box', 'file'));
  await symlink(outside, join(directory, 'box', 'folder%'));
  await symlink(outside, join(directory, 'other'));
  await mkdir(join(outside, 'inner%'));
  const file = join(outside, 'downloaded');

  expect(await namesIn(store)).toEqual([]);
  expect(await store.containerExists('other')).toBe(false);
  await expect(store.read('other', 'secret')).rejects.toThrow();
  await expect(store.read('box', 'file')).rejects.toThrow(code('BlobNotFound'));
  await expect(store.download('box', 'file', file, { mode: 0o444 })).rejects.toThrow(
    code('BlobNotFound'),
  );
  for (const refused of [
    () => store.read('box', 'folder/secret'),
    () => store.delete('box', 'folder/secret'),
    () => store.write('box', 'folder/new', 'x'),
    () => store.write('box', 'folder/deeper/new', 'x'),
    () => store.write('box', 'folder/inner/deeper/new', 'x'),
    () => store.download('box', 'folder/secret', file),
  ]) {
    await expect(refused()).rejects.toThrow(code('InvalidResourceName'));
  }
  await store.write('box', 'file', 'mine');
  expect((await readdir(outside)).sort()).toEqual(['inner%', 'secret']);
  expect(await readdir(join(outside, 'inner%'))).toEqual([]);
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
});

test('what a crash left in the middle of a write is not listed, and removed after a day', async () => {
  const { directory, store } = await openStore();
  await writeFile(join(directory, '.incoming', 'fresh'), 'half');
  await writeFile(join(directory, '.incoming', 'stale'), 'half');
  const longAgo = Date.now() / 1000 - 2 * 86_400;
  await utimes(join(directory, '.incoming', 'stale'), longAgo, longAgo);
  expect(await namesIn(store)).toEqual([]);
  expect(await new DirectoryBlobStore(directory).containerExists('box')).toBe(true);
  expect(await readdir(join(directory, '.incoming'))).toEqual(['fresh']);
});

test('a download that nobody may write is a link, as long as the links agree on their mode', async () => {
  const { directory, store } = await openStore();
  const target = await temporaryDirectory();
  await store.write('box', 'a', 'content');
  const modes = { first: 0o555, second: 0o555, third: 0o444, fourth: 0o111 };
  for (const [name, mode] of Object.entries(modes))
    await store.download('box', 'a', join(target, name), { mode });
  for (const [name, mode] of Object.entries(modes))
    expect((await stat(join(target, name))).mode & 0o777).toBe(mode);
  const { ino } = await stat(join(directory, 'box', 'a'));
  const inodes = await Promise.all(
    Object.keys(modes).map(async (name) => (await stat(join(target, name))).ino === ino),
  );
  expect(inodes).toEqual([true, true, false, false]);
});

test('files and directories that the store did not write are not listed', async () => {
  const { directory, store } = await openStore();
  await mkdir(join(directory, 'box', 'plain'));
  await mkdir(join(directory, 'box', 'short%+'));
  await writeFile(join(directory, 'box', 'plain', 'x'), '');
  await writeFile(join(directory, 'box', 'short%+', 'x'), '');
  await writeFile(join(directory, 'box', '50%'), '');
  await store.write('box', 'a', '');
  expect(await namesIn(store)).toEqual(['a']);
});

test('the last delete in a directory removes it', async () => {
  const { directory, store } = await openStore();
  await store.write('box', 'a/b/c', '');
  await store.write('box', 'a/d', '');
  await store.delete('box', 'a/b/c');
  expect(await readdir(join(directory, 'box', 'a%'))).toEqual(['d']);
  await store.delete('box', 'a/d');
  expect(await readdir(join(directory, 'box'))).toEqual([]);
});

test('writes and deletes in one directory at the same time do not disturb each other', async () => {
  const { store } = await openStore();
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let round = 0; round < 15; round++) {
        await store.write('box', `a/b/${worker}`, `${round}`);
        await store.delete('box', `a/b/${worker}`);
      }
    }),
  );
  expect(await namesIn(store)).toEqual([]);
});
