import { BatchError } from '@berth/core';

/**
 * Blob names on disk. An ordinary name looks like itself, except that each directory's name ends in `%`, so that the
 * blobs `a` and `a/b` are the file `a` beside the file `a%/b`. What a file name cannot hold is escaped:
 *
 * - `%`, `\` and control characters are `%` and two hexadecimal digits;
 * - a part longer than a file name may be goes on in a directory whose name ends in `%+`.
 */
const ESCAPED_BYTES = 240;

/** Throws `InvalidResourceName`. */
export function checkContainerName(container: string): void {
  if (
    container.length < 3 ||
    container.length > 63 ||
    !/^[a-z0-9](?:-?[a-z0-9])*$/.test(container)
  ) {
    throw invalid(
      `${JSON.stringify(container)} is no name of a container: use 3 to 63 lower-case letters, digits and single hyphens between them.`,
    );
  }
}

/** Throws `InvalidResourceName`. */
export function checkBlobName(blob: string): void {
  const problem = problemOf(blob);
  if (problem !== undefined)
    throw invalid(`The blob name ${JSON.stringify(blob)} ${problem}: choose another one.`);
}

function problemOf(blob: string): string | undefined {
  if (blob.length === 0) return 'is empty';
  if (blob.length > 1024) return 'has more than 1,024 characters';
  if (blob.includes('\0')) return 'has a NUL character';
  if (/\p{Surrogate}/u.test(blob)) return 'has half a surrogate pair, which is no character';
  const parts = blob.split('/');
  if (parts.length > 254) return 'has more than 254 parts';
  if (parts.includes(''))
    return 'has an empty part (a slash at its start, its end or after another one)';
  if (parts.includes('.') || parts.includes('..')) return "has a part '.' or '..'";
  return undefined;
}

export function invalid(message: string): BatchError {
  return new BatchError({ code: 'InvalidResourceName', message });
}

/** The path below the container's directory, for a name that has been checked. */
export function encodeBlobName(blob: string): string {
  const path: string[] = [];
  const parts = blob.split('/');
  for (const [index, part] of parts.entries()) {
    const pieces = splitEscaped(part);
    const last = pieces.pop() ?? '';
    path.push(...pieces.map((piece) => `${piece}%+`), index < parts.length - 1 ? `${last}%` : last);
  }
  return path.join('/');
}

/** The name that a path below the container's directory stands for, if the store wrote it. */
export function decodeBlobPath(path: string): string | undefined {
  const blob = decodeText(path.replaceAll('%+/', '').replaceAll('%/', '/'));
  return problemOf(blob) === undefined && encodeBlobName(blob) === path ? blob : undefined;
}

/** What the names of the blobs in a directory begin with: less the slash when the part goes on inside. */
export function decodeDirectoryName(name: string): string | undefined {
  if (name.endsWith('%+')) return decodeText(name.slice(0, -2));
  return name.endsWith('%') ? `${decodeText(name.slice(0, -1))}/` : undefined;
}

function decodeText(text: string): string {
  return text.replaceAll(/%([0-9A-F]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function splitEscaped(part: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let bytes = 0;
  for (const character of part) {
    const escaped = escapeCharacter(character);
    const added = Buffer.byteLength(escaped);
    if (bytes + added > ESCAPED_BYTES) {
      pieces.push(piece);
      piece = '';
      bytes = 0;
    }
    piece += escaped;
    bytes += added;
  }
  return [...pieces, piece];
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (code >= 0x20 && code !== 0x7f && character !== '%' && character !== '\\') return character;
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}
