import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlobStore } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** What differs between stores. */
export interface BlobStoreContract {
  /** A store of the test's own, with the empty container `box`. */
  openStore(): Promise<{ store: BlobStore }>;
  /** Names that this store keeps, beside those that every store does. */
  moreNames?: readonly string[];
  /** Parts of names likewise. */
  moreParts?: readonly string[];
  /** Whether it keeps a name with this part, which is neither empty, `.` nor `..` and has no slash. */
  isKept?(part: string): boolean;
  numRuns?: number;
}

export async function namesOf(
  store: BlobStore,
  container: string,
  prefix?: string,
): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list(container, prefix === undefined ? {} : { prefix }))
    names.push(name);
  return names;
}

export async function namesIn(store: BlobStore, prefix?: string): Promise<string[]> {
  return await namesOf(store, 'box', prefix);
}

export const code = (expected: string): Error =>
  expect.objectContaining({ name: 'BatchError', code: expected }) as Error;

/** What every store of blobs does. */
export function blobStoreContract({
  openStore,
  moreNames = [],
  moreParts = [],
  isKept = () => true,
  numRuns = 60,
}: BlobStoreContract): void {
  const isPart = (text: string): boolean => !/^\.\.?$|\/|\0/.test(text) && isKept(text);

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

  test('reading is given up by its signal', async () => {
    const { store } = await openStore();
    await store.write('box', 'a', Buffer.alloc(1 << 20));
    const controller = new AbortController();
    const stream = await store.read('box', 'a', { signal: controller.signal });
    controller.abort();
    await expect(buffer(stream)).rejects.toMatchObject({ name: 'AbortError' });
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

  test('a hostile blob name is refused everywhere', async () => {
    const { store } = await openStore();
    const directory = await temporaryDirectory();
    const file = join(directory, 'out');
    await writeFile(join(directory, 'secret'), 'secret');
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
    expect(await readdir(directory)).toEqual(['secret']);
    expect(await namesIn(store)).toEqual([]);
  });

  test('strange names are kept apart and listed', async () => {
    const { store } = await openStore();
    const names = [
      ...moreNames,
      'a',
      'a/b',
      'a%',
      'a%/b',
      'a%25',
      '%',
      '%+',
      'a%+/b',
      '..a',
      '.b/..c',
      ' ',
      'a?*:"<>|',
      '😀',
      'é',
      'e\u0301',
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

  test('a write that fails or is given up leaves the blob as it was', async () => {
    const { store } = await openStore();
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
    expect(await namesIn(store)).toEqual(['a']);
  });

  test('an uploaded file is a copy', async () => {
    const { store } = await openStore();
    const file = join(await temporaryDirectory(), 'x');
    await writeFile(file, 'before');
    await chmod(file, 0o700);
    expect(await store.upload('box', 'a/b', file)).toMatchObject({ name: 'a/b', contentLength: 6 });
    await writeFile(file, 'after');
    expect(await text(await store.read('box', 'a/b'))).toBe('before');
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
        ...moreParts,
      ),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => isPart(text)),
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
      { numRuns },
    );
  });
  test('how far a transfer is, is told to its end', async () => {
    const { store } = await openStore();
    const directory = await temporaryDirectory();
    const bytes = Buffer.alloc(300_000, 'x');
    await writeFile(join(directory, 'x'), bytes);
    const seen: number[] = [];
    const onProgress = (transferred: number): void => void seen.push(transferred);
    await store.upload('box', 'a', join(directory, 'x'), { onProgress });
    expect([seen.at(-1), [...seen].sort((a, b) => a - b)]).toEqual([bytes.length, seen]);
    seen.length = 0;
    await store.download('box', 'a', join(directory, 'y'), { onProgress });
    expect([seen.at(-1), [...seen].sort((a, b) => a - b)]).toEqual([bytes.length, seen]);
    seen.length = 0;
    await store.write('box', 'b', bytes, { onProgress });
    expect(seen.at(-1)).toBe(bytes.length);
  });

  test('a blob has another eTag when it has another content, in its list as well', async () => {
    const { store } = await openStore();
    const first = await store.write('box', 'a', 'one');
    const second = await store.write('box', 'a', 'two');
    expect(first.eTag).toBeTruthy();
    expect(second.eTag).not.toBe(first.eTag);
    for await (const { eTag } of store.list('box')) expect(eTag).toBe(second.eTag);
  });

  test('what is given up before it began does nothing', async () => {
    const { store } = await openStore();
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'x'), 'x');
    await store.write('box', 'a', 'x');
    const signal = AbortSignal.abort();
    const abortion = { name: 'AbortError' };
    await expect(store.read('box', 'a', { signal })).rejects.toMatchObject(abortion);
    await expect(store.write('box', 'b', 'x', { signal })).rejects.toMatchObject(abortion);
    await expect(store.upload('box', 'b', join(directory, 'x'), { signal })).rejects.toMatchObject(
      abortion,
    );
    await expect(
      store.download('box', 'a', join(directory, 'y'), { signal }),
    ).rejects.toMatchObject(abortion);
    expect(await namesIn(store)).toEqual(['a']);
    expect(await readdir(directory)).toEqual(['x']);
  });
}
