import type { OutputFile, ResourceFile } from '@berth/core';
import { BatchError } from '@berth/core';
import type { BlobStore, Secrets, Transfers } from '@berth/storage';
import type { FileSource } from './node-transfers.ts';
import { revealUrl } from './secret-url.ts';

/** A container with its store. */
export interface Place {
  store: BlobStore;
  container: string;
  /** For people: without what gives access. */
  shown: string;
}

type Container =
  | OutputFile['destination']['container']
  | Exclude<ResourceFile, { httpUrl: string }>;

/** Where the containers are that tasks name, by their names or by URLs. */
export class ContainerStores {
  readonly secrets: Secrets;
  readonly #own: BlobStore;
  readonly #transfers: Transfers | undefined;
  /** Of a node on this machine, files of a store on this machine have no way to go. */
  readonly #onThisMachine: boolean;

  constructor(options: {
    blobStore: BlobStore;
    secrets: Secrets;
    transfers: Transfers | undefined;
    onThisMachine: boolean;
  }) {
    this.#own = options.blobStore;
    this.secrets = options.secrets;
    this.#transfers = options.transfers;
    this.#onThisMachine = options.onThisMachine;
  }

  /** @throws BatchError `InvalidResourceName`; of the secret store */
  async containerOf(container: Container): Promise<Place> {
    if ('autoStorageContainerName' in container) {
      const { autoStorageContainerName: name } = container;
      return { store: this.#own, container: name, shown: name };
    }
    const url =
      'containerUrl' in container ? container.containerUrl : container.storageContainerUrl;
    if (this.#transfers === undefined) {
      const message = 'URLs of containers are not supported here: use autoStorageContainerName.';
      throw new BatchError({ code: 'OperationNotValidOnPool', message });
    }
    const shown = url.replace(/[?#].*$/s, '').replace(/\/\/.*@/s, '//');
    return { ...this.#transfers.containerAt(await revealUrl(url, this.secrets)), shown };
  }

  blobSource(
    { store, container }: Pick<Place, 'store' | 'container'>,
    blob: string,
    eTag: string | undefined,
    signal: AbortSignal,
  ): FileSource {
    const travels = store.place !== undefined || !this.#onThisMachine;
    return {
      identity:
        travels && eTag !== undefined
          ? JSON.stringify([store.place, container, blob, eTag])
          : undefined,
      async fetch(local, mode) {
        await store.download(container, blob, local, { mode, signal });
        return eTag;
      },
    };
  }

  /** A blob of the engine's own account by its URL, which needs no SAS; undefined: anything else. */
  async ownBlob(httpUrl: string, signal: AbortSignal): Promise<FileSource | undefined> {
    const own = this.#transfers?.ownBlobAt(httpUrl);
    if (own === undefined) return undefined;
    const { container, blob } = own;
    const place = { store: this.#own, container };
    for await (const { name, eTag } of this.#own.list(container, { prefix: blob, signal })) {
      if (name === blob) return this.blobSource(place, blob, eTag, signal);
      break;
    }
    return this.blobSource(place, blob, undefined, signal);
  }
}
