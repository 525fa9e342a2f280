import { rmSync } from 'node:fs';
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeDirectoryDurably, syncDirectory } from './durable-directory.ts';
import { INCOMPLETE, writeDurably } from './durable-file.ts';
import { codeOf } from './errno.ts';
import { decryptSecrets, encryptSecrets } from './secret-encryption.ts';
import {
  secretKeyUnusable,
  secretNotFound,
  secretStoreFailed,
  secretsDamaged,
} from './secret-error.ts';
import { makeSecretKey, readSecretKey } from './secret-key.ts';
import type { SecretGroup, SecretStore } from './secret-store.ts';

/** One file has so many: for one of them all are decrypted. */
const secretsPerFile = 256;
const fileOf = /^[a-z0-9]+-\d+$/;

/**
 * Secrets in encrypted files, some of a group in each. One process at a time may use a directory.
 *
 * The key is in a file of its own, made when the first secret is kept. Beside the secrets it protects copies of
 * single files and of everything else in the state directory; name another place for more.
 */
export class FileSecretStore implements SecretStore {
  readonly #directory: string;
  readonly #keyFile: string;
  /** Names of all files there are. */
  readonly #files = new Set<string>();
  /** Those that nothing needs, until it is durable that nothing does. */
  readonly #unused = new Set<string>();
  #key: Promise<Buffer> | undefined;

  /** Nothing is made before there is a secret. `keyFile`: default is `key` in the directory. */
  constructor(directory: string, { keyFile }: { keyFile?: string } = {}) {
    this.#directory = resolve(directory);
    this.#keyFile = keyFile === undefined ? join(this.#directory, 'key') : resolve(keyFile);
  }

  /** Also throws `SecretKeyUnusable`, `SecretsDamaged` and `SecretStoreFailed`; then it has removed nothing. */
  async open(inUse: Iterable<string>): Promise<void> {
    const names = await readdir(this.#directory).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw secretStoreFailed('Reading', this.#directory, error);
    });
    for (const name of names) if (fileOf.test(name)) this.#files.add(name);
    const needed = filesOf(inUse);
    for (const name of this.#files) if (needed.has(name)) await this.#read(name);
    for (const name of names) {
      if (INCOMPLETE.test(name)) await rm(join(this.#directory, name), { force: true });
    }
    await this.#removeAllBut(needed, Promise.resolve());
  }

  async put(group: SecretGroup): Promise<void> {
    const { secrets } = group;
    if (secrets.length === 0) return;
    const parts: { name: string; secrets: string[] }[] = [];
    for (let from = 0; from < secrets.length; from += secretsPerFile) {
      const part = secrets.slice(from, from + secretsPerFile);
      parts.push({ name: fileName(group.name, from), secrets: part });
    }
    for (const { name } of parts) this.#unused.delete(name);
    const key = await this.#openKey();
    try {
      makeDirectoryDurably(this.#directory);
      await chmod(this.#directory, 0o700);
    } catch (error) {
      throw secretStoreFailed('Making', this.#directory, error);
    }
    for (const part of parts) {
      const file = join(this.#directory, part.name);
      try {
        await writeDurably(file, encryptSecrets(key, part.name, part.secrets));
      } catch (error) {
        throw secretStoreFailed('Writing', file, error);
      }
      this.#files.add(part.name);
    }
  }

  async get(handle: string): Promise<string> {
    const { name, number } = placeOf(handle) ?? {};
    if (name === undefined || number === undefined) throw secretNotFound(handle);
    if (!this.#files.has(name)) throw secretNotFound(handle);
    const secret = (await this.#read(name))?.[number % secretsPerFile];
    if (secret === undefined) throw secretNotFound(handle);
    return secret;
  }

  async retain(inUse: () => Iterable<string>, durable: Promise<void>): Promise<void> {
    if (this.#files.size > 0) await this.#removeAllBut(filesOf(inUse()), durable);
  }

  async close(): Promise<void> {
    this.#key = undefined;
  }

  async #removeAllBut(needed: ReadonlySet<string>, durable: Promise<void>): Promise<void> {
    for (const name of this.#files) if (!needed.has(name)) this.#unused.add(name);
    if (this.#unused.size === 0) return;
    await durable;
    for (const name of this.#unused) {
      const file = join(this.#directory, name);
      try {
        rmSync(file, { force: true });
      } catch (error) {
        throw secretStoreFailed('Removing', file, error);
      }
      this.#files.delete(name);
      this.#unused.delete(name);
    }
    await syncDirectory(this.#directory);
  }

  /** `undefined`: somebody has removed it. */
  async #read(name: string): Promise<string[] | undefined> {
    const file = join(this.#directory, name);
    const key = await this.#openKey();
    let content: Buffer;
    try {
      content = await readFile(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw secretStoreFailed('Reading', file, error);
    }
    const secrets = decryptSecrets(key, name, content);
    if (secrets === undefined) throw secretsDamaged(file, this.#keyFile);
    return secrets;
  }

  #openKey(): Promise<Buffer> {
    this.#key ??= this.#readKey().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #readKey(): Promise<Buffer> {
    const key = await readSecretKey(this.#keyFile);
    if (key !== undefined) return key;
    if (this.#files.size === 0) return await makeSecretKey(this.#keyFile);
    const problem = `is not there, and ${this.#directory} has secrets that only it opens: restore it from a copy; without one remove them, and add the tasks that need them again`;
    throw secretKeyUnusable(this.#keyFile, problem);
  }
}

function placeOf(handle: string): { name: string; number: number } | undefined {
  const [, group, digits] = /^([a-z0-9]+)\.(\d{1,9})$/.exec(handle) ?? [];
  if (group === undefined || digits === undefined) return undefined;
  const number = Number(digits);
  return { name: fileName(group, number), number };
}

function fileName(group: string, number: number): string {
  return `${group}-${Math.floor(number / secretsPerFile)}`;
}

function filesOf(handles: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const handle of handles) {
    const place = placeOf(handle);
    if (place !== undefined) names.add(place.name);
  }
  return names;
}
