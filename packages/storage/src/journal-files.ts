import type { FileHandle } from 'node:fs/promises';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './errno.ts';
import { JournalError, readFailed, syncFailed } from './journal-error.ts';
import type { Frame } from './journal-format.ts';
import { checkHeader, readFrames } from './journal-format.ts';
import type { TornTail } from './journal-scan.ts';
import { damage, scanLastSegment } from './journal-scan.ts';

export interface NumberedFile {
  file: string;
  sequence: number;
}

export interface FoundJournal {
  segments: NumberedFile[];
  nextSequence: number;
  end: number;
  tornTail?: TornTail;
}

export async function findJournal(directory: string): Promise<FoundJournal> {
  const segments = await listNumbered(directory, 'segment');
  const last = segments.at(-1);
  let found: FoundJournal = { segments, nextSequence: 0, end: 0 };
  if (last !== undefined) {
    found = await withFile(last.file, async (handle) => {
      const scanned = await scanLastSegment(handle, last.file, last.sequence);
      // What the last process had only written counts as synced from now on.
      await handle.datasync().catch((error: unknown) => {
        throw syncFailed(last.file, scanned.end, error);
      });
      return { segments, ...scanned };
    });
  }
  const snapshot = (await listNumbered(directory, 'snapshot')).at(-1);
  if (snapshot !== undefined && snapshot.sequence > found.nextSequence) {
    const what = `Frames ${found.nextSequence} to ${snapshot.sequence - 1}, which ${snapshot.file} stands for, are missing`;
    throw missing(last?.file ?? directory, what, found.end);
  }
  return found;
}

/** Frames `from` to `until` - 1. Nothing may follow them in a segment that another one follows. */
export async function* readSegment(
  { file, sequence }: NumberedFile,
  from: number,
  until: number,
  isFollowed: boolean,
): AsyncGenerator<Frame, void, void> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw readFailed(file, error);
  });
  try {
    await checkHeader(handle, 'segment', file, sequence);
    const { size } = await handle.stat();
    const batches = readFrames(handle, size, sequence);
    let step = await batches.next();
    for (; step.done !== true; step = await batches.next()) {
      for (const frame of step.value) {
        if (frame.sequence >= until) {
          if (!isFollowed) return;
          throw missing(
            file,
            `${file} goes on after frame ${until - 1}, where the next segment begins`,
            size,
          );
        }
        if (frame.sequence >= from) yield frame;
      }
    }
    const end = step.value;
    if (end.sequence < until || (isFollowed && end.problem !== undefined)) throw damage(file, end);
  } catch (error) {
    throw error instanceof JournalError ? error : readFailed(file, error);
  } finally {
    await handle.close();
  }
}

async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    return await use(handle);
  } catch (error) {
    throw error instanceof JournalError ? error : readFailed(file, error);
  } finally {
    await handle?.close();
  }
}

export function missing(file: string, what: string, offset = 0): JournalError {
  return new JournalError(
    'JournalDamaged',
    file,
    offset,
    `${what}: restore the journal's files from a copy.`,
  );
}

/** As many digits as the largest safe integer, so that names sort like numbers. */
const DIGITS = 16;
export const PARTIAL: RegExp = /^(segment|snapshot)-\d{16}\.partial-/;

export function fileName(kind: 'segment' | 'snapshot', sequence: number): string {
  return `${kind}-${String(sequence).padStart(DIGITS, '0')}`;
}

/** In ascending order. Other files are none of the journal's business. */
export async function listNumbered(
  directory: string,
  kind: 'segment' | 'snapshot',
): Promise<NumberedFile[]> {
  const pattern = new RegExp(`^${kind}-(\\d{${DIGITS}})$`);
  const names = await readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw readFailed(directory, error);
  });
  return names
    .flatMap((name) => {
      const digits = pattern.exec(name)?.[1];
      return digits === undefined
        ? []
        : [{ file: join(directory, name), sequence: Number(digits) }];
    })
    .sort((a, b) => a.sequence - b.sequence);
}
