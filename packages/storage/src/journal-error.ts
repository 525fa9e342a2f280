/**
 * - `JournalDamaged`: bytes that were written are missing or changed. Nothing has been overwritten.
 * - `JournalVersionUnsupported`: written by a later version of Berth.
 * - `JournalReadFailed`: the operating system refused a read.
 * - `JournalWriteFailed`: the operating system refused a write; the journal is as it was before, and the call may be tried again.
 * - `JournalSyncFailed`: nothing can be said of what was written last. Every later call throws this same error.
 * - `JournalClosed`: used after `close()`.
 */
export type JournalErrorCode =
  | 'JournalDamaged'
  | 'JournalVersionUnsupported'
  | 'JournalReadFailed'
  | 'JournalWriteFailed'
  | 'JournalSyncFailed'
  | 'JournalClosed';

export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  readonly file: string;
  /** In bytes from the start of `file`. */
  readonly offset: number;
  constructor(
    code: JournalErrorCode,
    file: string,
    offset: number,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.file = file;
    this.offset = offset;
  }
}

export function writeFailed(file: string, offset: number, cause: unknown): JournalError {
  const text = `Writing to ${file} at byte ${offset} failed (${messageOf(cause)}): make room or repair the disk, then try again.`;
  return new JournalError('JournalWriteFailed', file, offset, text, cause);
}

export function syncFailed(file: string, offset: number, cause: unknown): JournalError {
  const text = `${file} could not be synced up to byte ${offset} (${messageOf(cause)}): check the disk, then open the journal again to see what it holds.`;
  return new JournalError('JournalSyncFailed', file, offset, text, cause);
}

export function readFailed(file: string, cause: unknown): JournalError {
  const text = `Reading ${file} failed (${messageOf(cause)}): check that it exists, that it may be read and that the disk is well.`;
  return new JournalError('JournalReadFailed', file, 0, text, cause);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
