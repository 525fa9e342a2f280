import { randomUUID } from 'node:crypto';
import { chmod, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import type { BlobClient, BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { BatchError } from '@berth/core';
import type {
  AnonymousAccount,
  AzureAccess,
  AzureRetryOptions,
  AzureStorageAccount,
} from './azure-account.ts';
import { accessOf } from './azure-account.ts';
import { bodyOf, downloadRanges } from './azure-download.ts';
import type { AzureSubject } from './azure-errors.ts';
import { azureError, codeOf, isOfClient } from './azure-errors.ts';
import type { BlockOptions } from './azure-upload.ts';
import { uploadBlocks } from './azure-upload.ts';
import type { BlobContent } from './blob-content.ts';
import { contentOfBytes, contentOfFile, contentOfStream } from './blob-content.ts';
import { nameExclusively } from './blob-download.ts';
import { checkBlobName, checkContainerName, invalid } from './blob-names.ts';
import type { BlobProperties, BlobStore, TransferOptions } from './blob-store.ts';

export interface AzureBlobStoreOptions {
  /** Of a block of a large blob, several of which travel at once. Default 4 MiB. */
  blockBytes?: number;
  /** Blocks of one blob that travel at once. Default 4. */
  parallelBlocks?: number;
  /** How the client tries again. Default: its own, 4 tries within some 16 s. */
  retries?: AzureRetryOptions;
}

/** How often a blob is begun anew that somebody else replaces meanwhile. */
const mostBeginnings = 5;
/** What Azure keeps, but nobody can name in a URL without it becoming another name. */
const unnameable = /[\\\p{Cc}\ufffe\uffff]|\.$/u;

/**
 * Containers of an Azure storage account. Large blobs travel in blocks, several at once, in bounded memory; hashes are
 * checked on both ways. Errors name the account by its host and never what gives access to it.
 */
export class AzureBlobStore implements BlobStore {
  /** Host and, at an address, account: for people. */
  readonly account: string;
  readonly place: string;
  readonly #access: AzureAccess;
  readonly #retries: AzureRetryOptions | undefined;
  #service: Promise<BlobServiceClient> | undefined;
  readonly #transfer: Omit<BlockOptions, 'signal'>;

  /** @throws BatchError `InvalidPropertyValue` for what cannot be an account. Whether it is one shows when it is used. */
  constructor(
    account: AzureStorageAccount | AnonymousAccount,
    { blockBytes = 4 * 1024 * 1024, parallelBlocks = 4, retries }: AzureBlobStoreOptions = {},
  ) {
    this.#access = accessOf(account);
    this.#retries = retries;
    this.account = placeOf(this.#access.endpoint);
    this.place = this.account;
    this.#transfer = { blockBytes, parallelBlocks };
  }

  async createContainer(container: string): Promise<void> {
    const client = await this.#client(container);
    await this.#ask({ container }, undefined, async () => {
      try {
        await client.createIfNotExists();
      } catch (error) {
        // A SAS of a container may do everything in it, and not make it.
        if (!isDenied(error) || !(await isListed(client))) throw error;
      }
    });
  }

  async containerExists(container: string): Promise<boolean> {
    const client = await this.#client(container);
    return await this.#ask({ container }, undefined, async () => {
      try {
        return await client.exists();
      } catch (error) {
        if (isDenied(error) && (await isListed(client))) return true;
        throw error;
      }
    });
  }

  async deleteContainer(container: string): Promise<void> {
    const client = await this.#client(container);
    await this.#ask({ container }, undefined, () => client.delete());
  }

  async *list(
    container: string,
    options: { prefix?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<BlobProperties, void, void> {
    const { prefix = '', signal } = options;
    const pages = (await this.#client(container))
      .listBlobsFlat({
        ...(prefix !== '' && { prefix }),
        ...(signal !== undefined && { abortSignal: signal }),
      })
      .byPage({ maxPageSize: 1000 });
    for (;;) {
      const { value: page, done } = await this.#ask({ container }, signal, () => pages.next());
      if (done === true) return;
      for (const { name, properties } of page.segment.blobItems) {
        signal?.throwIfAborted();
        const { contentLength = 0, lastModified, etag } = properties;
        // Accounts with a hierarchical namespace list their directories as well.
        if (isDirectory(properties)) continue;
        yield { name, contentLength, lastModified, eTag: etag.replaceAll('"', '') };
      }
    }
  }

  /** Also throws `InvalidRange`: `offset` is not 0 and not inside the blob, or `count` is negative. */
  async read(
    container: string,
    blob: string,
    options: { offset?: number; count?: number; signal?: AbortSignal } = {},
  ): Promise<Readable> {
    const { offset = 0, count = Number.POSITIVE_INFINITY, signal } = options;
    const subject = { container, blob };
    const client = await this.#blob(container, blob);
    if (!(Number.isSafeInteger(offset) && offset >= 0 && count >= 0))
      throw outOfRange(blob, offset);
    if (count < 1) {
      await this.#ask(subject, signal, () => client.getProperties(abortable(signal)));
      return Readable.from([], { objectMode: false });
    }
    const body = await this.#ask(subject, signal, async () => {
      try {
        const bytes = Number.isFinite(count) ? Math.floor(count) : undefined;
        const answer = await client.download(offset, bytes, {
          ...abortable(signal),
          maxRetryRequests: 5,
        });
        if (offset > 0 && answer.contentLength === 0) throw outOfRange(blob, offset);
        return bodyOf(answer);
      } catch (error) {
        if (!isOfClient(error) || codeOf(error) !== 'InvalidRange') throw error;
        if (offset > 0) throw outOfRange(blob, offset);
        return Readable.from([], { objectMode: false }); // It is empty.
      }
    });
    const stream = Readable.from(this.#bytesOf(body, subject), { objectMode: false });
    stream.once('close', () => body.destroy());
    return signal === undefined ? stream : addAbortSignal(signal, stream);
  }

  async write(
    container: string,
    blob: string,
    content: Readable | Uint8Array | string,
    options: TransferOptions = {},
  ): Promise<BlobProperties> {
    if (!(content instanceof Readable)) {
      const size = typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
      return await this.#put(container, blob, contentOfBytes(content), size, options);
    }
    const { signal } = options;
    try {
      if (signal !== undefined) addAbortSignal(signal, content);
      return await this.#put(container, blob, contentOfStream(content), undefined, options);
    } catch (error) {
      content.destroy();
      throw error;
    }
  }

  async upload(
    container: string,
    blob: string,
    file: string,
    options: TransferOptions = {},
  ): Promise<BlobProperties> {
    return await beginAnew(['InvalidBlockList'], async () => {
      const handle = await open(file);
      try {
        const { size } = await handle.stat();
        return await this.#put(container, blob, contentOfFile(handle), size, options);
      } finally {
        await handle.close();
      }
    });
  }

  async delete(container: string, blob: string): Promise<void> {
    const client = await this.#blob(container, blob);
    await this.#ask({ container, blob }, undefined, () =>
      client.delete({ deleteSnapshots: 'include' }),
    );
  }

  /** Also throws `EEXIST` of the operating system. */
  async download(
    container: string,
    blob: string,
    file: string,
    options: TransferOptions & { mode?: number } = {},
  ): Promise<void> {
    const { mode = 0o770, signal, onProgress } = options;
    const client = await this.#blob(container, blob);
    const temporary = join(dirname(file), `.download-${randomUUID()}`);
    try {
      await beginAnew(['ConditionNotMet'], () =>
        this.#ask({ container, blob }, signal, async (until) => {
          const handle = await open(temporary, 'w', 0o600);
          try {
            await downloadRanges(client, handle, { ...this.#transfer, signal: until, onProgress });
          } finally {
            await handle.close();
          }
        }),
      );
      await chmod(temporary, mode);
      signal?.throwIfAborted();
      await nameExclusively(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #put(
    container: string,
    blob: string,
    content: BlobContent,
    size: number | undefined,
    options: TransferOptions,
  ): Promise<BlobProperties> {
    const client = (await this.#blob(container, blob)).getBlockBlobClient();
    const { signal, onProgress } = options;
    const properties = await this.#ask({ container, blob }, signal, (until) =>
      uploadBlocks(client, content, size, { ...this.#transfer, signal: until, onProgress }),
    );
    return { name: blob, ...properties };
  }

  /** Errors of the client do not get out as they are; one that is given up ends as its signal says. */
  async #ask<Result>(
    subject: Omit<AzureSubject, 'account'>,
    signal: AbortSignal | undefined,
    act: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    signal?.throwIfAborted();
    try {
      return await act(signal ?? new AbortController().signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw azureError(error, { account: this.account, ...subject });
    }
  }

  async *#bytesOf(
    body: Readable,
    subject: Omit<AzureSubject, 'account'>,
  ): AsyncGenerator<string | Buffer> {
    try {
      yield* body;
    } catch (error) {
      throw azureError(error, { account: this.account, ...subject });
    }
  }

  async #client(container: string): Promise<ContainerClient> {
    checkContainerName(container);
    this.#service ??= this.#access.connect(this.#retries);
    return (await this.#service).getContainerClient(container);
  }

  async #blob(container: string, blob: string): Promise<BlobClient> {
    const client = await this.#client(container);
    checkBlobName(blob);
    if (unnameable.test(blob)) {
      throw invalid(
        `The blob name ${JSON.stringify(blob)} ends in a dot, or has a backslash or control character, which Azure does not keep: choose another one.`,
      );
    }
    return client.getBlobClient(blob);
  }
}

/** Of a URL what may be shown: no query, no user. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname.replace(/\/$/, '')}`;
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function beginAnew<Result>(
  codes: readonly string[],
  act: () => Promise<Result>,
): Promise<Result> {
  for (let beginning = 1; ; beginning++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof BatchError && codes.includes(error.code))) throw error;
      if (beginning === mostBeginnings) throw error;
    }
  }
}

function isDenied(error: unknown): boolean {
  return isOfClient(error) && (error.statusCode === 403 || error.statusCode === 401);
}

/** A SAS of a container does not let its properties be read. */
async function isListed(client: ContainerClient): Promise<boolean> {
  try {
    await client.listBlobsFlat().byPage({ maxPageSize: 1 }).next();
    return true;
  } catch {
    return false;
  }
}

function isDirectory(properties: object): boolean {
  return 'resourceType' in properties && properties.resourceType === 'directory';
}

function outOfRange(blob: string, offset: number): BatchError {
  return new BatchError({
    code: 'InvalidRange',
    message: `The range from byte ${offset} is not in the blob ${blob}: ask for one that is.`,
  });
}
