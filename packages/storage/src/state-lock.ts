import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ErrorValue } from '@berth/core';
import { BatchError } from '@berth/core';
import { makeDirectoryDurably, syncDirectory } from './durable-directory.ts';
import { codeOf } from './errno.ts';
import { commandLineOf, startOf } from './process-identity.ts';

/** What the file `lock` says, as JSON. */
interface LockHolder {
  /** Tells this acquisition from every other. */
  token: string;
  pid: number;
  processStart: string;
  host: string;
  /** ISO 8601. */
  acquiredAt: string;
}

/** That this process alone uses a state directory. */
export interface StateDirectoryLock {
  /** Does nothing the second time. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Takes the lock of a state directory, which is made if it is missing. The lock of a process that has ended on this
 * machine is taken over. Throws `StateDirectoryInUse`, which names the holder: its values are `pid`, `host`, `since`
 * (ISO 8601) and, where it can be read, `commandLine`.
 *
 * The holder's pid is looked up on the machine of its hostname: containers that share the directory and the hostname
 * but do not see each other's processes are not kept apart.
 */
export async function acquireStateLock(directory: string): Promise<StateDirectoryLock> {
  makeDirectoryDurably(directory);
  const file = join(directory, 'lock');
  const holder = await acquire(directory, file);
  const release = async (): Promise<void> => {
    if ((await readHolder(file))?.token === holder.token) await rm(file, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
}

/**
 * That nobody uses a state directory just now, for who only reads there: nothing is taken and nothing is written.
 * Throws `StateDirectoryInUse` as {@link acquireStateLock} does.
 */
export async function demandUnlocked(directory: string): Promise<void> {
  const file = join(directory, 'lock');
  const holder = await readHolder(file);
  if (holder !== undefined && (await mayBeAlive(holder)))
    throw await inUse(directory, file, holder);
}

/**
 * Makes `file` exclusively, or replaces that of a dead holder.
 *
 * Two may see the same dead holder, and the slower one must not replace the lock of the faster one. So the right to
 * replace it is a lock too, named by the dead holder's token, with the same rules if its owner dies in turn; who has
 * it looks again whether the dead holder is still there.
 */
async function acquire(directory: string, file: string): Promise<LockHolder> {
  const mine = await describeSelf();
  const temporary = join(directory, `lock.${mine.token}`);
  await writeSynced(temporary, JSON.stringify(mine));
  try {
    for (;;) {
      if (await linkExclusively(temporary, file)) break;
      const holder = await readHolder(file);
      if (holder === undefined) continue; // Released in between.
      if (await mayBeAlive(holder)) throw await inUse(directory, file, holder);
      const right = join(directory, `lock.after-${holder.token}`);
      await acquire(directory, right);
      try {
        if ((await readHolder(file))?.token !== holder.token) continue;
        await rename(temporary, file);
        break;
      } finally {
        await rm(right, { force: true });
      }
    }
    await syncDirectory(directory);
    return mine;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function describeSelf(): Promise<LockHolder> {
  return {
    token: randomUUID(),
    pid: process.pid,
    processStart: (await startOf(process.pid)) ?? 'unknown',
    host: hostname(),
    acquiredAt: new Date().toISOString(),
  };
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function linkExclusively(temporary: string, file: string): Promise<boolean> {
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<LockHolder | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const holder = parseHolder(text);
  if (holder !== undefined) return holder;
  throw new BatchError({
    code: 'StateDirectoryInUse',
    message: `The lock ${file} cannot be understood: remove it if no process uses its directory.`,
  });
}

function parseHolder(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { token, pid, processStart, host, acquiredAt } = value as Partial<
    Record<keyof LockHolder, unknown>
  >;
  // The token becomes part of a file name.
  const isUnderstood =
    typeof token === 'string' &&
    /^[0-9a-f-]{36}$/.test(token) &&
    typeof pid === 'number' &&
    Number.isSafeInteger(pid) &&
    pid > 0 &&
    typeof processStart === 'string' &&
    typeof host === 'string' &&
    typeof acquiredAt === 'string';
  return isUnderstood ? { token, pid, processStart, host, acquiredAt } : undefined;
}

/** A process on another machine cannot be looked at from here. */
async function mayBeAlive(holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  const start = await startOf(holder.pid);
  if (start === undefined) return false;
  return start === holder.processStart || start === 'unknown' || holder.processStart === 'unknown';
}

async function inUse(directory: string, file: string, holder: LockHolder): Promise<BatchError> {
  const isHere = holder.host === hostname();
  const commandLine = isHere ? await commandLineOf(holder.pid) : undefined;
  const values: ErrorValue[] = [
    { key: 'pid', value: String(holder.pid) },
    { key: 'host', value: holder.host },
    { key: 'since', value: holder.acquiredAt },
  ];
  if (commandLine !== undefined) values.push({ key: 'commandLine', value: commandLine });
  const who = `process ${holder.pid}${commandLine === undefined ? '' : ` (${commandLine})`}${isHere ? '' : ` on ${holder.host}`}`;
  const what = isHere
    ? 'stop it or use another directory'
    : `use another directory, or remove ${file} if that process has ended`;
  const message = `The state directory ${directory} has been in use by ${who} since ${holder.acquiredAt}: ${what}.`;
  return new BatchError({ code: 'StateDirectoryInUse', message, values });
}
