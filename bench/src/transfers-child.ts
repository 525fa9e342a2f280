import { copyFile } from 'node:fs/promises';
import type { AzureStorageAccount, BlobStore } from '@berth/storage';
import { AzureBlobStore, DirectoryBlobStore } from '@berth/storage';
import { childInput } from './in-child.ts';
import { peakMegabytes } from './machine.ts';

export interface TransferInput {
  /** Absent: a copy by the system. */
  store?: { azure: AzureStorageAccount } | { directory: string };
  way: 'up' | 'down';
  file: string;
}

export interface Transferred {
  milliseconds: number;
  peakMegabytes: number;
}

const { store: given, way, file } = childInput<TransferInput>();
const store: BlobStore | undefined =
  given &&
  ('azure' in given ? new AzureBlobStore(given.azure) : new DirectoryBlobStore(given.directory));
await store?.createContainer('bench');
const start = performance.now();
if (store === undefined) await copyFile(file, `${file}.copy`);
else if (way === 'up') await store.upload('bench', 'blob', file);
else await store.download('bench', 'blob', file, { mode: 0o644 });
const found: Transferred = {
  milliseconds: performance.now() - start,
  peakMegabytes: peakMegabytes(),
};
console.log(JSON.stringify(found));
