import type { BlobServiceClient, StorageRetryOptions } from '@azure/storage-blob';
import { BatchError } from '@berth/core';

/** What hands out tokens of Microsoft Entra ID: `DefaultAzureCredential` of `@azure/identity`, for instance. */
export interface TokenCredential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

interface NamedAccount {
  accountName: string;
  /** Default `https://ACCOUNT.blob.core.windows.net`. */
  endpoint?: string;
}

/** A storage account and what gives access to it. */
export type AzureStorageAccount =
  | { connectionString: string }
  | (NamedAccount & { accountKey: string })
  /** A shared access signature of the account, with or without `?`. */
  | (NamedAccount & { sasToken: string })
  | (NamedAccount & { tokenCredential: TokenCredential });

/** How often the client tries, and how long it waits between: docs/storage.md. */
export type AzureRetryOptions = Pick<
  StorageRetryOptions,
  'maxTries' | 'retryDelayInMs' | 'maxRetryDelayInMs' | 'tryTimeoutInMs'
>;

/** A public place, or one whose URL has its SAS. */
export interface AnonymousAccount {
  /** Of the account, with a query. */
  url: string;
}

/** Where an account is, and how to talk to it. */
export interface AzureAccess {
  endpoint: string;
  /** The client is loaded when it is needed first: it takes longer than the rest of the engine. */
  connect(retryOptions?: AzureRetryOptions): Promise<BlobServiceClient>;
}

/** @throws BatchError `InvalidPropertyValue`, which never repeats what it was given to get in. */
export function accessOf(account: AzureStorageAccount | AnonymousAccount): AzureAccess {
  if ('url' in account) {
    const { url } = account;
    return { endpoint: url.replace(/[?].*$/s, ''), connect: (retries) => anonymous(url, retries) };
  }
  if ('connectionString' in account) return accessOf(accountIn(account.connectionString));
  const endpoint = endpointOf(account);
  if ('accountKey' in account) {
    const { accountName, accountKey } = account;
    if (!isBase64(accountKey))
      throw invalidAccount('accountKey', 'is not in base64: copy one of the two account keys');
    return {
      endpoint,
      async connect(retryOptions = {}) {
        const { BlobServiceClient, newPipeline, StorageSharedKeyCredential } = await client();
        const credential = new StorageSharedKeyCredential(accountName, accountKey);
        return new BlobServiceClient(endpoint, newPipeline(credential, { retryOptions }));
      },
    };
  }
  if ('tokenCredential' in account) {
    return {
      endpoint,
      async connect(retryOptions = {}) {
        const { BlobServiceClient } = await client();
        return new BlobServiceClient(endpoint, account.tokenCredential, { retryOptions });
      },
    };
  }
  const token = account.sasToken.trim().replace(/^\?/, '');
  if (!new URLSearchParams(token).has('sig'))
    throw invalidAccount('sasToken', 'has no signature (sig=): copy it whole');
  return { endpoint, connect: (retries) => anonymous(`${endpoint}?${token}`, retries) };
}

async function anonymous(
  url: string,
  retryOptions: AzureRetryOptions = {},
): Promise<BlobServiceClient> {
  const { AnonymousCredential, BlobServiceClient, newPipeline } = await client();
  return new BlobServiceClient(url, newPipeline(new AnonymousCredential(), { retryOptions }));
}

let loading: Promise<typeof import('@azure/storage-blob')> | undefined;

function client(): Promise<typeof import('@azure/storage-blob')> {
  loading ??= import('@azure/storage-blob');
  return loading;
}

function isBase64(text: string): boolean {
  return (
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) && text !== ''
  );
}

/** As the portal writes it: `Name=value` with `;` between. */
function accountIn(connectionString: string): AzureStorageAccount {
  const values = new Map<string, string>();
  for (const pair of connectionString.split(';')) {
    const [, name, value] = /^\s*(\w+)=(.*?)\s*$/s.exec(pair) ?? [];
    if (name !== undefined && value !== undefined) values.set(name.toLowerCase(), value);
  }
  const protocol = values.get('defaultendpointsprotocol') ?? 'https';
  const suffix = values.get('endpointsuffix') ?? 'core.windows.net';
  const given = values.get('accountname');
  const endpoint = values.get('blobendpoint') ?? (given && `${protocol}://${given}.blob.${suffix}`);
  const accountKey = values.get('accountkey');
  const sasToken = values.get('sharedaccesssignature');
  const accountName = given ?? nameIn(endpoint);
  if (endpoint !== undefined && accountName !== undefined) {
    if (accountKey !== undefined && isBase64(accountKey))
      return { accountName, accountKey, endpoint };
    if (sasToken !== undefined) return { accountName, sasToken, endpoint };
  }
  throw invalidAccount(
    'connectionString',
    'is no connection string of a storage account: copy it whole, from "Access keys" or "Shared access signature"',
  );
}

function nameIn(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const { hostname, pathname } = new URL(endpoint);
  return pathname.split('/').find((part) => part !== '') ?? hostname.split('.')[0];
}

function endpointOf({ accountName, endpoint }: NamedAccount): string {
  if (!/^[a-z0-9]{3,24}$/.test(accountName)) {
    throw invalidAccount(
      'accountName',
      `must be 3 to 24 lower-case letters and digits; it is ${JSON.stringify(accountName)}`,
    );
  }
  if (endpoint === undefined) return `https://${accountName}.blob.core.windows.net`;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.username !== ''
  )
    throw invalidAccount('endpoint', 'must be an http or https URL without query and user');
  return url.href.replace(/\/$/, '');
}

function invalidAccount(property: string, reason: string): BatchError {
  return new BatchError({
    code: 'InvalidPropertyValue',
    message: `The storage account's ${property} ${reason}.`,
    values: [{ key: 'PropertyName', value: property }],
  });
}
