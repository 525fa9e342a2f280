/** The operating system's, e.g. `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** Nothing there, a file in place of a directory, or a symbolic link in place of a file. */
export function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'].includes(codeOf(error) ?? '');
}

export function unlessAbsent(error: unknown): undefined {
  if (!isAbsence(error)) throw error;
}
