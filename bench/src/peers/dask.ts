import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { OpenPeer } from '../peer.ts';
import { PeerMissing } from '../peer.ts';

/*
 * Dask's distributed scheduler with two worker processes on this machine: a network protocol and Python are
 * part of the figure. Debian's package is for Debian's interpreter.
 */

const interpreter = '/usr/bin/python3';
const patienceMs = 60_000;

export async function openDask(): Promise<OpenPeer> {
  if (!existsSync(interpreter)) throw new PeerMissing(`${interpreter} is not there`);
  const program = fileURLToPath(new URL('dask_tasks.py', import.meta.url));
  // Dask puts a directory for its workers where it is started.
  const directory = mkdtempSync(join(tmpdir(), 'berth-dask-'));
  const python = spawn(interpreter, [program], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  python.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2_000);
  });
  const gone = new Promise<void>((resolve) => {
    python.on('close', () => resolve());
  });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done !== true) return line.value;
    await gone;
    const why = complaints.trim().split('\n').at(-1) ?? '';
    throw new PeerMissing(`Dask does not run: ${why}`);
  };
  const close = async (): Promise<void> => {
    python.stdin.end();
    const late = setTimeout(() => python.kill(), patienceMs);
    await gone;
    clearTimeout(late);
    rmSync(directory, { recursive: true, force: true });
  };
  const late = setTimeout(() => python.kill(), patienceMs);
  try {
    const beside = await nextLine();
    return {
      beside,
      contender: (tasks) => ({
        name: 'dask',
        async run() {
          python.stdin.write(`${tasks}\n`);
          await nextLine();
        },
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}
