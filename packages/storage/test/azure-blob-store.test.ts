import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { BlobStore } from '../src/index.ts';
import { AzureBlobStore } from '../src/index.ts';
import type { Azurite } from './azurite.ts';
import { startAzurite } from './azurite.ts';
import { blobStoreContract } from './blob-store-contract.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const retries = { maxTries: 2, retryDelayInMs: 10 };

/** The contract's container is one of many here. */
async function openStore(): Promise<{ store: BlobStore }> {
  const store = new AzureBlobStore(azurite, { retries });
  const prefix = `${randomUUID()}`.slice(0, 20);
  const named = (container: string): string =>
    ['box', 'none'].includes(container) ? `${prefix}-${container}` : container;
  const renamed: BlobStore = {
    createContainer: (container) => store.createContainer(named(container)),
    containerExists: (container) => store.containerExists(named(container)),
    deleteContainer: (container) => store.deleteContainer(named(container)),
    list: (container, options) => store.list(named(container), options),
    read: (container, ...rest) => store.read(named(container), ...rest),
    write: (container, ...rest) => store.write(named(container), ...rest),
    delete: (container, blob) => store.delete(named(container), blob),
    upload: (container, ...rest) => store.upload(named(container), ...rest),
    download: (container, ...rest) => store.download(named(container), ...rest),
  };
  await renamed.createContainer('box');
  return { store: renamed };
}

blobStoreContract({
  openStore,
  isKept: (part) => !/[\\\p{Cc}\ufffe\uffff]|\.$/u.test(part),
  numRuns: 15,
});
