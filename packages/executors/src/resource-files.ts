import { createWriteStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FailureCode, ResourceFile } from '@berth/core';
import type { Secrets } from '@berth/storage';
import type { ContainerStores } from './container-stores.ts';
import { EscapeError } from './host.ts';
import type { FileSource, NodeTransfers } from './node-transfers.ts';
import { accessDenied, codeOf, messageOf, RunFailure } from './run-failure.ts';
import { httpRequest } from './secret-url.ts';

const defaultMode = 0o770;
/** Without a byte for so long, a download over HTTP has timed out. */
const httpIdleMs = 60_000;

/**
 * Puts a run's resource files into a directory of it, one after the other (semantics §1.12): of two
 * with the same target the later stays. Throws a {@link RunFailure}.
 */
export async function stageResourceFiles(
  resourceFiles: readonly ResourceFile[],
  options: {
    transfers: NodeTransfers;
    directory: string;
    stores: ContainerStores;
    signal: AbortSignal;
    httpIdleMs?: number;
  },
): Promise<void> {
  const { transfers, directory, stores, signal } = options;
  for (const file of resourceFiles) {
    const mode = modeOf(file);
    const { filePath = '.' } = file;
    if ('httpUrl' in file) {
      const target = below(directory, file.filePath, file.filePath);
      await named(filePath, async () => {
        const source =
          (await stores.ownBlob(file.httpUrl, signal)) ??
          (await httpSource(file.httpUrl, options, options.httpIdleMs));
        await transfers.put(target, mode, source, signal);
      });
      continue;
    }
    const prefix = file.blobPrefix ?? '';
    let found = false;
    let shown = 'of a URL';
    try {
      const place = await stores.containerOf(file);
      shown = place.shown;
      for await (const { name, eTag } of place.store.list(place.container, { prefix, signal })) {
        found = true;
        const path = file.filePath === undefined ? name : `${file.filePath}/${name}`;
        const target = below(directory, path, path);
        const source = stores.blobSource(place, name, eTag, signal);
        await named(path, () => transfers.put(target, mode, source, signal));
      }
    } catch (error) {
      if (error instanceof RunFailure) throw error;
      throw failureOf(error, `container ${shown}`, 'ResourceContainerListMiscError');
    }
    if (!found) {
      throw new RunFailure(
        'BlobNotFound',
        `No blob of container ${shown} begins with "${prefix}"; FilePath: ${filePath}`,
      );
    }
  }
}

/** What is asked of an HTTP server once and then kept, while its eTag stays. */
async function httpSource(
  httpUrl: string,
  {
    stores,
    transfers,
    signal,
  }: { stores: ContainerStores; transfers: NodeTransfers; signal: AbortSignal },
  idleMs: number = httpIdleMs,
): Promise<FileSource> {
  const { secrets } = stores;
  const { url, headers } = await httpRequest(httpUrl, secrets);
  return {
    identity: JSON.stringify(['http', url, headers]),
    async isStill(eTag) {
      if (eTag === undefined) return false;
      const limit = AbortSignal.any([signal, AbortSignal.timeout(idleMs)]);
      try {
        const asked = { ...headers, 'If-None-Match': eTag };
        const response = await fetch(url, { headers: asked, signal: limit });
        await response.body?.cancel();
        return response.status === 304;
      } catch {
        signal.throwIfAborted();
        return false; // What is wrong shows when it is fetched.
      }
    },
    fetch: (local, mode) =>
      transfers.runOverHttp(() => download(httpUrl, secrets, local, mode, signal, idleMs), signal),
  };
}

function modeOf(file: ResourceFile): number {
  if (file.fileMode === undefined) return defaultMode;
  if (!/^0?[0-7]{1,4}$/.test(file.fileMode)) {
    throw new RunFailure(
      'ResourceFileCreateFailed',
      `fileMode "${file.fileMode}" is not an octal number; FilePath: ${file.filePath ?? '.'}`,
    );
  }
  return Number.parseInt(file.fileMode, 8);
}

/** The target, which no `..` may lead out of the directory. */
function below(directory: string, path: string, filePath: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.includes('..') || path.includes('\0') || parts.length === 0) {
    throw new RunFailure(
      'ResourceFileCreateFailed',
      `The target is not inside the working directory; FilePath: ${filePath}`,
    );
  }
  return `${directory}/${parts.join('/')}`;
}

async function named(filePath: string, put: () => Promise<void>): Promise<void> {
  try {
    await put();
  } catch (error) {
    if (error instanceof RunFailure) {
      throw new RunFailure(error.code, `${error.message}; FilePath: ${filePath}`);
    }
    throw failureOf(error, `FilePath: ${filePath}`, 'BlobDownloadMiscError');
  }
}

function failureOf(error: unknown, what: string, otherwise: FailureCode): RunFailure {
  const detail = `${messageOf(error)}; ${what}`;
  const code = codeOf(error);
  if (error instanceof EscapeError) return new RunFailure('ResourceFileCreateFailed', detail);
  if (code === undefined) return new RunFailure(otherwise, detail);
  if (code === 'ContainerNotFound' || code === 'BlobNotFound') {
    return new RunFailure('BlobNotFound', detail);
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return new RunFailure('DiskFull', detail);
  if (accessDenied.has(code)) {
    return new RunFailure(
      otherwise === 'ResourceContainerListMiscError'
        ? 'ResourceContainerAccessDenied'
        : 'BlobAccessDenied',
      detail,
    );
  }
  if (code === 'ENOTDIR') return new RunFailure('ResourceDirectoryCreateFailed', detail);
  if (
    code === 'EISDIR' ||
    code === 'EEXIST' ||
    code === 'ENAMETOOLONG' ||
    code === 'ERR_FS_EISDIR'
  ) {
    return new RunFailure('ResourceFileCreateFailed', detail);
  }
  if (/^E[A-Z0-9]+$/.test(code)) return new RunFailure('ResourceFileWriteFailed', detail);
  return new RunFailure(otherwise, detail);
}

/** Throws a {@link RunFailure}, or an error of the system. `file` must not exist; nobody else may read it. */
export async function downloadUrl(
  httpUrl: string,
  secrets: Secrets,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  await download(httpUrl, secrets, file, 0o600, signal, httpIdleMs);
}

async function download(
  httpUrl: string,
  secrets: Secrets,
  file: string,
  mode: number,
  signal: AbortSignal,
  idleMs: number,
): Promise<string | undefined> {
  const { url, headers, shown, conceal } = await httpRequest(httpUrl, secrets);
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), idleMs);
  try {
    const response = await fetch(url, {
      headers,
      signal: AbortSignal.any([signal, idle.signal]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new RunFailure(codeOfStatus(response.status), `HTTP ${response.status} from ${shown}`);
    }
    const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
    const output = createWriteStream(file, { flags: 'wx' });
    body.on('data', () => timer.refresh());
    await pipeline(body, output);
    await chmod(file, mode); // whatever the umask
    return response.headers.get('etag') ?? undefined;
  } catch (error) {
    if (error instanceof RunFailure) throw error;
    if (idle.signal.aborted) {
      throw new RunFailure('BlobDownloadTimedOut', `No answer for ${idleMs} ms from ${shown}`);
    }
    const code = codeOf(error);
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw error;
    throw new RunFailure('BlobDownloadMiscError', `${conceal(causeOf(error))}; ${shown}`);
  } finally {
    clearTimeout(timer);
  }
}

function codeOfStatus(status: number): FailureCode {
  if (status === 404 || status === 410) return 'BlobNotFound';
  if (status === 401 || status === 403) return 'BlobAccessDenied';
  if (status === 408 || status === 504) return 'BlobDownloadTimedOut';
  return 'BlobDownloadMiscError';
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined
    ? `${error.message}: ${messageOf(error.cause)}`
    : messageOf(error);
}
