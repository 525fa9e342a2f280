import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BatchError } from '@berth/core';
import { parseDocument } from 'yaml';

const megabyte = 1_000_000;
/** What a string can hold, with room to spare. */
const mostJsonBytes = 200 * megabyte;
/** A YAML reader takes seconds and hundreds of bytes of memory for every one of a file's million. */
const mostYamlBytes = 8 * megabyte;

/**
 * The value of a JSON or YAML file.
 * @throws BatchError whose message begins with the file's name and, if it does not parse, the place in it.
 */
export async function readDocument(file: string): Promise<unknown> {
  const bytes = await readBounded(file);
  if (bytes.includes(0) || !isUtf8(bytes)) throw refusal(file, 'is not text in UTF-8');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (/^\s*[{[]/.test(text)) {
    const value = parseJson(text);
    if (value !== undefined) return value;
  }
  if (bytes.length > mostYamlBytes) {
    throw refusal(
      file,
      `is no JSON, and with ${megabytes(bytes.length)} MB too large for YAML (at most ${megabytes(mostYamlBytes)} MB): ` +
        'write it as JSON, or tasks that differ in numbers only as a taskFactory',
    );
  }
  return parseYaml(file, text);
}

async function readBounded(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > mostJsonBytes) throw tooLarge(file, `${megabytes(size)} MB`);
    const pieces: Buffer[] = [];
    let bytes = 0;
    // A pipe or a device tells its size to nobody.
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > mostJsonBytes) throw tooLarge(file, 'no end');
      pieces.push(piece);
    }
    return Buffer.concat(pieces, bytes);
  } catch (error) {
    throw error instanceof BatchError ? error : unreadable(file, error);
  }
}

function tooLarge(file: string, size: string): BatchError {
  return refusal(
    file,
    `has ${size}, and at most ${megabytes(mostJsonBytes)} MB are read; tasks that differ in numbers only can be a taskFactory`,
  );
}

function unreadable(file: string, error: unknown): BatchError {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const path = resolve(file);
      const place = path === file ? '' : `, which is ${path}`;
      return new BatchError({
        code: 'FileNotFound',
        message: `${file}: there is no such file; check the path${place}`,
      });
    }
    case 'EISDIR':
      return refusal(file, 'is a directory; name the file in it');
    case 'EACCES':
    case 'EPERM':
      return refusal(file, 'may not be read by you; check who owns it and its permissions');
    case 'ELOOP':
      return refusal(file, 'is a symbolic link that leads back to itself; name the file itself');
    default:
      return refusal(file, `cannot be read: ${message}`);
  }
}

/** `undefined`: it is no JSON, or says something twice; YAML's reader knows where. */
function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return hasDuplicateKeys(text) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Of text that is JSON. */
function hasDuplicateKeys(json: string): boolean {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;
  const keys: (Set<string> | undefined)[] = [];
  let last = '';
  for (let found = token.exec(json); found !== null; found = token.exec(json)) {
    const [text] = found;
    if (text === '{') keys.push(new Set());
    else if (text === '[') keys.push(undefined);
    else if (text === '}' || text === ']') keys.pop();
    else if (text === ':') {
      const known = keys.at(-1);
      const key: unknown = JSON.parse(last);
      if (known === undefined || typeof key !== 'string') continue;
      if (known.has(key)) return true;
      known.add(key);
    } else last = text;
  }
  return false;
}

function parseYaml(file: string, text: string): unknown {
  const document = parseDocument(text, {
    prettyErrors: true,
    uniqueKeys: true,
    logLevel: 'error', // warnings quote the text
  });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line = 0, col = 0 } = problem.linePos?.[0] ?? {};
    // Without the text that it quotes, which may be a URL with a secret.
    const reason = /^(?:(?! at line |: "|\n).)*/s.exec(problem.message)?.[0] ?? problem.code;
    throw refusal(`${file}:${line}:${col}`, `does not parse: ${readable(reason)}`);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refusal(file, `does not parse: ${readable(reason)}`);
  }
}

function readable(reason: string): string {
  if (reason.startsWith('Maximum call stack')) return 'It is nested too deeply';
  if (reason.startsWith('Excessive alias count')) {
    return 'It repeats aliases (*name) too often: at most 100 copies each';
  }
  return reason;
}

function refusal(where: string, reason: string): BatchError {
  return new BatchError({ code: 'InvalidRequestBody', message: `${where}: ${reason}` });
}

function megabytes(bytes: number): string {
  return (bytes / megabyte).toFixed(0);
}
