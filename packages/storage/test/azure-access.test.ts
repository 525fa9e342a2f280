import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AzureStorageAccount } from '../src/index.ts';
import { AzureBlobStore } from '../src/index.ts';
import type { Azurite } from './azurite.ts';
import { containerSas, freePort, startAzurite } from './azurite.ts';
import { namesOf } from './blob-store-contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let azurite: Azurite;
let box: string;
beforeAll(async () => {
  azurite = await startAzurite();
  box = randomUUID();
  const store = new AzureBlobStore(azurite);
  await store.createContainer(box);
  await store.write(box, 'a', 'content');
});
afterAll(() => azurite.stop());

const retries = { maxTries: 2, retryDelayInMs: 10 };
const hour = 3_600_000;

function credential(): StorageSharedKeyCredential {
  return new StorageSharedKeyCredential(azurite.accountName, azurite.accountKey);
}

function accountSas(permissions: string, expiresOn = new Date(Date.now() + hour)): string {
  return generateAccountSASQueryParameters(
    {
      permissions: AccountSASPermissions.parse(permissions),
      services: AccountSASServices.parse('b').toString(),
      resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
      expiresOn,
    },
    credential(),
  ).toString();
}

test('an account is opened by its key, a SAS, or a connection string with either', async () => {
  const { accountName, accountKey, endpoint, connectionString } = azurite;
  const sasToken = accountSas('rwdlac');
  const accounts: AzureStorageAccount[] = [
    { accountName, accountKey, endpoint },
    { accountName, sasToken, endpoint },
    { accountName, sasToken: `?${sasToken}`, endpoint: `${endpoint}/` },
    { connectionString },
    { connectionString: `BlobEndpoint=${endpoint};SharedAccessSignature=${sasToken}` },
  ];
  for (const account of accounts) {
    const store = new AzureBlobStore(account);
    await store.createContainer(box);
    expect(await namesOf(store, box)).toEqual(['a']);
    expect(store.account).toBe(endpoint.replace('http://', ''));
  }
});

test('a SAS of a container is enough for what is in it', async () => {
  const { accountName, endpoint } = azurite;
  const store = new AzureBlobStore(
    { accountName, endpoint, sasToken: containerSas(azurite, box, 'rwdl') },
    { retries },
  );
  await store.createContainer(box);
  expect(await store.containerExists(box)).toBe(true);
  await store.write(box, 'b', 'more');
  expect(await namesOf(store, box)).toEqual(['a', 'b']);
  await store.delete(box, 'b');
});

test('an account is opened by a token credential', { timeout: 120_000 }, async () => {
  const directory = await temporaryDirectory();
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert],
      ...['-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  );
  const more = ['--cert', cert, '--key', key, '--oauth', 'basic'];
  const server = await startAzurite({ more, scheme: 'https' });
  try {
    const said = execFileSync(
      process.execPath,
      [
        ...['--conditions=@berth/source', '--import', 'tsx'],
        ...[join(import.meta.dirname, 'token-client.ts'), server.endpoint],
      ],
      { encoding: 'utf8', env: { ...process.env, NODE_EXTRA_CA_CERTS: cert } },
    );
    expect(JSON.parse(said)).toEqual({ read: 'content', wrong: 'AuthenticationFailed' });
  } finally {
    await server.stop();
  }
});

test('who is not let in is told why, where and what to do, and no secret', async () => {
  const { accountName, accountKey, endpoint, connectionString } = azurite;
  const wrongKey = Buffer.from('another key').toString('base64');
  // Where Azure itself says AuthenticationFailed, Azurite says AuthorizationFailure.
  const denied: [AzureStorageAccount, string, string][] = [
    [{ accountName, accountKey: wrongKey, endpoint }, 'AuthorizationFailure', wrongKey],
    [
      { connectionString: connectionString.replace(accountKey, wrongKey) },
      'AuthorizationFailure',
      wrongKey,
    ],
    [
      { accountName, endpoint, sasToken: accountSas('rwdlac', new Date(Date.now() - hour)) },
      'AuthorizationFailure',
      'sig=',
    ],
    [
      { accountName, endpoint, sasToken: accountSas('rwdlac').replace(/sig=.{6}/, 'sig=AAAAAA') },
      'AuthorizationFailure',
      'sig=',
    ],
    [
      { accountName, endpoint, sasToken: accountSas('l') },
      'AuthorizationPermissionMismatch',
      'sig=',
    ],
  ];
  for (const [account, expected, secret] of denied) {
    const store = new AzureBlobStore(account, { retries });
    const file = join(await temporaryDirectory(), 'a');
    for (const act of [
      () => store.read(box, 'a'),
      () => store.write(box, 'b', 'x'),
      () => store.download(box, 'a', file),
      () => store.delete(box, 'a'),
    ]) {
      const error = await act().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'BatchError', code: expected });
      const all = inspect(error, { depth: 10, showHidden: true });
      expect(all).toContain(store.account);
      expect(all).toContain(box);
      expect(all).not.toContain(secret);
      expect(all).not.toContain(accountKey);
    }
    expect(inspect(store, { depth: 10 })).not.toContain(accountKey);
  }
});

test('an account that cannot be reached is named', async () => {
  const { accountName, accountKey } = azurite;
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}/${accountName}`;
  const store = new AzureBlobStore({ accountName, accountKey, endpoint }, { retries });
  await expect(store.read(box, 'a')).rejects.toMatchObject({
    code: 'StorageUnreachable',
    message: `127.0.0.1:${port}/${accountName} cannot be reached (ECONNREFUSED): check its name, the network and the proxy.`,
  });
});

test('what cannot be an account is refused at once, without what it is', () => {
  const { accountName, accountKey } = azurite;
  for (const [account, property] of [
    [{ connectionString: 'AccountName=xyz;AccountKey=c2VjcmV0!' }, 'connectionString'],
    [{ connectionString: 'AccountName=x;AccountKey=c2VjcmV0' }, 'accountName'],
    [{ connectionString: '' }, 'connectionString'],
    [{ accountName, accountKey: 'c2VjcmV0!' }, 'accountKey'],
    [{ accountName, accountKey: '' }, 'accountKey'],
    [{ accountName: 'No Name', accountKey }, 'accountName'],
    [{ accountName, sasToken: 'c2VjcmV0' }, 'sasToken'],
    [{ accountName, accountKey, endpoint: 'https://host/?sig=c2VjcmV0' }, 'endpoint'],
    [{ accountName, accountKey, endpoint: 'nowhere' }, 'endpoint'],
  ] as [AzureStorageAccount, string][]) {
    const error = thrownBy(() => new AzureBlobStore(account));
    expect(error).toMatchObject({
      code: 'InvalidPropertyValue',
      values: [{ key: 'PropertyName', value: property }],
    });
    expect(inspect(error, { depth: 10 })).not.toContain('c2VjcmV0');
  }
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
