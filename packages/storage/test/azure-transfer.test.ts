import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AzureBlobStore } from '../src/index.ts';
import type { Azurite } from './azurite.ts';
import { startAzurite } from './azurite.ts';
import { code } from './blob-store-contract.ts';
import { startFaultyProxy } from './faulty-proxy.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const blockBytes = 64 * 1024;
const retries = { maxTries: 4, retryDelayInMs: 10 };

async function openBox(endpoint = azurite.endpoint): Promise<{
  store: AzureBlobStore;
  box: string;
  client: ReturnType<BlobServiceClient['getContainerClient']>;
  directory: string;
}> {
  const { accountName, accountKey } = azurite;
  const store = new AzureBlobStore({ accountName, accountKey, endpoint }, { blockBytes, retries });
  const box = randomUUID();
  const client = BlobServiceClient.fromConnectionString(
    azurite.connectionString,
  ).getContainerClient(box);
  await client.create();
  return { store, box, client, directory: await temporaryDirectory() };
}

test('a large blob travels in blocks, keeps its hash, and comes back as it was', async () => {
  const { store, box, client, directory } = await openBox();
  for (const length of [blockBytes - 1, blockBytes, blockBytes + 1, 40 * blockBytes + 7]) {
    const bytes = randomBytes(length);
    await writeFile(join(directory, 'in'), bytes);
    await store.upload(box, 'file', join(directory, 'in'));
    await store.write(box, 'bytes', bytes);
    await store.write(box, 'stream', Readable.from([bytes.subarray(0, 9), bytes.subarray(9)]));
    for (const name of ['file', 'bytes', 'stream']) {
      const { contentMD5 } = await client.getBlobClient(name).getProperties();
      expect(Buffer.from(contentMD5 ?? [])).toEqual(createHash('md5').update(bytes).digest());
      const file = join(directory, `${name}-${length}`);
      await store.download(box, name, file);
      expect((await readFile(file)).equals(bytes)).toBe(true);
    }
    expect((await buffer(await store.read(box, 'file'))).equals(bytes)).toBe(true);
  }
});

test('a blob that others have written without a hash is checked range by range', async () => {
  const { store, box, client, directory } = await openBox();
  const bytes = randomBytes(5 * blockBytes);
  const blob = client.getBlockBlobClient('a');
  await blob.stageBlock('AAAA', bytes, bytes.length);
  await blob.commitBlockList(['AAAA']);
  expect((await blob.getProperties()).contentMD5).toBeUndefined();
  await store.download(box, 'a', join(directory, 'a'));
  expect((await readFile(join(directory, 'a'))).equals(bytes)).toBe(true);
});

test('a blob that is not what its hash says is refused, and no file is left', async () => {
  const { store, box, client, directory } = await openBox();
  for (const length of [10, 3 * blockBytes]) {
    await store.write(box, 'a', randomBytes(length));
    await client.getBlobClient('a').setHTTPHeaders({ blobContentMD5: randomBytes(16) });
    await expect(store.download(box, 'a', join(directory, 'a'))).rejects.toThrow(
      code('Md5Mismatch'),
    );
    expect(await readdir(directory)).toEqual([]);
  }
});

test('an upload that is given up halfway leaves the blob as it was', async () => {
  const { store, box, directory } = await openBox();
  await store.write(box, 'a', 'before');
  const file = join(directory, 'in');
  await writeFile(file, randomBytes(200 * blockBytes));
  const giving = new AbortController();
  const upload = store.upload(box, 'a', file, {
    signal: giving.signal,
    onProgress: (bytes) => bytes > 20 * blockBytes && giving.abort(),
  });
  await expect(upload).rejects.toMatchObject({ name: 'AbortError' });
  expect((await buffer(await store.read(box, 'a'))).toString()).toBe('before');
});

test('a download that is given up halfway leaves no file', async () => {
  const { store, box, directory } = await openBox();
  await store.write(box, 'a', randomBytes(200 * blockBytes));
  const giving = new AbortController();
  const download = store.download(box, 'a', join(directory, 'a'), {
    signal: giving.signal,
    onProgress: (bytes) => bytes > 20 * blockBytes && giving.abort(),
  });
  await expect(download).rejects.toMatchObject({ name: 'AbortError' });
  expect(await readdir(directory)).toEqual([]);
});

test('a write into a container that is not there fails, though its content never ends', async () => {
  const { store } = await openBox();
  let pushed = 0;
  const slow = new Readable({
    read() {
      if (pushed++ < 3) this.push(randomBytes(blockBytes));
    },
  });
  await expect(store.write('not-there', 'a', slow)).rejects.toThrow(code('ContainerNotFound'));
});

test('two uploads of one blob at once leave one of them whole', async () => {
  const { store, box, directory } = await openBox();
  const contents = [0, 1, 2, 3].map((n) => Buffer.alloc(20 * blockBytes, `${n}`));
  await Promise.all(
    contents.map(async (bytes, n) => {
      const file = join(directory, `${n}`);
      await writeFile(file, bytes);
      await store.upload(box, 'a', file);
    }),
  );
  const found = await buffer(await store.read(box, 'a'));
  expect(contents.some((bytes) => bytes.equals(found))).toBe(true);
});

test('a download is of one version of the blob, though it is replaced meanwhile', async () => {
  const { store, box, directory } = await openBox();
  const [first, second] = [1, 2].map((n) => Buffer.alloc(60 * blockBytes, `${n}`)) as [
    Buffer,
    Buffer,
  ];
  await store.write(box, 'a', first);
  let replacing: Promise<unknown> | undefined;
  await store.download(box, 'a', join(directory, 'a'), {
    onProgress: () => {
      replacing ??= store.write(box, 'a', second);
    },
  });
  await replacing;
  const found = await readFile(join(directory, 'a'));
  expect(found.equals(first) || found.equals(second)).toBe(true);
});

test('a service that fails now and then is tried again', async () => {
  const proxy = await startFaultyProxy(
    azurite.endpoint,
    (n, before) => before === 0 && n % 3 === 0,
  );
  try {
    const { store, box, directory } = await openBox(proxy.endpoint);
    const bytes = randomBytes(30 * blockBytes);
    await mkdir(join(directory, 'in'));
    await writeFile(join(directory, 'in', 'a'), bytes);
    await store.upload(box, 'a', join(directory, 'in', 'a'));
    await store.download(box, 'a', join(directory, 'a'));
    expect((await readFile(join(directory, 'a'))).equals(bytes)).toBe(true);
    expect(proxy.failed).toBeGreaterThan(10);
  } finally {
    await proxy.stop();
  }
});

test('a service that always fails is given up, and what it is asked for is named', async () => {
  const proxy = await startFaultyProxy(azurite.endpoint, () => true);
  try {
    const { store, box } = await openBox(proxy.endpoint);
    const error = await store.read(box, 'a').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ServerBusy' });
    expect(proxy.failed).toBe(retries.maxTries);
  } finally {
    await proxy.stop();
  }
});

test('a file that is empty, or in a place that cannot be read, is no special case', async () => {
  const { store, box, directory } = await openBox();
  await (await open(join(directory, 'empty'), 'w')).close();
  await store.upload(box, 'empty', join(directory, 'empty'));
  await store.download(box, 'empty', join(directory, 'back'));
  expect(await readFile(join(directory, 'back'), 'utf8')).toBe('');
  await expect(store.upload(box, 'x', directory)).rejects.toMatchObject({ code: 'EISDIR' });
});
