import type { StorageRetryOptions } from '@azure/storage-blob';
import {
  AnonymousCredential,
  BlobServiceClient,
  newPipeline,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
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

/** The client's pipeline refuses what is no account, with messages that may repeat it: none of them gets out. */
export function connect(
  account: AzureStorageAccount,
  retryOptions: AzureRetryOptions = {},
): BlobServiceClient {
  const options = { retryOptions };
  if ('connectionString' in account) {
    try {
      return BlobServiceClient.fromConnectionString(account.connectionString, options);
    } catch {
      throw invalidAccount(
        'connectionString',
        'is no connection string of a storage account: copy it whole, from "Access keys" or "Shared access signature"',
      );
    }
  }
  const url = endpointOf(account);
  if ('accountKey' in account) {
    if (
      !/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(account.accountKey)
    )
      throw invalidAccount('accountKey', 'is not in base64: copy one of the two account keys');
    const credential = new StorageSharedKeyCredential(account.accountName, account.accountKey);
    return new BlobServiceClient(url, newPipeline(credential, options));
  }
  if ('tokenCredential' in account) {
    // The client's own type of it has more that is optional.
    return new BlobServiceClient(url, account.tokenCredential, options);
  }
  const token = account.sasToken.replace(/^\?/, '');
  if (!new URLSearchParams(token).has('sig'))
    throw invalidAccount('sasToken', 'has no signature (sig=): copy it whole');
  return connectAnonymously(`${url}?${token}`, retryOptions);
}

/** What the URL itself gives access to. */
export function connectAnonymously(
  url: string,
  retryOptions: AzureRetryOptions = {},
): BlobServiceClient {
  return new BlobServiceClient(url, newPipeline(new AnonymousCredential(), { retryOptions }));
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
