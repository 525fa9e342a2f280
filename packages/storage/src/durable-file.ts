import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from './durable-directory.ts';

/** What a crash can leave of {@link writeDurably}. */
export const INCOMPLETE: RegExp = /^\.[^/]+\.partial-[0-9a-f-]{36}$/;

/**
 * Writes a whole file that only its owner may read, in place of what was there; it and its name survive the machine
 * when the promise resolves. With `exclusive` throws `EEXIST` where there is a file.
 */
export async function writeDurably(
  file: string,
  content: Uint8Array | string,
  { exclusive = false }: { exclusive?: boolean } = {},
): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.partial-${randomUUID()}`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (exclusive) await link(temporary, file);
    else await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(dirname(file));
}
