import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { acquireStateLock } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const HOLDER = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

/** Another process that says `held` or the code of its refusal, and lives until its input ends. */
function startHolder(directory: string): { child: ChildProcess; answer: Promise<string> } {
  const child = spawn(
    process.execPath,
    ['--conditions=@berth/source', '--import', 'tsx', HOLDER, directory],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const answer = once(child.stdout as NodeJS.ReadableStream, 'data').then(([data]) =>
    String(data).trim(),
  );
  return { child, answer };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

test('a released lock leaves nothing behind and can be taken again', async () => {
  const directory = join(await temporaryDirectory(), 'state');
  const lock = await acquireStateLock(directory);
  expect(await readdir(directory)).toEqual(['lock']);
  await lock.release();
  await lock.release();
  expect(await readdir(directory)).toEqual([]);
  await (await acquireStateLock(directory)).release();
});

test('releasing does not touch the lock of somebody else', async () => {
  const directory = await temporaryDirectory();
  const lock = await acquireStateLock(directory);
  await lock.release();
  const other = await acquireStateLock(directory);
  await lock.release();
  await expect(acquireStateLock(directory)).rejects.toMatchObject({ code: 'StateDirectoryInUse' });
  await other.release();
});

test('a lock that another process holds is refused by naming it', async () => {
  const directory = await temporaryDirectory();
  const { child, answer } = startHolder(directory);
  expect(await answer).toBe('held');
  const refusal = await acquireStateLock(directory).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: 'BatchError', code: 'StateDirectoryInUse' });
  const { message, values } = refusal as {
    message: string;
    values: { key: string; value: string }[];
  };
  const named = Object.fromEntries(values.map(({ key, value }) => [key, value]));
  expect(named).toMatchObject({ pid: String(child.pid), host: hostname() });
  expect(named['commandLine']).toContain('lock-holder.ts');
  expect(Math.abs(Date.parse(named['since'] ?? '') - Date.now())).toBeLessThan(60_000);
  expect(message).toContain(`process ${child.pid}`);
  await end(child);
});

test('the lock of a process that was killed is taken over', async () => {
  const directory = await temporaryDirectory();
  const { child, answer } = startHolder(directory);
  expect(await answer).toBe('held');
  await end(child);
  const lock = await acquireStateLock(directory);
  expect(JSON.parse(await readFile(join(directory, 'lock'), 'utf8'))).toMatchObject({
    pid: process.pid,
  });
  expect(await readdir(directory)).toEqual(['lock']);
  await lock.release();
});

test('of many that find a dead holder at the same time, one gets the lock', async () => {
  const directory = await temporaryDirectory();
  for (let round = 0; round < 30; round++) {
    await writeFile(join(directory, 'lock'), JSON.stringify(deadHolder()));
    const takers = await Promise.allSettled(
      Array.from({ length: 8 }, () => acquireStateLock(directory)),
    );
    const locks = takers.flatMap((taker) => (taker.status === 'fulfilled' ? [taker.value] : []));
    expect(locks).toHaveLength(1);
    for (const taker of takers)
      if (taker.status === 'rejected')
        expect(taker.reason).toMatchObject({ code: 'StateDirectoryInUse' });
    await locks[0]?.release();
    expect(await readdir(directory)).toEqual([]);
  }
});

test('of several processes that find a dead holder, one gets the lock', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'lock'), JSON.stringify(deadHolder()));
  const holders = Array.from({ length: 4 }, () => startHolder(directory));
  const answers = await Promise.all(holders.map(({ answer }) => answer));
  expect(answers.sort()).toEqual([
    'StateDirectoryInUse',
    'StateDirectoryInUse',
    'StateDirectoryInUse',
    'held',
  ]);
  await Promise.all(holders.map(({ child }) => end(child)));
});

test('one that died while it took over is taken over in turn', async () => {
  const directory = await temporaryDirectory();
  const dead = deadHolder();
  const deadTaker = { ...dead, token: '22222222-2222-4222-8222-222222222222' };
  await writeFile(join(directory, 'lock'), JSON.stringify(dead));
  await writeFile(join(directory, `lock.after-${dead.token}`), JSON.stringify(deadTaker));
  const lock = await acquireStateLock(directory);
  expect(await readdir(directory)).toEqual(['lock']);
  await lock.release();
});

test('a holder on another machine is left alone', async () => {
  const directory = await temporaryDirectory();
  const elsewhere = { ...deadHolder(), host: 'elsewhere.invalid' };
  await writeFile(join(directory, 'lock'), JSON.stringify(elsewhere));
  await expect(acquireStateLock(directory)).rejects.toMatchObject({
    code: 'StateDirectoryInUse',
    message: expect.stringContaining('on elsewhere.invalid') as unknown,
  });
});

test('a lock that cannot be understood is not removed', async () => {
  const directory = await temporaryDirectory();
  for (const text of [
    '',
    '{}',
    'null',
    '{"token":"../../x","pid":1,"processStart":"","host":"","acquiredAt":""}',
  ]) {
    await writeFile(join(directory, 'lock'), text);
    await expect(acquireStateLock(directory)).rejects.toMatchObject({
      code: 'StateDirectoryInUse',
    });
    expect(await readdir(directory)).toEqual(['lock']);
  }
});

/** As if this pid had belonged to another process before. */
function deadHolder(): { token: string } & Record<string, unknown> {
  return {
    token: '11111111-1111-4111-8111-111111111111',
    pid: process.pid,
    processStart: 'another boot 1',
    host: hostname(),
    acquiredAt: new Date(0).toISOString(),
  };
}
