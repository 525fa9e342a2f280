import {
  chmod,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirectoryBlobStore } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

async function openStore(): Promise<{ directory: string; store: DirectoryBlobStore }> {
  const directory = join(await temporaryDirectory(), 'store');
  const store = new DirectoryBlobStore(directory);
  await store.createContainer('box');
  return { directory, store };
}

async function namesIn(store: DirectoryBlobStore, prefix?: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list('box', prefix === undefined ? {} : { prefix }))
    names.push(name);
  return names;
}

const code = (expected: string): Error =>
  expect.objectContaining({ name: 'BatchError', code: expected }) as Error;

test('a blob is read as it was written, whatever its content comes as', async () => {
  const { store } = await openStore();
  const stream = Readable.from(['in ', Buffer.from('pieces')], { objectMode: false });
  for (const [content, expected] of [
    ['text', 'text'],
    [Buffer.from('bytes'), 'bytes'],
    [stream, 'in pieces'],
    ['', ''],
  ] as const) {
    const properties = await store.write('box', 'a', content);
    expect(properties).toMatchObject({ name: 'a', contentLength: expected.length });
    expect(Math.abs(properties.lastModified.getTime() - Date.now())).toBeLessThan(60_000);
    expect(await text(await store.read('box', 'a'))).toBe(expected);
  }
});

test('ordinary names are what they are called on disk', async () => {
  const { directory, store } = await openStore();
  await store.write('box', 'input data/ä.csv', 'x');
  expect(await readFile(join(directory, 'box', 'input data%', 'ä.csv'), 'utf8')).toBe('x');
});

test('part of a blob can be read', async () => {
  const { store } = await openStore();
  await store.write('box', 'a', '0123456789');
  const read = async (offset?: number, count?: number): Promise<string> =>
    await text(
      await store.read('box', 'a', {
        ...(offset !== undefined && { offset }),
        ...(count !== undefined && { count }),
      }),
    );
  expect(await read(3)).toBe('3456789');
  expect(await read(3, 4)).toBe('3456');
  expect(await read(9, 100)).toBe('9');
  expect(await read(0, 0)).toBe('');
  expect(await read(undefined, 2)).toBe('01');
  for (const [offset, count] of [[10], [-1], [0.5], [0, -1]]) {
    await expect(read(offset, count)).rejects.toThrow(code('InvalidRange'));
  }
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

test('what is missing is named by its code', async () => {
  const { store } = await openStore();
  const file = join(await temporaryDirectory(), 'x');
  await writeFile(file, 'x');
  await expect(store.read('none', 'a')).rejects.toThrow(code('ContainerNotFound'));
  await expect(store.write('none', 'a', 'x')).rejects.toThrow(code('ContainerNotFound'));
  await expect(store.upload('none', 'a', file)).rejects.toThrow(code('ContainerNotFound'));
  await expect(store.delete('none', 'a')).rejects.toThrow(code('ContainerNotFound'));
  await expect(store.deleteContainer('none')).rejects.toThrow(code('ContainerNotFound'));
  await expect(store.list('none')[Symbol.asyncIterator]().next()).rejects.toThrow(
    code('ContainerNotFound'),
  );
  await expect(store.read('box', 'a')).rejects.toThrow(code('BlobNotFound'));
  await expect(store.read('box', 'a/b')).rejects.toThrow(code('BlobNotFound'));
  await expect(store.delete('box', 'a')).rejects.toThrow(code('BlobNotFound'));
  await expect(store.download('box', 'a', `${file}2`)).rejects.toThrow(code('BlobNotFound'));
  await expect(store.upload('box', 'a', `${file}3`)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a container is there after it is created, twice or not, and gone with its blobs after it is deleted', async () => {
  const { store } = await openStore();
  await store.createContainer('box');
  await store.write('box', 'a/b', 'x');
  await store.deleteContainer('box');
  expect(await store.containerExists('box')).toBe(false);
  await store.createContainer('box');
  expect(await namesIn(store)).toEqual([]);
});

test('names of containers follow the rules of Azure', async () => {
  const { store } = await openStore();
  for (const name of [
    'ab',
    'a'.repeat(64),
    'Upper',
    'a--b',
    '-ab',
    'ab-',
    'a_b',
    '../up',
    '...',
    '.incoming',
    'a/b',
    '',
    'a\0b',
    'abc\n',
  ]) {
    await expect(store.createContainer(name), name).rejects.toThrow(code('InvalidResourceName'));
    await expect(store.containerExists(name), name).rejects.toThrow(code('InvalidResourceName'));
    await expect(store.write(name, 'a', ''), name).rejects.toThrow(code('InvalidResourceName'));
  }
  for (const name of ['abc', '0-1-2', 'a'.repeat(63)]) await store.createContainer(name);
});

test('a hostile blob name is refused everywhere', async () => {
  const { directory, store } = await openStore();
  await writeFile(join(directory, 'secret'), 'secret');
  const file = join(directory, 'out');
  const parts255 = Array.from({ length: 255 }, () => 'a').join('/');
  for (const name of [
    '',
    '.',
    '..',
    '../secret',
    'a/../../secret',
    'a/..',
    './a',
    '/a',
    'a/',
    'a//b',
    'a\0',
    '\ud800',
    'x'.repeat(1025),
    parts255,
  ]) {
    const refusal = code('InvalidResourceName');
    await expect(store.write('box', name, 'x'), name).rejects.toThrow(refusal);
    await expect(store.read('box', name), name).rejects.toThrow(refusal);
    await expect(store.delete('box', name), name).rejects.toThrow(refusal);
    await expect(store.upload('box', name, join(directory, 'secret')), name).rejects.toThrow(
      refusal,
    );
    await expect(store.download('box', name, file), name).rejects.toThrow(refusal);
  }
  expect((await readdir(directory)).sort()).toEqual(['.incoming', 'box', 'secret']);
});

test('strange names that Azure allows are kept apart and listed', async () => {
  const { store } = await openStore();
  const names = [
    'a',
    'a/b',
    'a%',
    'a%/b',
    'a%25',
    '%',
    '%+',
    'a%+/b',
    '...',
    '..a',
    '.b/..c',
    'con\\tent',
    '..\\up',
    'new\nline',
    ' ',
    'a?*:"<>|',
    '😀',
    'é',
    'e\u0301',
    '\x7f',
    'x'.repeat(1024),
    'ä'.repeat(1024),
    '%'.repeat(1024),
    `${'long'.repeat(100)}/b`,
    '😀'.repeat(100),
  ];
  for (const name of names) await store.write('box', name, name);
  expect(await namesIn(store)).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)));
  for (const name of names) expect(await text(await store.read('box', name))).toBe(name);
  for (const name of names) await store.delete('box', name);
  expect(await namesIn(store)).toEqual([]);
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

test('a write that fails or is given up leaves the blob as it was', async () => {
  const { directory, store } = await openStore();
  await store.write('box', 'a', 'before');
  const failing = Readable.from(
    (function* () {
      yield 'half';
      throw new Error('source broke');
    })(),
    { objectMode: false },
  );
  await expect(store.write('box', 'a', failing)).rejects.toThrow('source broke');

  const controller = new AbortController();
  const endless = new Readable({ read: () => undefined });
  const writing = store.write('box', 'a', endless, { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await expect(writing).rejects.toMatchObject({ name: 'AbortError' });

  expect(await text(await store.read('box', 'a'))).toBe('before');
  expect(await readdir(join(directory, '.incoming'))).toEqual([]);
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

test('reading is given up by its signal', async () => {
  const { store } = await openStore();
  await store.write('box', 'a', Buffer.alloc(1 << 20));
  const controller = new AbortController();
  const stream = await store.read('box', 'a', { signal: controller.signal });
  controller.abort();
  await expect(buffer(stream)).rejects.toMatchObject({ name: 'AbortError' });
});

test('uploaded files are copies, which nobody may write', async () => {
  const { directory, store } = await openStore();
  const file = join(await temporaryDirectory(), 'x');
  await writeFile(file, 'before');
  await chmod(file, 0o700);
  expect(await store.upload('box', 'a/b', file)).toMatchObject({ name: 'a/b', contentLength: 6 });
  await writeFile(file, 'after');
  expect(await text(await store.read('box', 'a/b'))).toBe('before');
  expect((await stat(join(directory, 'box', 'a%', 'b'))).mode & 0o777).toBe(0o444);
});

test('a download has the mode that was asked for, and is a copy when it may be written', async () => {
  const { store } = await openStore();
  const target = await temporaryDirectory();
  await store.write('box', 'a', 'content');
  await store.download('box', 'a', join(target, 'default'));
  await store.download('box', 'a', join(target, 'chosen'), { mode: 0o604 });
  expect((await stat(join(target, 'default'))).mode & 0o777).toBe(0o770);
  expect((await stat(join(target, 'chosen'))).mode & 0o777).toBe(0o604);
  await writeFile(join(target, 'default'), 'changed');
  expect(await text(await store.read('box', 'a'))).toBe('content');
  expect((await readdir(target)).sort()).toEqual(['chosen', 'default']);
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

test('a download never replaces a file', async () => {
  const { store } = await openStore();
  const target = await temporaryDirectory();
  const file = join(target, 'x');
  await store.write('box', 'a', 'content');
  await writeFile(file, 'mine');
  for (const mode of [0o770, 0o444])
    await expect(store.download('box', 'a', file, { mode })).rejects.toMatchObject({
      code: 'EEXIST',
    });
  expect(await readFile(file, 'utf8')).toBe('mine');
  expect(await readdir(target)).toEqual(['x']);
});

test('a list takes only names with the prefix, in the order of whole names', async () => {
  const { store } = await openStore();
  const names = ['a', 'a-b', 'a.b', 'a/b', 'a/b/c', 'a0', 'ab/c', 'b'];
  for (const name of [...names].reverse()) await store.write('box', name, '');
  expect(await namesIn(store)).toEqual(names);
  for (const prefix of ['a', 'a/', 'a/b', 'a/b/', 'ab', 'c', '/', 'a/b/c']) {
    expect(await namesIn(store, prefix)).toEqual(names.filter((name) => name.startsWith(prefix)));
  }
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

test('any writes, deletes, reads and lists agree with a map', async () => {
  const part = fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      'a%',
      '%',
      'a.b',
      '.a',
      'long'.repeat(70),
      `${'long'.repeat(70)}é`,
      '\u0001',
    ),
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .filter((text) => !/^\.\.?$|\/|\0/.test(text)),
  );
  const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      name,
      content: fc.uint8Array({ maxLength: 50 }),
    }),
    fc.record({ kind: fc.constant('delete' as const), name }),
    fc.record({ kind: fc.constant('list' as const), name: fc.oneof(fc.constant(''), name) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const { store } = await openStore();
      const model = new Map<string, string>();
      for (const step of steps) {
        if (step.kind === 'write') {
          await store.write('box', step.name, step.content);
          model.set(step.name, Buffer.from(step.content).toString('hex'));
        } else if (step.kind === 'list') {
          const expected = [...model.keys()]
            .filter((key) => key.startsWith(step.name))
            .sort((a, b) => (a < b ? -1 : 1));
          expect(await namesIn(store, step.name)).toEqual(expected);
        } else if (model.delete(step.name)) {
          await store.delete('box', step.name);
        } else {
          await expect(store.delete('box', step.name)).rejects.toThrow(code('BlobNotFound'));
        }
      }
      const stored = new Map<string, string>();
      for (const key of await namesIn(store))
        stored.set(key, (await buffer(await store.read('box', key))).toString('hex'));
      expect(stored).toEqual(new Map([...model].sort(([a], [b]) => (a < b ? -1 : 1))));
    }),
    { numRuns: 60 },
  );
});
