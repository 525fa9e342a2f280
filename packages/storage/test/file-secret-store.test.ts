import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BatchError } from '@berth/core';
import { FileSecretStore, SecretGroup } from '@berth/storage';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './temporary-directory.ts';

async function keep(
  store: FileSecretStore,
  secrets: readonly string[],
  name?: string,
): Promise<string[]> {
  const group = new SecretGroup(name);
  const handles = secrets.map(group.seal);
  await store.put(group);
  return handles;
}

async function reopened(directory: string, inUse: string[] = []): Promise<FileSecretStore> {
  const store = new FileSecretStore(directory);
  await store.open(inUse);
  return store;
}

async function refusalOf(act: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await act.then(
    () => undefined,
    (found: unknown) => found,
  );
  if (!(error instanceof BatchError)) throw error ?? new Error('nothing was refused');
  return { code: error.code, message: error.message };
}

const now = Promise.resolve();

describe('a file secret store', () => {
  it('gives back what was put into it, in a later life too', async () => {
    const directory = join(await temporaryDirectory(), 'secrets');
    const secrets = ['sv=2020&sig=aGk%3D', '', 'ü€𝄞\n', 'x'.repeat(100_000)];
    const store = await reopened(directory);
    const handles = await keep(store, secrets);
    for (const [i, handle] of handles.entries()) expect(await store.get(handle)).toBe(secrets[i]);
    await store.close();
    const later = await reopened(directory, handles);
    for (const [i, handle] of handles.entries()) expect(await later.get(handle)).toBe(secrets[i]);
  });

  it('makes nothing before there is a secret', async () => {
    const directory = join(await temporaryDirectory(), 'secrets');
    const store = await reopened(directory);
    await keep(store, []);
    await store.retain(() => [], now);
    await expect(stat(directory)).rejects.toThrow('ENOENT');
  });

  it('leaves to nobody else what it writes, and nothing readable in it', async () => {
    const directory = join(await temporaryDirectory(), 'secrets');
    await keep(await reopened(directory), ['a secret of some length', 'another']);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const names = await readdir(directory);
    expect(names).toHaveLength(2);
    for (const name of names) {
      const file = join(directory, name);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const content = await readFile(file, 'latin1');
      expect(content).not.toMatch(/secret of|another/);
    }
  });

  it('holds any number', async () => {
    const directory = await temporaryDirectory();
    const secrets = Array.from({ length: 1_000 }, (_, i) => `secret ${i}`);
    const handles = await keep(await reopened(directory), secrets);
    const store = await reopened(directory, handles);
    for (const i of [0, 255, 256, 511, 512, 999]) {
      expect(await store.get(handles[i] ?? '')).toBe(`secret ${i}`);
    }
  });

  it('replaces a group by one of the same name', async () => {
    const directory = await temporaryDirectory();
    const store = await reopened(directory);
    const [handle = ''] = await keep(store, ['old'], 'job');
    expect(await keep(store, ['new'], 'job')).toEqual([handle]);
    expect(await store.get(handle)).toBe('new');
    expect(await (await reopened(directory, [handle])).get(handle)).toBe('new');
  });

  it('encrypts the same secret differently each time', async () => {
    const directory = await temporaryDirectory();
    const store = await reopened(directory);
    await keep(store, ['same'], 'a');
    const before = await readFile(join(directory, 'a-0'));
    await keep(store, ['same'], 'a');
    expect((await readFile(join(directory, 'a-0'))).equals(before)).toBe(false);
  });

  it.each(['none.0', 'none', '', '../key.0', 'a.b.0', 'a.-1'])(
    'has no secret %j',
    async (handle) => {
      const store = await reopened(await temporaryDirectory());
      await keep(store, ['x'], 'a');
      const { code, message } = await refusalOf(store.get(handle));
      expect(code).toBe('SecretNotFound');
      expect(message).toContain(`no secret ${handle}`);
    },
  );

  it('has no secret beyond those of a group', async () => {
    const store = await reopened(await temporaryDirectory());
    await keep(store, ['x'], 'a');
    expect((await refusalOf(store.get('a.1'))).code).toBe('SecretNotFound');
  });
});

describe('equal secrets', () => {
  it('of one group share a handle', () => {
    const group = new SecretGroup();
    expect(['a', 'b', 'a'].map(group.seal)).toEqual(
      ['0', '1', '0'].map((number) => `${group.name}.${number}`),
    );
    expect(group.secrets).toEqual(['a', 'b']);
  });

  it('of two groups do not', () => {
    expect(new SecretGroup().seal('a')).not.toBe(new SecretGroup().seal('a'));
  });
});

describe('what nothing needs', () => {
  it('is removed when the store is opened, with what a crash left', async () => {
    const directory = await temporaryDirectory();
    const store = await reopened(directory);
    const [needed = ''] = await keep(store, ['needed'], 'a');
    const [other = ''] = await keep(store, ['not needed'], 'b');
    const partial = '.c-0.partial-00000000-0000-4000-8000-000000000000';
    await writeFile(join(directory, partial), 'x');
    await writeFile(join(directory, 'notes'), 'x');
    const later = await reopened(directory, [needed]);
    expect((await readdir(directory)).sort()).toEqual(['a-0', 'key', 'notes']);
    expect((await refusalOf(later.get(other))).code).toBe('SecretNotFound');
    expect(await later.get(needed)).toBe('needed');
  });

  it('is removed once it is durable that nothing does', async () => {
    const directory = await temporaryDirectory();
    const store = await reopened(directory);
    const [needed = ''] = await keep(store, ['needed'], 'a');
    const [other = ''] = await keep(store, ['not needed'], 'b');
    let durable = (): void => {};
    const removed = store.retain(
      () => [needed],
      new Promise((resolve) => {
        durable = resolve;
      }),
    );
    expect(await store.get(other)).toBe('not needed');
    durable();
    await removed;
    expect((await refusalOf(store.get(other))).code).toBe('SecretNotFound');
    expect((await readdir(directory)).sort()).toEqual(['a-0', 'key']);
  });

  it('stays if it is put again meanwhile', async () => {
    const store = await reopened(await temporaryDirectory());
    await keep(store, ['old'], 'a');
    const removed = store.retain(() => [], new Promise((resolve) => setTimeout(resolve, 20)));
    const [handle = ''] = await keep(store, ['new'], 'a');
    await removed;
    expect(await store.get(handle)).toBe('new');
  });

  it('stays if it is not certain', async () => {
    const store = await reopened(await temporaryDirectory());
    const [handle = ''] = await keep(store, ['x'], 'a');
    const failed = store.retain(() => [], Promise.reject(new Error('the journal failed')));
    await expect(failed).rejects.toThrow('the journal failed');
    expect(await store.get(handle)).toBe('x');
  });
});

describe('damage', () => {
  it('of any bit of a file is noticed, and nothing is overwritten', async () => {
    const directory = await temporaryDirectory();
    const [handle = ''] = await keep(await reopened(directory), ['secret'], 'a');
    const store = await reopened(directory, [handle]);
    const file = join(directory, 'a-0');
    const whole = await readFile(file);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(file, damaged);
      const { code, message } = await refusalOf(store.get(handle));
      expect(code).toBe('SecretsDamaged');
      expect(message).toContain(file);
      expect((await readFile(file)).equals(damaged)).toBe(true);
    }
    await writeFile(file, whole);
    expect(await store.get(handle)).toBe('secret');
  });

  it.each([0, 1, 20, 50])('of a file cut to %i bytes is found at opening', async (length) => {
    const directory = await temporaryDirectory();
    const [handle = ''] = await keep(await reopened(directory), ['secret'], 'a');
    const file = join(directory, 'a-0');
    const cut = (await readFile(file)).subarray(0, length);
    await writeFile(file, cut);
    expect((await refusalOf(reopened(directory, [handle]))).code).toBe('SecretsDamaged');
    expect((await readFile(file)).equals(cut)).toBe(true);
    await rm(file);
    const without = await reopened(directory, [handle]);
    expect((await refusalOf(without.get(handle))).code).toBe('SecretNotFound');
  });

  it('is a file in the place of another', async () => {
    const directory = await temporaryDirectory();
    const store = await reopened(directory);
    const [handle = ''] = await keep(store, ['one'], 'a');
    await keep(store, ['two'], 'b');
    await writeFile(join(directory, 'a-0'), await readFile(join(directory, 'b-0')));
    expect((await refusalOf(store.get(handle))).code).toBe('SecretsDamaged');
  });

  it('of the key is named, and no new key takes its place', async () => {
    const directory = await temporaryDirectory();
    const [handle = ''] = await keep(await reopened(directory), ['secret'], 'a');
    const key = join(directory, 'key');
    const whole = await readFile(key);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(key, damaged);
      const { code, message } = await refusalOf(reopened(directory, [handle]));
      expect(code).toBe('SecretKeyUnusable');
      expect(message).toContain(key);
      expect((await readFile(key)).equals(damaged)).toBe(true);
    }
    await rm(key);
    const { code, message } = await refusalOf(reopened(directory, [handle]));
    expect(code).toBe('SecretKeyUnusable');
    expect(message).toContain('is not there');
    expect(await readdir(directory)).toEqual(['a-0']);
    await writeFile(key, whole, { mode: 0o600 });
    expect(await (await reopened(directory, [handle])).get(handle)).toBe('secret');
  });

  it('is what another key cannot open', async () => {
    const directory = await temporaryDirectory();
    const [handle = ''] = await keep(await reopened(directory), ['secret'], 'a');
    const other = await temporaryDirectory();
    await keep(await reopened(other), ['x']);
    await writeFile(join(directory, 'key'), await readFile(join(other, 'key')));
    const { code, message } = await refusalOf(reopened(directory, [handle]));
    expect(code).toBe('SecretsDamaged');
    expect(message).toContain('another key');
  });
});

describe('the key', () => {
  it('may be in a file that the user names', async () => {
    const directory = join(await temporaryDirectory(), 'secrets');
    const keyFile = join(await temporaryDirectory(), 'keys', 'berth');
    const store = new FileSecretStore(directory, { keyFile });
    await store.open([]);
    const [handle = ''] = await keep(store, ['secret'], 'a');
    expect(await readdir(directory)).toEqual(['a-0']);
    const later = new FileSecretStore(directory, { keyFile });
    await later.open([handle]);
    expect(await later.get(handle)).toBe('secret');
    expect((await refusalOf(reopened(directory, [handle]))).code).toBe('SecretKeyUnusable');
  });

  it('is refused where others may read it', async () => {
    const directory = await temporaryDirectory();
    const [handle = ''] = await keep(await reopened(directory), ['secret'], 'a');
    await chmod(join(directory, 'key'), 0o640);
    const { code, message } = await refusalOf(reopened(directory, [handle]));
    expect(code).toBe('SecretKeyUnusable');
    expect(message).toContain('chmod 600');
  });
});

it('a secret that cannot be written is an error that names the file', async () => {
  const directory = await temporaryDirectory();
  const store = await reopened(directory);
  await keep(store, ['x'], 'a');
  await mkdir(join(directory, 'b-0'));
  const { code, message } = await refusalOf(keep(store, ['secret'], 'b'));
  expect(code).toBe('SecretStoreFailed');
  expect(message).toContain(join(directory, 'b-0'));
  expect(message).not.toContain('"secret"');
});
