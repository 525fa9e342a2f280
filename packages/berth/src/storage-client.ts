import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { BatchError } from '@berth/core';
import type { BlobProperties, BlobStore, TransferOptions } from '@berth/storage';

/** Of all files of one call. */
export interface TransferProgress {
  files: number;
  totalFiles: number;
  bytes: number;
  totalBytes: number;
}

export interface UploadOptions {
  /** Put before the names of the blobs, with a slash. Default: nothing. */
  path?: string;
  /** Gives it up; blobs that are there already stay. */
  signal?: AbortSignal;
  /** Called now and then, and at the end. */
  onProgress?(progress: TransferProgress): void;
}

export interface DownloadOptions {
  /** Only blobs whose names begin with it. Default: all. */
  prefix?: string;
  /** Replaces files that are there. Default false. */
  overwrite?: boolean;
  /** Of the files. Default 0o644. */
  mode?: number;
  /** Gives it up; files that are there already stay. */
  signal?: AbortSignal;
  /** Called now and then, and at the end. */
  onProgress?(progress: TransferProgress): void;
}

/** Files of one call that are begun at once; how many travel is the engine's `maxTransfers`. */
const mostBegun = 16;
const defaultMode = 0o644;

/** The engine's storage from the user's side: containers, blobs, and files on their way there and back. */
export class StorageClient {
  /** What `autoStorageContainerName` in specifications means. */
  readonly store: BlobStore;

  constructor(store: BlobStore) {
    this.store = store;
  }

  /** Does nothing if it is there. */
  createContainer(container: string): Promise<void> {
    return this.store.createContainer(container);
  }

  containerExists(container: string): Promise<boolean> {
    return this.store.containerExists(container);
  }

  /** @throws BatchError `ContainerNotFound` */
  deleteContainer(container: string): Promise<void> {
    return this.store.deleteContainer(container);
  }

  /** The blobs of a container whose names begin with `prefix`, in the order of names. */
  list(
    container: string,
    options?: { prefix?: string; signal?: AbortSignal },
  ): AsyncIterable<BlobProperties> {
    return this.store.list(container, options);
  }

  /** @throws BatchError `BlobNotFound`, `ContainerNotFound`, `InvalidRange` */
  read(
    container: string,
    blob: string,
    options?: { offset?: number; count?: number; signal?: AbortSignal },
  ): Promise<Readable> {
    return this.store.read(container, blob, options);
  }

  /** A blob, which appears whole or not at all. */
  write(
    container: string,
    blob: string,
    content: Readable | Uint8Array | string,
    options?: TransferOptions,
  ): Promise<BlobProperties> {
    return this.store.write(container, blob, content, options);
  }

  /** @throws BatchError `BlobNotFound`, `ContainerNotFound` */
  delete(container: string, blob: string): Promise<void> {
    return this.store.delete(container, blob);
  }

  /**
   * Puts files into a container, which is made if it is not there: a file under its own name, what is in a directory under
   * its path in there. The first error ends it; what is under way then is given up.
   * @returns the blobs, in the order of the paths
   * @throws BatchError `FileNotFound`; of the store
   */
  async upload(
    container: string,
    paths: string | readonly string[],
    options: UploadOptions = {},
  ): Promise<BlobProperties[]> {
    const { path, signal, onProgress } = options;
    const files: { file: string; blob: string; bytes: number }[] = [];
    for (const from of typeof paths === 'string' ? [paths] : paths) {
      for await (const { file, name, bytes } of filesIn(from)) {
        signal?.throwIfAborted();
        files.push({ file, blob: path === undefined ? name : `${path}/${name}`, bytes });
      }
    }
    await this.store.createContainer(container);
    const blobs: BlobProperties[] = [];
    await transferAll(files, { signal, onProgress }, async ({ file, blob }, index, transfer) => {
      blobs[index] = await this.store.upload(container, blob, file, transfer);
    });
    return blobs;
  }

  /**
   * Fetches the blobs of a container into a directory, each under its name. The first error ends it.
   * @returns the files, in the order of names
   * @throws BatchError `ContainerNotFound`, `FileExists`, `InvalidResourceName`; of the store
   */
  async download(
    container: string,
    directory: string,
    options: DownloadOptions = {},
  ): Promise<string[]> {
    const { prefix, overwrite = false, mode = defaultMode, signal, onProgress } = options;
    const top = resolve(directory);
    const blobs: { blob: string; file: string; bytes: number }[] = [];
    const listed = { ...(prefix !== undefined && { prefix }), ...(signal && { signal }) };
    for await (const { name, contentLength } of this.store.list(container, listed)) {
      blobs.push({ blob: name, file: fileBelow(top, name), bytes: contentLength });
    }
    await mkdir(top, { recursive: true });
    await transferAll(blobs, { signal, onProgress }, async ({ blob, file }, _, transfer) => {
      await mkdir(dirname(file), { recursive: true });
      const to = overwrite ? join(dirname(file), `.download-${randomUUID()}`) : file;
      try {
        await this.store.download(container, blob, to, { ...transfer, mode });
        if (to !== file) await rename(to, file);
      } catch (error) {
        if (to !== file) await rm(to, { force: true });
        throw codeOf(error) === 'EEXIST' ? fileExists(file) : error;
      }
    });
    return blobs.map(({ file }) => file);
  }
}

/** A file, or the files in a directory, with the names that they have from there. */
async function* filesIn(
  from: string,
): AsyncGenerator<{ file: string; name: string; bytes: number }> {
  const top = resolve(from);
  const given = await stat(top).catch((error: unknown) => {
    throw codeOf(error) === 'ENOENT' ? fileNotFound(top) : error;
  });
  if (!given.isDirectory()) {
    yield { file: top, name: basename(top), bytes: given.size };
    return;
  }
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    // A link to a file counts as the file; one to a directory is not followed, since it may lead round.
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    yield {
      file,
      name: file
        .slice(top.length + 1)
        .split(sep)
        .join('/'),
      bytes: found.size,
    };
  }
}

function fileBelow(top: string, name: string): string {
  const parts = name.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0')))
    return join(top, ...parts);
  throw new BatchError({
    code: 'InvalidResourceName',
    message: `The blob name ${JSON.stringify(name)} is no name of a file below ${top}: name a prefix without it.`,
  });
}

async function transferAll<File extends { bytes: number }>(
  files: readonly File[],
  {
    signal,
    onProgress,
  }: {
    signal: AbortSignal | undefined;
    onProgress: ((progress: TransferProgress) => void) | undefined;
  },
  transfer: (file: File, index: number, options: TransferOptions) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const failing = new AbortController();
  const either = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  const progress: TransferProgress = {
    files: 0,
    totalFiles: files.length,
    bytes: 0,
    totalBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  let next = 0;
  let failure: { error: unknown } | undefined;
  const work = async (): Promise<void> => {
    while (failure === undefined) {
      const index = next++;
      const file = files[index];
      if (file === undefined) return;
      let transferred = 0;
      try {
        await transfer(file, index, {
          // One of its own: each file that waits listens to it.
          signal: AbortSignal.any([either]),
          onProgress(bytes) {
            progress.bytes += bytes - transferred;
            transferred = bytes;
            onProgress?.({ ...progress });
          },
        });
        progress.files++;
        onProgress?.({ ...progress });
      } catch (error) {
        failure ??= { error };
        failing.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: mostBegun }, work));
  if (failure !== undefined) throw failure.error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function fileNotFound(file: string): BatchError {
  return new BatchError({
    code: 'FileNotFound',
    message: `There is no file or directory ${file}.`,
  });
}

function fileExists(file: string): BatchError {
  const message = `There is a file ${file} already: move it away, or set overwrite.`;
  return new BatchError({ code: 'FileExists', message });
}
