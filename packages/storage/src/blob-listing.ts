import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { decodeBlobPath, decodeDirectoryName } from './blob-names.ts';
import type { BlobProperties } from './blob-store.ts';
import { unlessAbsent } from './errno.ts';

/** The blobs in a directory of a container, whose names begin with `base`. Memory: the names of one directory and of those above it. */
export async function* listDirectory(
  top: string,
  directory: string,
  base: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<BlobProperties, void, void> {
  const entries = await readEntries(top, directory, base, prefix);
  for (const { name, path, isDirectory } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    signal?.throwIfAborted();
    if (isDirectory) {
      yield* listDirectory(top, path, name, prefix, signal);
    } else {
      const properties = await lstat(path).catch(unlessAbsent);
      if (properties?.isFile()) {
        const eTag = eTagOf(properties);
        yield { name, contentLength: properties.size, lastModified: properties.mtime, eTag };
      }
    }
  }
}

/** A blob is never changed, but replaced by another file. */
export function eTagOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino.toString(36)}-${size.toString(36)}-${mtimeMs.toString(36)}`;
}

interface Entry {
  /** A directory's ends in a slash and sorts as the names in it do. */
  name: string;
  path: string;
  isDirectory: boolean;
}

/** With the entries of those directories in which a long part goes on, since their names mix with the others. */
async function readEntries(
  top: string,
  directory: string,
  base: string,
  prefix: string,
): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const entry of (await readdir(directory, { withFileTypes: true }).catch(unlessAbsent)) ??
    []) {
    const path = join(directory, entry.name);
    if (entry.isFile()) {
      const name = decodeBlobPath(relative(top, path));
      if (name?.startsWith(prefix)) found.push({ name, path, isDirectory: false });
    } else if (entry.isDirectory()) {
      const text = decodeDirectoryName(entry.name);
      if (text === undefined) continue;
      const name = base + text;
      if (!name.startsWith(prefix) && !prefix.startsWith(name)) continue;
      if (text.endsWith('/')) found.push({ name, path, isDirectory: true });
      else found.push(...(await readEntries(top, path, name, prefix)));
    }
  }
  return found;
}
