import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Download, Upload } from '@berth/core/spec';
import type { StorageClient } from '../storage-client.ts';

/** Puts the files of `uploads` into their containers; returns how many. */
export async function uploadAll(
  storage: StorageClient,
  uploads: readonly Upload[],
  directory: string,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for (const { source, container, path } of uploads) {
    const from = resolve(directory, source);
    if (path !== undefined && (await stat(from)).isFile()) {
      // Of a file it is the blob's name.
      await storage.createContainer(container);
      await storage.store.upload(container, path, from, { signal });
      count++;
    } else {
      const options = path === undefined ? { signal } : { path, signal };
      count += (await storage.upload(container, from, options)).length;
    }
  }
  return count;
}

/** Fetches the blobs of `downloads`, over what is there; returns the files in order. */
export async function downloadAll(
  storage: StorageClient,
  downloads: readonly Download[],
  directory: string,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<{ file: string; print: boolean }[]> {
  const files: { file: string; print: boolean }[] = [];
  for (const { container, prefix, target, print } of downloads) {
    const fetched = await storage.download(container, resolve(directory, target), {
      ...(prefix !== undefined && { prefix }),
      overwrite: true,
      signal,
    });
    for (const file of fetched) files.push({ file, print });
    if (fetched.length === 0) {
      warn(`downloads: nothing in container "${container}" begins with "${prefix ?? ''}"`);
    }
  }
  return files;
}
