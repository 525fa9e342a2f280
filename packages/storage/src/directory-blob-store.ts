import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BatchError } from '@berth/core';
import { linkWithMode, nameExclusively } from './blob-download.ts';
import { eTagOf, listDirectory } from './blob-listing.ts';
import { checkBlobName, checkContainerName, encodeBlobName, invalid } from './blob-names.ts';
import type { BlobProperties, BlobStore, TransferOptions } from './blob-store.ts';
import { makeDirectoryDurably, syncDirectory } from './durable-directory.ts';
import { codeOf, isAbsence, unlessAbsent } from './errno.ts';

/** Cannot be a container, whose name begins with a letter or digit. */
const INCOMING = '.incoming';
/** What a crash left in `.incoming` is removed when it has not grown for this long, in milliseconds. */
const STALE_AFTER = 24 * 3_600_000;
const BLOB_MODE = 0o444;
const CLONE = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL;

/**
 * Containers as directories, blobs as files that nobody may write; see `blob-names.ts` for their names. Writes are
 * synced before they resolve, downloads are not. Several processes may use one directory.
 *
 * Symbolic links inside are not followed, and `list` passes over them and over other files that the store did not write.
 * On a file system that ignores case, names that differ in case alone are one blob.
 */
export class DirectoryBlobStore implements BlobStore {
  /** Its absolute path. */
  readonly directory: string;
  #root: Promise<string> | undefined;

  /** `directory` is made at the first use. */
  constructor(directory: string) {
    this.directory = resolve(directory);
  }

  async createContainer(container: string): Promise<void> {
    checkContainerName(container);
    const root = await this.#open();
    if (await makeIfMissing(join(root, container))) await syncDirectory(root);
  }

  async containerExists(container: string): Promise<boolean> {
    checkContainerName(container);
    return await isDirectory(join(await this.#open(), container));
  }

  async deleteContainer(container: string): Promise<void> {
    const path = await this.#container(container);
    const root = dirname(path);
    const doomed = join(root, INCOMING, randomUUID());
    try {
      await rename(path, doomed);
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? containerNotFound(container) : error;
    }
    await syncDirectory(root);
    await rm(doomed, { recursive: true, force: true });
  }

  async *list(
    container: string,
    options: { prefix?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<BlobProperties, void, void> {
    const path = await this.#container(container);
    yield* listDirectory(path, path, '', options.prefix ?? '', options.signal);
  }

  /** Also throws `InvalidRange`: `offset` is not 0 and not inside the blob, or `count` is negative. */
  async read(
    container: string,
    blob: string,
    options: { offset?: number; count?: number; signal?: AbortSignal } = {},
  ): Promise<Readable> {
    const { offset = 0, count = Number.POSITIVE_INFINITY, signal } = options;
    signal?.throwIfAborted();
    const handle = await this.#openBlob(container, blob, await this.#locate(container, blob));
    try {
      const { size } = await handle.stat();
      const isOffset =
        Number.isSafeInteger(offset) && offset >= 0 && (offset < size || offset === 0);
      if (!(isOffset && count >= 0)) {
        const message = `The range from byte ${offset} of ${count} bytes is not in the blob ${blob}, which has ${size}: ask for one that is.`;
        throw new BatchError({ code: 'InvalidRange', message });
      }
      const bytes = Math.min(Math.floor(count), size - offset);
      if (bytes === 0) {
        await handle.close();
        return Readable.from([], { objectMode: false });
      }
      const stream = handle.createReadStream({ start: offset, end: offset + bytes - 1 });
      return signal === undefined ? stream : addAbortSignal(signal, stream);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async write(
    container: string,
    blob: string,
    content: Readable | Uint8Array | string,
    options: TransferOptions = {},
  ): Promise<BlobProperties> {
    const { signal } = options;
    return await this.#put(container, blob, options, async (temporary) => {
      const handle = await open(temporary, 'wx', 0o600);
      try {
        if (content instanceof Readable)
          await pipeline(
            content,
            handle.createWriteStream(),
            signal === undefined ? {} : { signal },
          );
        else await handle.writeFile(content, signal === undefined ? {} : { signal });
      } finally {
        await handle.close();
      }
    });
  }

  async upload(
    container: string,
    blob: string,
    file: string,
    options: TransferOptions = {},
  ): Promise<BlobProperties> {
    return await this.#put(container, blob, options, (temporary) =>
      copyFile(file, temporary, CLONE),
    );
  }

  async delete(container: string, blob: string): Promise<void> {
    const path = await this.#locate(container, blob);
    try {
      await refuseLinks(dirname(path), blob);
      await unlink(path);
    } catch (error) {
      throw isAbsence(error) ? await this.#notFound(container, blob) : pathError(error, blob);
    }
    const top = await this.#container(container);
    let directory = dirname(path);
    await syncDirectory(directory).catch(unlessAbsent);
    try {
      for (; directory !== top; directory = dirname(directory)) await rmdir(directory);
    } catch {
      // Somebody else's blob is in it, or somebody else removed it.
    }
  }

  /** Also throws `EEXIST` of the operating system. Links when `mode` has no write bits and both are on one device. */
  async download(
    container: string,
    blob: string,
    file: string,
    options: TransferOptions & { mode?: number } = {},
  ): Promise<void> {
    const { mode = 0o770, signal, onProgress } = options;
    signal?.throwIfAborted();
    const path = await this.#locate(container, blob);
    const handle = await this.#openBlob(container, blob, path);
    try {
      // The store itself must still be able to read it.
      if ((mode & 0o622) === 0o400 && linkWithMode(handle.fd, path, file, mode)) {
        onProgress?.((await handle.stat()).size);
        return;
      }
    } finally {
      await handle.close();
    }
    const temporary = join(dirname(file), `.download-${randomUUID()}`);
    try {
      await copyFile(path, temporary, CLONE).catch(async (error: unknown) => {
        throw isAbsence(error) && !(await exists(path))
          ? await this.#notFound(container, blob)
          : error;
      });
      await chmod(temporary, mode);
      signal?.throwIfAborted();
      await nameExclusively(temporary, file);
      onProgress?.((await stat(file)).size);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** The directory without symbolic links in its own path, so that one further in can be told. */
  #open(): Promise<string> {
    this.#root ??= (async () => {
      makeDirectoryDurably(join(this.directory, INCOMING));
      const root = await realpath(this.directory);
      await removeStale(join(root, INCOMING));
      return root;
    })().catch((error: unknown) => {
      this.#root = undefined;
      throw error;
    });
    return this.#root;
  }

  async #container(container: string): Promise<string> {
    checkContainerName(container);
    const path = join(await this.#open(), container);
    if (!(await isDirectory(path))) throw containerNotFound(container);
    return path;
  }

  async #locate(container: string, blob: string): Promise<string> {
    checkContainerName(container);
    checkBlobName(blob);
    return join(await this.#open(), container, encodeBlobName(blob));
  }

  async #openBlob(container: string, blob: string, path: string): Promise<FileHandle> {
    let handle: FileHandle;
    try {
      await refuseLinks(dirname(path), blob);
      // Without NONBLOCK, opening a FIFO would wait for its writer.
      handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      throw isAbsence(error) ? await this.#notFound(container, blob) : pathError(error, blob);
    }
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw await this.#notFound(container, blob);
  }

  async #notFound(container: string, blob: string): Promise<BatchError> {
    if (!(await this.containerExists(container))) return containerNotFound(container);
    const message = `The container ${container} has no blob ${blob}: write it first or correct its name.`;
    return new BatchError({ code: 'BlobNotFound', message });
  }

  async #put(
    container: string,
    blob: string,
    { signal, onProgress }: TransferOptions,
    fill: (temporary: string) => Promise<void>,
  ): Promise<BlobProperties> {
    const path = await this.#locate(container, blob);
    const top = await this.#container(container);
    signal?.throwIfAborted();
    const temporary = join(dirname(top), INCOMING, randomUUID());
    try {
      await fill(temporary);
      await chmod(temporary, BLOB_MODE);
      const properties = await syncFile(temporary);
      signal?.throwIfAborted();
      await this.#publish(container, blob, temporary, path);
      onProgress?.(properties.size);
      return {
        name: blob,
        contentLength: properties.size,
        lastModified: properties.mtime,
        eTag: eTagOf(properties),
      };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Tries again while a delete beside it takes the directories away that it has just made. */
  async #publish(container: string, blob: string, temporary: string, path: string): Promise<void> {
    for (;;) {
      const top = await this.#container(container);
      try {
        await makeParents(top, dirname(path), blob);
        await rename(temporary, path);
        break;
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || !(await exists(temporary))) throw pathError(error, blob);
      }
    }
    await syncDirectory(dirname(path)).catch(unlessAbsent);
  }
}

/** From the top down, so that nothing is made behind a symbolic link. */
async function makeParents(top: string, directory: string, blob: string): Promise<void> {
  if (directory === top) return;
  await makeParents(top, dirname(directory), blob);
  if (await makeIfMissing(directory)) await syncDirectory(dirname(directory));
  else await refuseLinks(directory, blob);
}

async function makeIfMissing(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function refuseLinks(directory: string, blob: string): Promise<void> {
  if ((await realpath(directory)) !== directory) {
    throw invalid(
      `The blob name ${JSON.stringify(blob)} leads through a symbolic link, which the store does not follow: remove the link.`,
    );
  }
}

async function syncFile(file: string): Promise<Stats> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
    return await handle.stat();
  } finally {
    await handle.close();
  }
}

async function removeStale(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const properties = await lstat(path).catch(unlessAbsent);
    if (properties !== undefined && properties.mtimeMs < Date.now() - STALE_AFTER) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(unlessAbsent))?.isDirectory() ?? false;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(unlessAbsent)) !== undefined;
}

function containerNotFound(container: string): BatchError {
  return new BatchError({
    code: 'ContainerNotFound',
    message: `There is no container ${container}: create it first.`,
  });
}

/** The name is within the rules, but not within what this file system can hold. */
function pathError(error: unknown, blob: string): unknown {
  if (codeOf(error) !== 'ENAMETOOLONG') return error;
  return invalid(
    `The blob name ${JSON.stringify(blob)} is too long for this file system: choose a shorter one.`,
  );
}
