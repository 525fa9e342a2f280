import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startAzurite } from './azurite.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mebibyte = 1024 * 1024;

test('a blob of 300 MiB goes up and down in memory that does not grow with it', {
  timeout: 300_000,
}, async () => {
  const directory = await temporaryDirectory();
  const azurite = await startAzurite({ directory: join(directory, 'azurite') });
  onTestFinished(() => azurite.stop());
  const [from, to] = [join(directory, 'from'), join(directory, 'to')];
  const fd = openSync(from, 'wx');
  for (let i = 0; i < 300; i++) writeSync(fd, randomBytes(mebibyte));
  closeSync(fd);
  const said = execFileSync(
    process.execPath,
    [
      ...['--conditions=@berth/source', '--import', 'tsx'],
      join(import.meta.dirname, 'transfer-child.ts'),
      ...[azurite.endpoint, azurite.accountName, azurite.accountKey, from, to],
    ],
    { encoding: 'utf8' },
  );
  execFileSync('cmp', [from, to]);
  rmSync(to);
  const { before, peak } = JSON.parse(said) as { before: number; peak: number };
  // Five blocks of 4 MiB each way, and what Node has not collected yet.
  expect((peak - before) / mebibyte).toBeLessThan(100);
});
