import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** One of the files that are put on a host together. */
export interface TreeFile {
  /** Relative, with `/` between its parts, none of which is `.`, `..` or empty. Directories above it need not be there. */
  path: string;
  mode: number;
  /** Bytes of its content. */
  size: number;
  /** Absent: it is a directory. */
  content?: () => Promise<Readable>;
}

/** Writes them into a local directory, which is there and empty. */
export async function writeTree(
  directory: string,
  files: readonly TreeFile[],
  signal: AbortSignal,
): Promise<void> {
  const made = new Set<string>([directory]);
  const make = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    await mkdir(path, { recursive: true, mode: 0o755 });
    made.add(path);
  };
  for (const { path, mode, content } of files) {
    signal.throwIfAborted();
    const target = join(directory, path);
    await make(content === undefined ? target : dirname(target));
    if (content !== undefined) {
      await pipeline(await content(), createWriteStream(target, { flags: 'wx', mode: 0o600 }), {
        signal,
      });
    }
    await chmod(target, mode); // whatever the umask
  }
}

/** Writes them into a local tar file (ustar; names that are too long for it as GNU tar has them). */
export async function writeTar(
  file: string,
  files: readonly TreeFile[],
  signal: AbortSignal,
): Promise<void> {
  const output = createWriteStream(file, { flags: 'wx' });
  await pipeline(tarOf(files), output, { signal });
}

const blockSize = 512;

async function* tarOf(files: readonly TreeFile[]): AsyncGenerator<Buffer> {
  for (const { path, mode, size, content } of files) {
    const name = Buffer.from(content === undefined ? `${path}/` : path);
    if (name.length > 100) {
      yield header(Buffer.from('././@LongLink'), 0o644, name.length + 1, 'L');
      yield padded(Buffer.concat([name, Buffer.alloc(1)]));
    }
    yield header(name.subarray(0, 100), mode, size, content === undefined ? '5' : '0');
    if (content === undefined) continue;
    for await (const chunk of await content()) {
      const bytes: Buffer = chunk;
      yield bytes;
    }
    yield Buffer.alloc(-size & (blockSize - 1));
  }
  yield Buffer.alloc(2 * blockSize);
}

function header(name: Buffer, mode: number, size: number, type: string): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  name.copy(block, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size < 8 ** 11) octal(size, 124, 12);
  else {
    // Base 256, as GNU tar writes what does not fit.
    block.writeBigUInt64BE(BigInt(size), 128);
    block[124] = 0x80;
  }
  octal(0, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar  \0', 257, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & (blockSize - 1))]);
}
