import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AzureStorageAccount } from '@berth/storage';

/** A server of Azure Blob Storage's interface on this machine, which keeps its files in a directory. */
export async function startAzurite(
  directory: string,
): Promise<{ account: AzureStorageAccount; stop(): Promise<void> }> {
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const port = await freePort();
  const accountName = 'berthbench';
  const accountKey = Buffer.from('a key of this benchmark alone').toString('base64');
  const server = spawn(
    process.execPath,
    [
      main,
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', directory],
      ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
    ],
    {
      env: { PATH: process.env['PATH'], AZURITE_ACCOUNTS: `${accountName}:${accountKey}` },
      stdio: 'ignore',
    },
  );
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries++) {
    if (server.exitCode !== null || tries > 1_200) throw new Error('Azurite does not start');
    await sleep(50);
  }
  const endpoint = `http://127.0.0.1:${port}/${accountName}`;
  return {
    account: { accountName, accountKey, endpoint },
    async stop() {
      kill();
      process.off('exit', kill);
      await exited;
    },
  };
}

async function answers(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}
