import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/*
 * A file of secrets:
 *
 *    header  `berth secrets 1` and a line feed
 *    12      nonce
 *    …       the secrets as a JSON list, AES-256-GCM
 *    16      tag, over the header and the file's name as well
 *
 * So no bit of it can change, and no file take the place of another one, without being noticed.
 */
const algorithm = 'aes-256-gcm';
const header = Buffer.from('berth secrets 1\n');
const nonceBytes = 12;
const tagBytes = 16;

export function encryptSecrets(key: Buffer, name: string, secrets: readonly string[]): Buffer {
  // Random ones do not meet before some billions of files.
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.concat([header, Buffer.from(name)]));
  const encrypted = [cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()];
  return Buffer.concat([header, nonce, ...encrypted, cipher.getAuthTag()]);
}

/** `undefined`: the file is damaged, was encrypted with another key or under another name. */
export function decryptSecrets(key: Buffer, name: string, file: Buffer): string[] | undefined {
  const start = header.length + nonceBytes;
  const end = file.length - tagBytes;
  if (end < start || !file.subarray(0, header.length).equals(header)) return undefined;
  const nonce = file.subarray(header.length, start);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.concat([header, Buffer.from(name)]));
  decipher.setAuthTag(file.subarray(end));
  try {
    const text = Buffer.concat([decipher.update(file.subarray(start, end)), decipher.final()]);
    // What is authentic was written by encryptSecrets.
    return JSON.parse(text.toString('utf8')) as string[];
  } catch {
    return undefined;
  }
}
