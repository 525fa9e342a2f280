import type { Readable } from 'node:stream';
import { BatchError } from '@berth/core';
import PQueue from 'p-queue';
import type { AzureBlobStoreOptions } from './azure-blob-store.ts';
import { AzureBlobStore } from './azure-blob-store.ts';
import type { BlobProperties, BlobStore, TransferOptions } from './blob-store.ts';

/** A container, and the store that it is in. */
export interface ContainerPlace {
  store: BlobStore;
  container: string;
}

/** Transfers of one engine: how many at once, and from and to where URLs say. */
export class Transfers {
  /** The engine's own store, of which so many files at most are on their way at once. */
  readonly store: BlobStore;
  readonly #own: BlobStore;
  readonly #queue: PQueue;
  readonly #options: AzureBlobStoreOptions;

  /** `mostAtOnce`: files. `azure`: for the containers of other accounts. */
  constructor(own: BlobStore, mostAtOnce: number, azure: AzureBlobStoreOptions = {}) {
    this.#own = own;
    this.#queue = new PQueue({ concurrency: mostAtOnce });
    this.#options = azure;
    this.store = new QueuedBlobStore(own, this);
  }

  /** Waits for its turn, unless it is given up before. */
  async run<Result>(act: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    // A signal of one's own: many may wait with the same one, and each wait listens to it.
    const own = signal === undefined ? {} : { signal: AbortSignal.any([signal]) };
    return await this.#queue.add(act, own);
  }

  /**
   * The container that a URL names: with what its SAS allows; without one, of the engine's own account or else a public
   * one. Whether it is there shows when it is used.
   * @throws BatchError `InvalidResourceName`
   */
  containerAt(url: string): ContainerPlace {
    const { endpoint, query, parts } = split(url);
    const [container, more] = parts;
    if (container === undefined || more !== undefined) {
      throw new BatchError({
        code: 'InvalidResourceName',
        message: `The URL ${endpoint} with the path "${parts.join('/')}" is of no container: give https://ACCOUNT/CONTAINER, with a SAS behind "?" if need be.`,
      });
    }
    if (query === '' && this.#isOwn(endpoint)) return { store: this.store, container };
    const store = new AzureBlobStore({ url: endpoint + query }, this.#options);
    return { store: new QueuedBlobStore(store, this), container };
  }

  /** A blob of the engine's own account, by its URL without a SAS; undefined: it is somebody else's, or has one. */
  ownBlobAt(url: string): { container: string; blob: string } | undefined {
    if (!(this.#own instanceof AzureBlobStore) || !URL.canParse(url)) return undefined;
    const { endpoint, query, parts } = split(url);
    const [container, ...blob] = parts;
    if (container === undefined || blob.length === 0) return undefined;
    return query === '' && this.#isOwn(endpoint) ? { container, blob: blob.join('/') } : undefined;
  }

  #isOwn(endpoint: string): boolean {
    const { account } = this.#own instanceof AzureBlobStore ? this.#own : { account: undefined };
    return account === endpoint.replace(/^https?:\/\//, '');
  }
}

/** An account's place is its host, or what follows an address. */
function split(text: string): { endpoint: string; query: string; parts: string[] } {
  const url = new URL(text);
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const isAddress = /^(?:\d+(?:\.\d+){3}|\[.*\]|localhost|host\.docker\.internal)$/.test(
    url.hostname,
  );
  const account = isAddress ? parts.shift() : undefined;
  return {
    endpoint: url.origin + (account === undefined ? '' : `/${account}`),
    query: url.search,
    parts: parts.map(decoded),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Content that comes as a stream waits for nobody, since it may come from another transfer. */
class QueuedBlobStore implements BlobStore {
  readonly place: string | undefined;
  readonly #store: BlobStore;
  readonly #transfers: Transfers;

  constructor(store: BlobStore, transfers: Transfers) {
    this.#store = store;
    this.#transfers = transfers;
    this.place = store.place;
  }

  createContainer(container: string): Promise<void> {
    return this.#store.createContainer(container);
  }

  containerExists(container: string): Promise<boolean> {
    return this.#store.containerExists(container);
  }

  deleteContainer(container: string): Promise<void> {
    return this.#store.deleteContainer(container);
  }

  list(
    container: string,
    options?: { prefix?: string; signal?: AbortSignal },
  ): AsyncIterable<BlobProperties> {
    return this.#store.list(container, options);
  }

  read(
    container: string,
    blob: string,
    options?: { offset?: number; count?: number; signal?: AbortSignal },
  ): Promise<Readable> {
    return this.#store.read(container, blob, options);
  }

  write(
    container: string,
    blob: string,
    content: Readable | Uint8Array | string,
    options?: TransferOptions,
  ): Promise<BlobProperties> {
    return this.#store.write(container, blob, content, options);
  }

  delete(container: string, blob: string): Promise<void> {
    return this.#store.delete(container, blob);
  }

  upload(
    container: string,
    blob: string,
    file: string,
    options: TransferOptions = {},
  ): Promise<BlobProperties> {
    const upload = (): Promise<BlobProperties> =>
      this.#store.upload(container, blob, file, options);
    return this.#transfers.run(upload, options.signal);
  }

  download(
    container: string,
    blob: string,
    file: string,
    options: TransferOptions & { mode?: number } = {},
  ): Promise<void> {
    const download = (): Promise<void> => this.#store.download(container, blob, file, options);
    return this.#transfers.run(download, options.signal);
  }
}
