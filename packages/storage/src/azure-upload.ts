import { createHash, randomBytes } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import type { BlobContent } from './blob-content.ts';

/** The most that a blob may have. */
const mostBlocks = 50_000;
/** Of a stream, whose length is not known, this many blocks have one size, the next as many twice that. */
const blocksOfOneSize = 10_000;

export interface BlockOptions {
  /** Of a block, unless the content is too large for that. */
  blockBytes: number;
  /** How many blocks are under way at once. */
  parallelBlocks: number;
  signal: AbortSignal;
  onProgress?: ((transferredBytes: number) => void) | undefined;
}

/** A block that takes longer, all tries together, is given up: the service may have forgotten it. */
const blockDeadlineMs = 600_000;

export function withDeadline(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(blockDeadlineMs)]);
}

export interface Uploaded {
  contentLength: number;
  lastModified: Date;
  eTag: string;
}

/**
 * Content in blocks, several at a time, which become the blob in one step when all are there. The service checks the
 * hash of each block as it arrives, and keeps that of the whole for whoever reads it.
 * Memory: `parallelBlocks` + 1 blocks.
 */
export async function uploadBlocks(
  client: BlockBlobClient,
  content: BlobContent,
  size: number | undefined,
  { blockBytes, parallelBlocks, signal, onProgress }: BlockOptions,
): Promise<Uploaded> {
  const whole = createHash('md5');
  let length = blockBytes;
  while (size !== undefined && length * mostBlocks < size) length *= 2;
  let block: Buffer = Buffer.allocUnsafeSlow(
    size === undefined ? length : Math.min(length, size + 1),
  );
  let filled = await content.fill(block);
  if (filled < block.length) {
    const bytes = block.subarray(0, filled);
    const blobContentMD5 = whole.update(bytes).digest();
    const answer = await client.upload(bytes, filled, {
      abortSignal: signal,
      blobHTTPHeaders: { blobContentMD5 },
    });
    onProgress?.(filled);
    return uploaded(answer, filled);
  }

  // Two uploads of one blob must not take each other's blocks for their own.
  const upload = randomBytes(16);
  const ids: string[] = [];
  const free: Buffer[] = [];
  const underWay = new Set<Promise<void>>();
  const failing = new AbortController();
  const abortSignal = AbortSignal.any([signal, failing.signal]);
  let failure: { error: unknown } | undefined;
  /** Content may be slow to come, or never come. */
  const failed = new Promise<0>((resolve) => {
    failing.signal.addEventListener('abort', () => resolve(0), { once: true });
  });
  let contentLength = 0;
  let transferred = 0;
  const send = async (id: string, buffer: Buffer, bytes: Buffer): Promise<void> => {
    try {
      const transactionalContentMD5 = createHash('md5').update(bytes).digest();
      await client.stageBlock(id, bytes, bytes.length, {
        abortSignal: withDeadline(abortSignal),
        transactionalContentMD5,
      });
      transferred += bytes.length;
      onProgress?.(transferred);
      free.push(buffer);
    } catch (error) {
      failure ??= { error };
      failing.abort();
    }
  };
  try {
    while (filled > 0 && failure === undefined) {
      const bytes = block.subarray(0, filled);
      whole.update(bytes);
      contentLength += filled;
      const id = Buffer.concat([upload, indexBytes(ids.length)]).toString('base64');
      ids.push(id);
      const sending: Promise<void> = send(id, block, bytes).finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= parallelBlocks) await Promise.race(underWay);
      if (filled < block.length) break;
      if (size === undefined && ids.length % blocksOfOneSize === 0) {
        length *= 2;
        free.length = 0;
      }
      const next = free.pop();
      block = next?.length === length ? next : Buffer.allocUnsafeSlow(length);
      filled = await Promise.race([content.fill(block), failed]);
    }
  } catch (error) {
    failure ??= { error };
    failing.abort();
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
  const blobContentMD5 = whole.digest();
  const answer = await client.commitBlockList(ids, {
    abortSignal: signal,
    blobHTTPHeaders: { blobContentMD5 },
  });
  return uploaded(answer, contentLength);
}

function indexBytes(index: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(index);
  return bytes;
}

function uploaded(
  { lastModified, etag }: { lastModified?: Date; etag?: string },
  contentLength: number,
): Uploaded {
  return {
    contentLength,
    lastModified: lastModified ?? new Date(0),
    eTag: (etag ?? '').replaceAll('"', ''),
  };
}
