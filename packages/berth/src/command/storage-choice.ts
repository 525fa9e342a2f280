import { readFile } from 'node:fs/promises';
import type { AzureStorageAccount, BlobStore } from '@berth/storage';
import { AzureBlobStore, DirectoryBlobStore } from '@berth/storage';
import { UsageError } from './command-line.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What `--storage` says: `azure` or the URL of an account, whose credentials are in the variables that the Azure CLI
 * reads, or in files that these name with `_FILE` behind; or a directory.
 * @throws UsageError; BatchError `InvalidPropertyValue`. Neither repeats a credential.
 */
export async function storageChoice(choice: string, environment: Environment): Promise<BlobStore> {
  const isUrl = /^https?:\/\//i.test(choice);
  if (choice !== 'azure' && !isUrl) return new DirectoryBlobStore(choice);
  const get = (name: string): Promise<string | undefined> => credentialIn(environment, name);
  const connectionString = await get('AZURE_STORAGE_CONNECTION_STRING');
  if (!isUrl && connectionString !== undefined) return new AzureBlobStore({ connectionString });
  const endpoint = isUrl ? withoutCredentials(choice) : undefined;
  const accountName =
    endpoint === undefined ? await get('AZURE_STORAGE_ACCOUNT') : accountIn(endpoint);
  if (accountName === undefined) {
    throw new UsageError(
      '--storage azure: set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and one of AZURE_STORAGE_KEY and AZURE_STORAGE_SAS_TOKEN',
    );
  }
  const named = { accountName, ...(endpoint !== undefined && { endpoint }) };
  return new AzureBlobStore({ ...named, ...(await credentialOf(get)) });
}

type Credential =
  | Pick<Extract<AzureStorageAccount, { accountKey: string }>, 'accountKey'>
  | { sasToken: string };

async function credentialOf(
  get: (name: string) => Promise<string | undefined>,
): Promise<Credential> {
  const accountKey = await get('AZURE_STORAGE_KEY');
  if (accountKey !== undefined) return { accountKey };
  const sasToken = await get('AZURE_STORAGE_SAS_TOKEN');
  if (sasToken !== undefined) return { sasToken };
  throw new UsageError(
    '--storage: set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or one of them with _FILE behind and the name of a file that has it',
  );
}

async function credentialIn(environment: Environment, name: string): Promise<string | undefined> {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    throw new UsageError(`${name}_FILE: ${file} cannot be read (${reason})`);
  }
}

function withoutCredentials(choice: string): string {
  const url = URL.canParse(choice) ? new URL(choice) : undefined;
  if (url === undefined) throw new UsageError('--storage: that is no URL of a storage account');
  if (url.search === '' && url.username === '' && url.hash === '') return url.href;
  throw new UsageError(
    '--storage: the URL has a credential, which others can see on the command line: set AZURE_STORAGE_SAS_TOKEN instead',
  );
}

/** The host's first name, or what follows an address. */
function accountIn(endpoint: string): string {
  const { hostname, pathname } = new URL(endpoint);
  const [first = ''] = pathname.split('/').filter((part) => part !== '');
  return first === '' ? (hostname.split('.')[0] ?? '') : first;
}
