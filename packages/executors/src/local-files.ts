import { constants, lstatSync, mkdirSync, renameSync, statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { TreeFile } from './file-tree.ts';
import { writeTree } from './file-tree.ts';
import type { DirectoryEntry, HostFiles, Prepared } from './host.ts';
import { EscapeError } from './host.ts';
import type { Trash } from './local-trash.ts';

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The file system of this machine, for one node. */
export class LocalFiles implements HostFiles {
  readonly #root: string;
  readonly #trash: Trash;

  constructor(root: string, trash: Trash) {
    this.#root = root;
    this.#trash = trash;
  }

  // Synchronous: beside every start, and a round trip through the thread pool costs more than the calls.
  prepareTask(directory: string, claim: string): Prepared {
    this.#trash.holdOff();
    const wd = `${directory}/wd`;
    try {
      mkdirSync(directory);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) {
        mkdirSync(directory, { recursive: true });
      } else if (isErrno(error, 'EEXIST')) {
        if (!lstatSync(directory).isDirectory()) {
          // A task put something else in the place of its directory.
          this.discard(directory);
          mkdirSync(directory);
        } else {
          if (statSync(`${directory}/${claim}.run`, { throwIfNoEntry: false })) return 'claimed';
          this.discard(wd);
        }
      } else {
        throw error;
      }
    }
    mkdirSync(wd);
    return 'ready';
  }

  async makeDirectory(directory: string): Promise<void> {
    await fs.mkdir(directory, { recursive: true });
  }

  async exists(path: string): Promise<boolean> {
    return await fs.access(path).then(
      () => true,
      () => false,
    );
  }

  async list(directory: string): Promise<DirectoryEntry[]> {
    const entries: DirectoryEntry[] = [];
    try {
      for (const entry of await fs.readdir(directory, { withFileTypes: true })) {
        let type: DirectoryEntry['type'] = 'other';
        if (entry.isFile()) type = 'file';
        else if (entry.isDirectory()) type = 'directory';
        else if (entry.isSymbolicLink()) {
          const target = await fs.stat(join(directory, entry.name)).catch(() => undefined);
          if (target?.isFile() === true) type = 'file';
        }
        entries.push({ name: entry.name, type });
      }
    } catch (error) {
      if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR')) throw error;
    }
    return entries;
  }

  async read(file: string, offset = 0): Promise<Buffer | undefined> {
    let handle: fs.FileHandle;
    try {
      handle = await fs.open(file);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    try {
      const length = Math.max(0, (await handle.stat()).size - offset);
      const buffer = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await handle.close();
    }
  }

  async write(file: string, content: string | Uint8Array): Promise<void> {
    await fs.writeFile(`${file}.new`, content, { mode: 0o600 });
    await fs.rename(`${file}.new`, file);
  }

  async create(file: string, content: string): Promise<boolean> {
    try {
      await fs.writeFile(file, content, { flag: 'wx' });
      return true;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return false;
      throw error;
    }
  }

  async remove(file: string): Promise<void> {
    await fs.rm(file, { force: true });
  }

  discard(path: string): void {
    this.#trash.take(path, `${this.#root}/volatile/trash`);
  }

  async put(path: string, fill: (localFile: string) => Promise<void>): Promise<void> {
    await this.#makeDirectories(dirname(path));
    await fs.rm(path, { force: true });
    await fill(path);
  }

  async copy(from: string, to: string, mode: number): Promise<void> {
    await this.#makeDirectories(dirname(to));
    await fs.rm(to, { force: true });
    await fs.copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await fs.chmod(to, mode);
  }

  async putTree(path: string, files: readonly TreeFile[], signal: AbortSignal): Promise<void> {
    await this.#makeDirectories(dirname(path));
    const fresh = `${path}@new`;
    await fs.rm(fresh, { recursive: true, force: true });
    await fs.mkdir(fresh);
    try {
      await writeTree(fresh, files, signal);
      this.discard(path);
      await fs.rename(fresh, path);
    } catch (error) {
      await fs.rm(fresh, { recursive: true, force: true });
      throw error;
    }
  }

  async get<T>(path: string, use: (localFile: string) => Promise<T>): Promise<T> {
    const file = await fs.realpath(path);
    const way = relative(await fs.realpath(this.#root), file);
    if (way.startsWith(`..${sep}`)) {
      throw new EscapeError(`A symbolic link leads out of the node: ${path}`);
    }
    return await use(file);
  }

  /** Every directory on the way is looked at: an earlier task may have put a symbolic link there. */
  async #makeDirectories(directory: string): Promise<void> {
    let way = this.#root;
    for (const part of relative(this.#root, directory).split(sep)) {
      way = join(way, part);
      await fs.mkdir(way).catch((error: unknown) => {
        // It is there, or has just been made for another file.
        if (!isErrno(error, 'EEXIST')) throw error;
      });
      if (!(await fs.lstat(way)).isDirectory()) {
        throw new EscapeError(`Not a directory, or a symbolic link: ${way}`);
      }
    }
  }
}

/** Moves what is at `from`, if anything is. */
export function moveAway(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return false;
    throw error;
  }
}
