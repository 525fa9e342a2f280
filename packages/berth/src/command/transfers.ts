import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Download, Upload } from '@berth/core/spec';
import type { BlobStore } from '@berth/storage';

/** Puts the files of `uploads` into their containers; returns how many. */
export async function uploadAll(
  store: BlobStore,
  uploads: readonly Upload[],
  directory: string,
): Promise<number> {
  let count = 0;
  for (const { source, container, path } of uploads) {
    await store.createContainer(container);
    const from = resolve(directory, source);
    if ((await stat(from)).isFile()) {
      await store.upload(container, path ?? basename(from), from);
      count++;
      continue;
    }
    const entries = await readdir(from, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const file = join(entry.parentPath, entry.name);
      // A link to a file counts as the file; one to a directory is not followed, since it may lead round.
      const found = entry.isSymbolicLink() ? await stat(file).catch(() => undefined) : entry;
      if (found?.isFile() !== true) continue;
      const name = file
        .slice(from.length + 1)
        .split(sep)
        .join('/');
      await store.upload(container, path === undefined ? name : `${path}/${name}`, file);
      count++;
    }
  }
  return count;
}

/** Fetches the blobs of `downloads`, over what is there; returns the files in order. */
export async function downloadAll(
  store: BlobStore,
  downloads: readonly Download[],
  directory: string,
  warn: (message: string) => void,
): Promise<{ file: string; print: boolean }[]> {
  const files: { file: string; print: boolean }[] = [];
  for (const { container, prefix, target, print } of downloads) {
    const before = files.length;
    for await (const { name } of store.list(container, prefix === undefined ? {} : { prefix })) {
      const file = join(resolve(directory, target), name);
      await mkdir(dirname(file), { recursive: true });
      await rm(file, { force: true });
      await store.download(container, name, file, { mode: 0o644 });
      files.push({ file, print });
    }
    if (files.length === before) {
      warn(`downloads: nothing in container "${container}" begins with "${prefix ?? ''}"`);
    }
  }
  return files;
}
