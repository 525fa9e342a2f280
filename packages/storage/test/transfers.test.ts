import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AzureBlobStore, DirectoryBlobStore, Transfers } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const accountName = 'myaccount';
const own = new AzureBlobStore({ accountName, accountKey: 'AAAA' });

test('so many files as it is told are on their way at once, and who gives up waits no longer', async () => {
  const transfers = new Transfers(own, 3);
  let now = 0;
  let most = 0;
  const act = async (): Promise<void> => {
    most = Math.max(most, ++now);
    await sleep(10);
    now--;
  };
  const all = Promise.all(Array.from({ length: 12 }, () => transfers.run(act)));
  const giving = new AbortController();
  const waiting = transfers.run(act, giving.signal);
  giving.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await all;
  expect(most).toBe(3);
});

test('uploads and downloads of its store take turns', async () => {
  const directory = await temporaryDirectory();
  const store = new DirectoryBlobStore(join(directory, 'store'));
  const transfers = new Transfers(store, 1);
  await store.createContainer('box');
  await writeFile(join(directory, 'a'), 'x');
  let release = (): void => {};
  const holding = transfers.run(() => new Promise<void>((resolve) => (release = resolve)));
  let isDone = false;
  const upload = transfers.store.upload('box', 'a', join(directory, 'a')).then(() => {
    isDone = true;
  });
  await sleep(30);
  expect(isDone).toBe(false);
  release();
  await Promise.all([holding, upload]);
  await transfers.store.download('box', 'a', join(directory, 'b'));
});

test('a container is found by its URL: of the own account, with a SAS, or of another', () => {
  const transfers = new Transfers(own, 1);
  const at = (url: string): [string | undefined, string, boolean] => {
    const { store, container } = transfers.containerAt(url);
    return [store.place, container, store === transfers.store];
  };
  const host = 'myaccount.blob.core.windows.net';
  expect(at(`https://${host}/box`)).toEqual([host, 'box', true]);
  expect(at(`https://${host}/box/?sv=1&sig=x`)).toEqual([host, 'box', false]);
  expect(at('https://other.blob.core.windows.net/box')).toEqual([
    'other.blob.core.windows.net',
    'box',
    false,
  ]);
  expect(at('http://127.0.0.1:10000/acc/box')).toEqual(['127.0.0.1:10000/acc', 'box', false]);
  for (const url of [`https://${host}`, `https://${host}/box/blob?sig=secret`]) {
    expect(() => transfers.containerAt(url)).toThrow(
      expect.objectContaining({
        code: 'InvalidResourceName',
        message: expect.not.stringContaining('secret'),
      }),
    );
  }
});

test('a blob of the own account is known by its URL, if that has no SAS', () => {
  const transfers = new Transfers(own, 1);
  const host = 'https://myaccount.blob.core.windows.net';
  expect(transfers.ownBlobAt(`${host}/box/a/b%20c`)).toEqual({ container: 'box', blob: 'a/b c' });
  expect(transfers.ownBlobAt(`${host}/box/a?sig=x`)).toBeUndefined();
  expect(transfers.ownBlobAt('https://example.org/box/a')).toBeUndefined();
  expect(transfers.ownBlobAt('no URL')).toBeUndefined();
});
