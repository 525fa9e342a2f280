import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { BlobClient, BlobDownloadResponseParsed } from '@azure/storage-blob';
import { BatchError } from '@berth/core';
import { codeOf, isOfClient } from './azure-errors.ts';
import type { BlockOptions } from './azure-upload.ts';
import { withDeadline } from './azure-upload.ts';

/** The service computes the hash of no longer range. */
const longestHashedRange = 4 * 1024 * 1024;
/** How often a stream that breaks is gone on with. */
const maxRetryRequests = 5;

/**
 * A blob's content into an empty file, several ranges at a time, all of one version of the blob. Checked against the
 * hash of the whole that the blob has, or else those of the ranges. Memory: `parallelBlocks` ranges.
 * @throws BatchError `Md5Mismatch`; of the client
 */
export async function downloadRanges(
  client: BlobClient,
  file: FileHandle,
  { blockBytes, parallelBlocks, signal, onProgress }: BlockOptions,
): Promise<void> {
  const rangeBytes = Math.min(blockBytes, longestHashedRange);
  let transferred = 0;
  const failing = new AbortController();
  const abortSignal = AbortSignal.any([signal, failing.signal]);
  const get = (offset: number, etag?: string, hashed = true): Promise<BlobDownloadResponseParsed> =>
    client.download(offset, rangeBytes, {
      abortSignal: withDeadline(abortSignal),
      maxRetryRequests,
      ...(hashed && { rangeGetContentMD5: true }),
      ...(etag !== undefined && { conditions: { ifMatch: etag } }),
    });
  const take = async (
    answer: BlobDownloadResponseParsed,
    buffer: Buffer,
    offset: number,
    length: number,
    hash: Uint8Array | undefined,
  ): Promise<Buffer> => {
    const bytes = await readInto(answer, buffer, length);
    if (hash !== undefined) check(createHash('md5').update(bytes).digest(), hash, client.name);
    let written = 0;
    while (written < length) {
      written += (await file.write(bytes, written, length - written, offset + written))
        .bytesWritten;
    }
    transferred += length;
    onProgress?.(transferred);
    return bytes;
  };

  let first: BlobDownloadResponseParsed;
  try {
    first = await get(0);
  } catch (error) {
    if (isOfClient(error) && codeOf(error) === 'InvalidRange') return; // It is empty.
    throw error;
  }
  const size = sizeOf(first);
  const { etag } = first;
  const expected =
    first.blobContentMD5 ?? (first.contentRange === undefined ? first.contentMD5 : undefined);
  const whole = createHash('md5');
  const firstLength = Math.min(rangeBytes, size);
  const firstBuffer = Buffer.allocUnsafeSlow(firstLength);
  const firstHash = first.contentRange === undefined ? undefined : first.contentMD5;
  whole.update(await take(first, firstBuffer, 0, firstLength, firstHash));

  let nextOffset = firstLength;
  /** The hash of the whole takes the ranges in their order. */
  let hashed: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  const work = async (given?: Buffer): Promise<void> => {
    let buffer = given;
    while (nextOffset < size && failure === undefined) {
      const offset = nextOffset;
      const length = Math.min(rangeBytes, size - offset);
      nextOffset += length;
      const before = hashed;
      let isHashed = (): void => {};
      hashed = new Promise((resolve) => {
        isHashed = resolve;
      });
      try {
        buffer ??= Buffer.allocUnsafeSlow(Math.min(rangeBytes, size));
        const answer = await get(offset, etag, expected === undefined);
        const hash = expected === undefined ? answer.contentMD5 : undefined;
        const bytes = await take(answer, buffer, offset, length, hash);
        await before;
        whole.update(bytes);
      } catch (error) {
        failure ??= { error };
        failing.abort();
      } finally {
        isHashed();
      }
    }
  };
  await Promise.all([
    work(firstBuffer),
    ...Array.from({ length: parallelBlocks - 1 }, () => work()),
  ]);
  if (failure !== undefined) throw failure.error;
  if (expected !== undefined) check(whole.digest(), expected, client.name);
}

function sizeOf({ contentRange, contentLength = 0 }: BlobDownloadResponseParsed): number {
  const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? contentLength : Number(size);
}

/** The stream of an answer. One that breaks before anybody listens must not end the process. */
export function bodyOf({ readableStreamBody: body }: BlobDownloadResponseParsed): Readable {
  // The client's type knows no more than what every stream has; on Node it is one of Node's.
  const stream = body as Readable;
  stream.on('error', () => {});
  return stream;
}

async function readInto(
  answer: BlobDownloadResponseParsed,
  buffer: Buffer,
  length: number,
): Promise<Buffer> {
  const chunks: AsyncIterable<Buffer> = bodyOf(answer);
  let filled = 0;
  for await (const chunk of chunks) {
    if (filled + chunk.length > length) break;
    buffer.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled === length) return buffer.subarray(0, length);
  throw new BatchError({
    code: 'StorageUnreachable',
    message: 'An answer of the storage service had another length than it said: try again later.',
  });
}

function check(found: Buffer, expected: Uint8Array, blob: string): void {
  if (found.equals(expected)) return;
  throw new BatchError({
    code: 'Md5Mismatch',
    message: `What came of the blob ${blob} is not what its hash says: try again; if it stays so, write the blob again.`,
  });
}
