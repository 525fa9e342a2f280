/**
 * Where a secret stood in a URL there is a mark, `<secret:HANDLE>`: no secret enters the core or the journal, and
 * whoever needs the value asks a secret store for what the handle stands for.
 *
 * A URL has no raw `<`, so a mark is told from what callers write. Placeholders of a factory stay outside of marks:
 * they are expanded first, and the marks replaced afterwards.
 */
const beginning = '<secret:';
const mark = /<secret:([A-Za-z0-9.-]{1,128})>/g;

/** @throws RangeError if the handle is not 1 to 128 letters, digits, dots and hyphens. */
export function secretMark(handle: string): string {
  const written = `${beginning}${handle}>`;
  if (written.replace(mark, '') !== '') throw new RangeError(`${handle} cannot be a handle`);
  return written;
}

/** Whether a text has, or an expansion of it could have, something that reads as a mark. */
export function hasSecretMark(text: string): boolean {
  // Expanding adds digits and minus signs and drops braces, so it cannot make this.
  return text.includes(beginning);
}

/** The handles of all marks in a text, in order. */
export function secretHandlesIn(text: string): string[] {
  return Array.from(text.matchAll(mark), ([, handle = '']) => handle);
}

/** The text with the secret itself in place of each mark. */
export function withSecrets(text: string, secretOf: (handle: string) => string): string {
  return text.replace(mark, (_, handle: string) => secretOf(handle));
}
