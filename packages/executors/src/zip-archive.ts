import { Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { fromBufferPromise, openPromise } from 'yauzl';
import type { TreeFile } from './file-tree.ts';
import { messageOf } from './run-failure.ts';

/** A zip file that is none, is damaged, or must not be unpacked. The message is a clause for who made it. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

const mostEntries = 200_000;
/** What unpacks to more than both is a bomb: no program shrinks so well. */
const bombBytes = 1024 ** 3;
const bombRatio = 200;

const fileType = { mask: 0o170000, directory: 0o040000, regular: 0o100000, link: 0o120000 };

/**
 * What a zip file holds, looked at as a whole before anything of it is written: no path leads out, none is there twice,
 * nothing is a symbolic link or another special file, and it does not unpack to more than is plausible.
 */
export class ZipArchive {
  readonly files: readonly TreeFile[];
  readonly #zip: ZipFile;

  private constructor(zip: ZipFile, files: readonly TreeFile[]) {
    this.#zip = zip;
    this.files = files;
  }

  /**
   * `source`: a local file, or its content.
   * @throws ZipError
   */
  static async open(source: string | Uint8Array): Promise<ZipArchive> {
    let zip: ZipFile;
    const options = { lazyEntries: true, strictFileNames: true, validateEntrySizes: true };
    try {
      zip =
        typeof source === 'string'
          ? await openPromise(source, { ...options, autoClose: false })
          : await fromBufferPromise(Buffer.from(source), options);
    } catch (error) {
      throw zipError(error);
    }
    try {
      return new ZipArchive(zip, await filesOf(zip));
    } catch (error) {
      zip.close();
      throw zipError(error);
    }
  }

  close(): void {
    this.#zip.close();
  }
}

async function filesOf(zip: ZipFile): Promise<TreeFile[]> {
  if (zip.entryCount > mostEntries) {
    throw new ZipError(`it has ${zip.entryCount} entries, more than ${mostEntries}`);
  }
  const files: TreeFile[] = [];
  const taken = new Map<string, 'file' | 'directory'>();
  let packed = 0;
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    const parts = entry.fileName.split('/');
    const isDirectory = parts.at(-1) === '';
    if (isDirectory) parts.pop();
    refuseName(entry.fileName, parts);
    const mode = modeOf(entry, isDirectory);
    for (let length = 1; length < parts.length; length++) {
      take(taken, parts.slice(0, length).join('/'), 'directory');
    }
    const path = parts.join('/');
    take(taken, path, isDirectory ? 'directory' : 'file');
    if (isDirectory) {
      files.push({ path, mode, size: 0 });
      continue;
    }
    if (entry.isEncrypted()) throw new ZipError(`"${path}" is encrypted`);
    packed += entry.compressedSize;
    unpacked += entry.uncompressedSize;
    files.push({
      path,
      mode,
      size: entry.uncompressedSize,
      content: async () => {
        try {
          const content = await zip.openReadStreamPromise(entry);
          const checked = checksum(path, entry.crc32);
          content.on('error', (error) => checked.destroy(zipError(error)));
          return content.pipe(checked);
        } catch (error) {
          throw zipError(error);
        }
      },
    });
  }
  // Entries that share their data are how the smallest bombs are made.
  if (packed > zip.fileSize || (unpacked > bombBytes && unpacked > bombRatio * zip.fileSize)) {
    throw new ZipError(
      `its ${zip.fileSize} bytes would unpack to ${unpacked}, which is not plausible`,
    );
  }
  return files;
}

function refuseName(name: string, parts: readonly string[]): void {
  const leadsOut = name.startsWith('/') || /^[A-Za-z]:/.test(name) || parts.includes('..');
  const isOdd = parts.some((part) => part === '' || part === '.') || /[\\\0]/.test(name);
  if (leadsOut || isOdd || name.length > 4_000) {
    throw new ZipError(`the name ${JSON.stringify(name.slice(0, 200))} is no path inside it`);
  }
}

function take(
  taken: Map<string, 'file' | 'directory'>,
  path: string,
  type: 'file' | 'directory',
): void {
  const former = taken.get(path);
  if (former !== undefined && (former === 'file' || type === 'file')) {
    throw new ZipError(`"${path}" is in it twice`);
  }
  taken.set(path, type);
}

/** What a system without modes has packed may be executed: nobody could say otherwise. Everybody may read. */
function modeOf(entry: Entry, isDirectory: boolean): number {
  const isUnix = entry.versionMadeBy >> 8 === 3;
  const mode = isUnix ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & fileType.mask;
  if (type === fileType.link) throw new ZipError(`"${entry.fileName}" is a symbolic link`);
  if (type !== 0 && type !== fileType.regular && type !== fileType.directory) {
    throw new ZipError(`"${entry.fileName}" is neither a file nor a directory`);
  }
  if (isDirectory || (mode & 0o777) === 0) return 0o755;
  return (mode & 0o755) | 0o644;
}

function checksum(path: string, wanted: number): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      done(sum === wanted ? null : new ZipError(`"${path}" is damaged: its checksum is wrong`));
    },
  });
}

function zipError(error: unknown): Error {
  if (error instanceof ZipError) return error;
  // Of the system: the disk, and not what the file holds.
  if (error instanceof Error && 'code' in error && 'syscall' in error) return error;
  return new ZipError(`it is no zip file that can be read (${messageOf(error)})`);
}
