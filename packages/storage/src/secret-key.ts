import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectoryDurably } from './durable-directory.ts';
import { writeDurably } from './durable-file.ts';
import { codeOf } from './errno.ts';
import { secretKeyUnusable, secretStoreFailed } from './secret-error.ts';

const keyBytes = 32;
/** The key and the beginning of its hash, both in hexadecimal digits. */
const form = /^berth secret key 1\n([0-9a-f]{64})\n([0-9a-f]{16})\n$/;

/** Makes a random key in a file that only its owner may read. */
export async function makeSecretKey(keyFile: string): Promise<Buffer> {
  const key = randomBytes(keyBytes);
  const text = `berth secret key 1\n${key.toString('hex')}\n${checkOf(key)}\n`;
  try {
    makeDirectoryDurably(dirname(keyFile));
    await writeDurably(keyFile, text, { exclusive: true });
  } catch (error) {
    // Somebody else who uses this file was faster.
    const other = codeOf(error) === 'EEXIST' ? await readSecretKey(keyFile) : undefined;
    if (other !== undefined) return other;
    throw secretStoreFailed('Writing', keyFile, error);
  }
  return key;
}

/**
 * `undefined`: there is no such file.
 * @throws BatchError `SecretKeyUnusable` if it is damaged, or others may read it too.
 */
export async function readSecretKey(keyFile: string): Promise<Buffer | undefined> {
  const found = await readOwn(keyFile);
  if (found === undefined) return undefined;
  // Windows has no such modes.
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw secretKeyUnusable(keyFile, 'may be read or written by others: chmod 600 it');
  }
  const [, digits = '', check] = form.exec(found.text) ?? [];
  const key = Buffer.from(digits, 'hex');
  if (key.length === keyBytes && checkOf(key) === check) return key;
  throw secretKeyUnusable(keyFile, 'is damaged or no such key: restore it from a copy');
}

async function readOwn(keyFile: string): Promise<{ text: string; mode: number } | undefined> {
  try {
    const handle = await open(keyFile, 'r');
    try {
      const { mode } = await handle.stat();
      return { text: await handle.readFile('latin1'), mode };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw secretStoreFailed('Reading', keyFile, error);
  }
}

function checkOf(key: Buffer): string {
  return createHash('sha256').update('berth secret key\0').update(key).digest('hex').slice(0, 16);
}
