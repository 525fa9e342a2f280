import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Content that is read from front to back, a block at a time. */
export interface BlobContent {
  /** Resolves with how many bytes it has put into the block: fewer than fit only at the end. */
  fill(block: Buffer): Promise<number>;
}

export function contentOfFile(handle: FileHandle): BlobContent {
  return {
    async fill(block) {
      let filled = 0;
      while (filled < block.length) {
        const { bytesRead } = await handle.read(block, filled, block.length - filled, null);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled;
    },
  };
}

export function contentOfBytes(given: Uint8Array | string): BlobContent {
  const bytes = typeof given === 'string' ? Buffer.from(given) : given;
  let position = 0;
  return {
    async fill(block) {
      const part = bytes.subarray(position, position + block.length);
      block.set(part);
      position += part.length;
      return part.length;
    },
  };
}

export function contentOfStream(stream: Readable): BlobContent {
  const chunks: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);
  return {
    async fill(block) {
      let filled = 0;
      while (filled < block.length) {
        if (rest.length === 0) {
          const { value, done } = await chunks.next();
          if (done === true) break;
          rest = typeof value === 'string' ? Buffer.from(value) : asBytes(value);
          continue;
        }
        const part = rest.subarray(0, block.length - filled);
        block.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      return filled;
    },
  };
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('A stream to be written must be of bytes or text.');
}
