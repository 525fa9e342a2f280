import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FileJournal } from '../src/index.ts';
import { framesOf } from './journal-contents.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const APPENDER = fileURLToPath(new URL('journal-appender.ts', import.meta.url));

test('a process that is killed again and again loses nothing that it had synced', async () => {
  const directory = await temporaryDirectory();
  let synced = 0;
  for (let round = 0; round < 4; round++) {
    const child = spawn(
      process.execPath,
      ['--conditions=@berth/source', '--import', 'tsx', APPENDER, directory],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let said = '';
    child.stdout.on('data', (data) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), 30 + round * 17);
      said += String(data);
    });
    await once(child, 'close');
    synced = Math.max(synced, ...said.split('\n').slice(0, -1).map(Number));

    const journal = await FileJournal.open(directory);
    const frames = await framesOf(journal);
    expect(frames.length).toBeGreaterThanOrEqual(synced);
    expect(frames.every((frame, index) => frame === `${index}:${'.'.repeat(index % 300)}`)).toBe(
      true,
    );
    await journal.close();
  }
  expect(synced).toBeGreaterThan(100);
});
