import { fchmodSync, fstatSync, linkSync, lstatSync, unlinkSync } from 'node:fs';
import { link, lstat, rename } from 'node:fs/promises';
import { codeOf, unlessAbsent } from './errno.ts';

/**
 * Whether `file` is now the blob with this mode. All names of a file share its mode, so that the mode of a blob that is
 * linked already stays. Synchronous: another download must not change the mode between these steps.
 */
export function linkWithMode(fd: number, path: string, file: string, mode: number): boolean {
  try {
    const { mode: found, nlink } = fstatSync(fd);
    if ((found & 0o7777) !== mode) {
      if (nlink !== 1) return false;
      fchmodSync(fd, mode);
    }
    linkSync(path, file);
    // Another process may have replaced the blob or changed its mode.
    if ((lstatSync(file).mode & 0o7777) === mode) return true;
    unlinkSync(file);
    return false;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    return false;
  }
}

/** A rename would replace the file that is there. */
export async function nameExclusively(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (
      !['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error) ?? '') ||
      (await lstat(file).catch(unlessAbsent)) !== undefined
    )
      throw error;
    await rename(temporary, file); // This file system has no links.
  }
}
