import type { Readable } from 'node:stream';

export interface BlobProperties {
  /** With `/` between its parts, no leading one. */
  name: string;
  contentLength: number;
  lastModified: Date;
  /** Another one as soon as the blob has another content. Absent where the store has none. */
  eTag?: string;
}

export interface TransferOptions {
  /** Gives it up: nothing of it is left. */
  signal?: AbortSignal;
  /** Called now and then, and at the end, with how many bytes have been transferred. */
  onProgress?(transferredBytes: number): void;
}

/** Containers of blobs. Names follow Azure Blob Storage's rules. Errors are `BatchError`s: `ContainerNotFound`, `BlobNotFound`, `InvalidResourceName`. */
export interface BlobStore {
  /**
   * Host and account, where its blobs have to travel to this machine; no two stores with other blobs share it. Absent:
   * they are on this machine.
   */
  readonly place?: string | undefined;
  /** Does nothing if it is there. */
  createContainer(container: string): Promise<void>;
  containerExists(container: string): Promise<boolean>;
  deleteContainer(container: string): Promise<void>;
  /** In the order of names. */
  list(
    container: string,
    options?: { prefix?: string; signal?: AbortSignal },
  ): AsyncIterable<BlobProperties>;
  read(
    container: string,
    blob: string,
    options?: { offset?: number; count?: number; signal?: AbortSignal },
  ): Promise<Readable>;
  /** Appears whole or not at all. */
  write(
    container: string,
    blob: string,
    content: Readable | Uint8Array | string,
    options?: TransferOptions,
  ): Promise<BlobProperties>;
  delete(container: string, blob: string): Promise<void>;
  /** The same from and to local files, without passing the bytes through the caller where that can be avoided. */
  upload(
    container: string,
    blob: string,
    file: string,
    options?: TransferOptions,
  ): Promise<BlobProperties>;
  /**
   * `file` must not exist; it appears whole or not at all. `mode` (default 0o770) is its mode. A mode that
   * nobody may write lets the directory store link instead of copy.
   */
  download(
    container: string,
    blob: string,
    file: string,
    options?: TransferOptions & { mode?: number },
  ): Promise<void>;
}
