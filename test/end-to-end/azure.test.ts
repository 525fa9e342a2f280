import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { AzureBlobStore, openBatch } from '@berth/berth';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Azurite } from '../../packages/storage/test/azurite.ts';
import { containerSas, startAzurite } from '../../packages/storage/test/azurite.ts';
import { startFaultyProxy } from '../../packages/storage/test/faulty-proxy.ts';
import { berth, jobOf, resultsOf, sh, temporaryDirectory, writeJob } from './berth.ts';

// Jobs whose files are in Azure Blob Storage: a real server of its interface, started here.

let azurite: Azurite;
let store: AzureBlobStore;
beforeAll(async () => {
  azurite = await startAzurite();
  store = new AzureBlobStore(azurite);
});
afterAll(() => azurite.stop());

let serial = 0;
async function containers(): Promise<{ input: string; output: string }> {
  const [input, output] = [`in-${serial}`, `out-${serial++}`] as const;
  for (const one of [input, output]) await store.createContainer(one);
  return { input, output };
}

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, taskSlotsPerNode: 2 };
const count = sh('wc -c < in/words.txt > count.txt');

/** All that is in the files of a directory. */
function contentOf(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

describe('a job', () => {
  test('reads its input from containers of the account and writes its output there', {
    timeout: 120_000,
  }, async () => {
    const { input, output } = await containers();
    await store.write(input, 'words.txt', 'six by');
    await using batch = await openBatch({
      directory: temporaryDirectory(),
      storage: store,
      warn: () => {},
    });
    await batch.pools.add(pool);
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const { endpoint } = azurite;
    const destinations = [
      { autoStorageContainerName: output, path: 'by-name' },
      { containerUrl: `${endpoint}/${output}`, path: 'by-url' },
      {
        containerUrl: `${endpoint}/${output}?${containerSas(azurite, output, 'cw')}`,
        path: 'by-sas',
      },
    ];
    const sources = [
      { autoStorageContainerName: input, filePath: 'in' },
      { storageContainerUrl: `${endpoint}/${input}`, filePath: 'in' },
      {
        storageContainerUrl: `${endpoint}/${input}?${containerSas(azurite, input, 'rl')}`,
        filePath: 'in',
        blobPrefix: 'w',
      },
      { httpUrl: `${endpoint}/${input}/words.txt`, filePath: 'in/words.txt' },
      {
        httpUrl: `${endpoint}/${input}/words.txt?${containerSas(azurite, input, 'r')}`,
        filePath: 'in/words.txt',
      },
    ];
    await job.tasks.addMany(
      sources.map((source, i) => ({
        id: `t${i}`,
        commandLine: count,
        resourceFiles: [source],
        outputFiles: destinations.map((container) => ({
          filePattern: 'count.txt',
          destination: { container: { ...container, path: `${container.path}/${i}` } },
        })),
      })),
    );
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    for (const [i] of sources.entries()) {
      expect(job.tasks.get(`t${i}`)).toMatchObject({ executionInfo: { result: 'success' } });
      for (const { path } of destinations) {
        expect((await text(await store.read(output, `${path}/${i}`))).trim()).toBe('6');
      }
    }
  });

  test('reaches containers of accounts that are not its own, and its secrets are in no file', {
    timeout: 120_000,
  }, async () => {
    const { input, output } = await containers();
    await store.write(input, 'words.txt', 'six by');
    const directory = temporaryDirectory();
    const [read, write] = [containerSas(azurite, input, 'rl'), containerSas(azurite, output, 'cw')];
    {
      await using batch = await openBatch({ directory, warn: () => {} });
      await batch.pools.add(pool);
      const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
      const denied = read.replace(/sig=[^&]*/, 'sig=c2VjcmV0c2VjcmV0');
      const container = { containerUrl: `${azurite.endpoint}/${output}?${write}`, path: 'c' };
      const outputFiles = [{ filePattern: 'count.txt', destination: { container } }];
      const from = (sas: string): object[] => [
        { storageContainerUrl: `${azurite.endpoint}/${input}?${sas}`, filePath: 'in' },
      ];
      await job.tasks.addMany([
        { id: 'good', commandLine: count, resourceFiles: from(read), outputFiles },
        { id: 'denied', commandLine: count, resourceFiles: from(denied) },
        {
          id: 'nowhere',
          commandLine: 'true',
          outputFiles: [
            {
              filePattern: '../stdout.txt',
              destination: {
                container: { containerUrl: `${azurite.endpoint}/none-there?${write}`, path: 'c' },
              },
            },
          ],
        },
      ] as Parameters<typeof job.tasks.addMany>[0]);
      await job.patch({ onAllTasksComplete: 'terminatejob' });
      await job.done();
      expect((await text(await store.read(output, 'c'))).trim()).toBe('6');
      const failures = ['denied', 'nowhere'].map(
        (id) => job.tasks.get(id).executionInfo.failureInfo,
      );
      expect(failures.map((failure) => failure?.code)).toEqual([
        'ResourceContainerAccessDenied',
        'FileUploadAccessDenied',
      ]);
      expect(JSON.stringify(failures)).toContain(new URL(azurite.endpoint).host);
      const said = JSON.stringify([failures, job.tasks.get('good'), job.tasks.get('denied')]);
      for (const secret of [read, write, denied]) {
        expect(said).not.toContain(new URLSearchParams(secret).get('sig'));
      }
    }
    const kept = contentOf(directory);
    for (const secret of [read, write, 'c2VjcmV0c2VjcmV0']) {
      const signature = new URLSearchParams(secret).get('sig') ?? secret;
      expect(kept).not.toContain(signature);
      expect(kept).not.toContain(encodeURIComponent(signature));
    }
  });

  test('has what many of its tasks need brought to their node once, until it is another content', {
    timeout: 120_000,
  }, async () => {
    const { input } = await containers();
    const proxy = await startFaultyProxy(azurite.endpoint, () => false);
    try {
      const { accountName, accountKey } = azurite;
      const counted = new AzureBlobStore({ accountName, accountKey, endpoint: proxy.endpoint });
      await store.write(input, 'words.txt', 'six by');
      await using batch = await openBatch({
        directory: temporaryDirectory(),
        storage: counted,
        warn: () => {},
      });
      await batch.pools.add(pool);
      const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
      const sas = containerSas(azurite, input, 'r');
      const tasks = (name: string): Parameters<typeof job.tasks.addMany>[0] =>
        Array.from({ length: 12 }, (_, i) => ({
          id: `${name}${i}`,
          commandLine: sh(
            'test "$(cat in/words.txt)" = "$(cat http.txt)" && echo changed > in/words.txt',
          ),
          resourceFiles: [
            { autoStorageContainerName: input, filePath: 'in' },
            { httpUrl: `${proxy.endpoint}/${input}/words.txt?${sas}`, filePath: 'http.txt' },
          ],
        }));
      const bodies = (): number =>
        proxy.answers.filter(({ url, status }) => url.includes('words.txt') && status < 300).length;
      const over = async (name: string): Promise<void> => {
        await job.tasks.addMany(tasks(name));
        for (;;) {
          const views = tasks(name).map(({ id }) => job.tasks.get(id));
          if (views.every(({ state }) => state === 'completed')) {
            for (const { executionInfo } of views) {
              expect(executionInfo).toMatchObject({ result: 'success' });
            }
            return;
          }
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await over('first');
      expect(bodies()).toBe(2); // one through the client, one over HTTP
      await store.write(input, 'words.txt', 'seven b');
      await over('second');
      // The content over HTTP is another: each of two slots asks for it, one fetches it.
      expect(bodies()).toBeLessThanOrEqual(6);
      expect(bodies()).toBeGreaterThan(2);
    } finally {
      await proxy.stop();
    }
  });
});

describe('the storage client', () => {
  test('puts files and directories into a container and fetches them, with progress', {
    timeout: 120_000,
  }, async () => {
    const directory = temporaryDirectory();
    await using batch = await openBatch({ directory, storage: store, warn: () => {} });
    const { storage } = batch;
    for (const [name, content] of [
      ['one.txt', '1'],
      ['two.txt', '22'],
    ] as const) {
      writeFileSync(join(directory, name), content);
    }
    const container = `client-${serial++}`;
    const seen: object[] = [];
    const onProgress = (progress: object): void => void seen.push(progress);
    const paths = ['one.txt', 'two.txt'].map((name) => join(directory, name));
    const blobs = await storage.upload(container, paths, { path: 'a/b', onProgress });
    expect(blobs.map(({ name }) => name)).toEqual(['a/b/one.txt', 'a/b/two.txt']);
    expect(seen.at(-1)).toEqual({ files: 2, totalFiles: 2, bytes: 3, totalBytes: 3 });
    const target = join(directory, 'fetched');
    const files = await storage.download(container, target, { prefix: 'a/', onProgress });
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(['1', '22']);
    await expect(storage.download(container, target)).rejects.toMatchObject({ code: 'FileExists' });
    await storage.upload(container, target);
    await storage.download(container, target, { overwrite: true });
    await expect(storage.upload(container, join(directory, 'none'))).rejects.toMatchObject({
      code: 'FileNotFound',
    });
    const signal = AbortSignal.abort();
    const abortion = { name: 'AbortError' };
    await expect(storage.upload(container, paths, { signal })).rejects.toMatchObject(abortion);
    await expect(storage.download(container, target, { signal })).rejects.toMatchObject(abortion);
  });
});

describe('berth run --storage', () => {
  test('keeps the files of a job in an Azure account, and its credentials out of sight', {
    timeout: 120_000,
  }, async () => {
    const directory = temporaryDirectory();
    const [input, output] = [`data-${serial}`, `results-${serial++}`];
    writeFileSync(join(directory, 'words.txt'), 'six by');
    const job = writeJob(
      directory,
      jobOf(
        [
          {
            id: 't',
            commandLine: count,
            resourceFiles: [{ autoStorageContainerName: input, filePath: 'in' }],
            outputFiles: [
              {
                filePattern: 'count.txt',
                destination: { container: { autoStorageContainerName: output } },
              },
            ],
          },
        ],
        {
          uploads: [{ source: 'words.txt', container: input }],
          downloads: [{ container: output, target: 'results' }],
        },
      ),
    );
    const keyFile = join(directory, 'account.key');
    writeFileSync(keyFile, `${azurite.accountKey}\n`);
    const env = { AZURE_STORAGE_KEY_FILE: keyFile };
    const args = ['run', job, '--json', '--state', 'state', '--storage', azurite.endpoint];
    const outcome = await berth(args, { cwd: directory, env });
    expect(outcome.stderr).toBe('');
    expect(resultsOf(outcome).taskCounts).toMatchObject({ succeeded: 1 });
    expect(readFileSync(join(directory, 'results', 'count.txt'), 'utf8').trim()).toBe('6');
    expect((await text(await store.read(output, 'count.txt'))).trim()).toBe('6');
    expect(contentOf(join(directory, 'state'))).not.toContain(azurite.accountKey);

    const again = await berth(args.with(-1, 'azure'), {
      cwd: directory,
      env: { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString },
    });
    expect(resultsOf(again).taskCounts).toMatchObject({ succeeded: 1 });
    // The account may be others' as well: what is there is said, and stays.
    expect(again.stderr).toContain(`container "${output}" has blobs`);
  });

  test('says what it needs, and never what it was given', { timeout: 120_000 }, async () => {
    const cwd = temporaryDirectory();
    const job = writeJob(cwd, jobOf([{ id: 't', commandLine: 'true' }]));
    const run = (where: string, env: Record<string, string> = {}): ReturnType<typeof berth> =>
      berth(['run', job, '--storage', where], { cwd, env });
    for (const [where, env, said] of [
      ['azure', {}, 'set AZURE_STORAGE_CONNECTION_STRING'],
      ['azure', { AZURE_STORAGE_ACCOUNT: 'abc' }, 'set AZURE_STORAGE_KEY'],
      [`${azurite.endpoint}?sig=c2VjcmV0`, {}, 'set AZURE_STORAGE_SAS_TOKEN instead'],
      ['azure', { AZURE_STORAGE_CONNECTION_STRING: 'AccountKey=c2VjcmV0' }, 'connectionString'],
      ['azure', { AZURE_STORAGE_ACCOUNT: 'abc', AZURE_STORAGE_KEY_FILE: 'none' }, 'ENOENT'],
    ] as const) {
      const { code, stderr, stdout } = await run(where, env);
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
      expect(stderr + stdout).not.toContain('c2VjcmV0');
    }
  });
});
