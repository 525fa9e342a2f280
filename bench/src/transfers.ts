import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Row, Section } from './benchmark.ts';
import { inChild } from './in-child.ts';
import { startAzurite } from './loopback-azurite.ts';
import type { TransferInput, Transferred } from './transfers-child.ts';
import { count } from './units.ts';

const program = new URL('transfers-child.ts', import.meta.url);
const mebibyte = 1024 * 1024;
/** Of the file there are so many at once: itself, blobs, and what has come back. */
const copies = 4;

/** `tasks` are mebibytes of one file. */
export const transfers: Benchmark = {
  summary: 'one large blob up and down: Azure (a local Azurite on disk), directory; tasks are MiB',
  defaultTasks: 5 * 1024,
  async *run(mebibytes) {
    // On the disk that is measured: a temporary directory may be memory.
    const directory = mkdtempSync(join(process.cwd(), '.bench-transfers-'));
    try {
      yield await measure(directory, mebibytes);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function measure(directory: string, mebibytes: number): Promise<Section> {
  const title = `one blob of ${count(mebibytes)} MiB`;
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < (copies + 1) * mebibytes * mebibyte) {
    return { title, unit: 'MiB', rows: [{ name: 'all', skipped: 'too little room on the disk' }] };
  }
  const file = join(directory, 'file');
  makeFile(file, mebibytes);
  const rows: Row[] = [];
  const row = async (name: string, input: TransferInput): Promise<void> => {
    const { milliseconds, peakMegabytes } = await inChild<Transferred>(program, input);
    rows.push({ name, perSecond: mebibytes / (milliseconds / 1000), peakMegabytes });
  };
  const back = join(directory, 'back');
  const bothWays = async (
    name: string,
    store: NonNullable<TransferInput['store']>,
  ): Promise<void> => {
    await row(`${name}, up`, { store, way: 'up', file });
    await row(`${name}, down`, { store, way: 'down', file: back });
    execFileSync('cmp', [file, back]);
    rmSync(back);
  };
  await row('a copy by the system', { way: 'up', file });
  rmSync(`${file}.copy`);
  await bothWays('directory', { directory: join(directory, 'store') });
  rmSync(join(directory, 'store'), { recursive: true });
  const azurite = await startAzurite(join(directory, 'azurite'));
  try {
    await bothWays('Azure', { azure: azurite.account });
  } finally {
    await azurite.stop();
  }
  return { title, unit: 'MiB', rows };
}

/** Of bytes that nothing can shorten. */
function makeFile(file: string, mebibytes: number): void {
  const fd = openSync(file, 'wx');
  const block = randomBytes(mebibyte);
  for (let i = 0; i < mebibytes; i++) {
    block.writeUInt32LE(i, 0);
    writeSync(fd, block);
  }
  closeSync(fd);
}
