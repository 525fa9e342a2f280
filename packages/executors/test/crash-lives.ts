import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';

const tasks = 240;

/**
 * An engine in a process of its own (crashing-engine.ts, which takes the executor's options) is killed five times, and the
 * sixth comes to the end: every task has run exactly once, and none was lost.
 */
export async function runsOnceThroughKills(directory: string, options: object): Promise<void> {
  const ran = join(directory, 'ran');
  const script = `echo $1 >>"${ran}"; sleep 0.$(($1 % 5)); exit $(($1 % 7))`;
  const life = (): ChildProcess =>
    spawn(
      process.execPath,
      [
        ...['--conditions=@berth/source', '--import', 'tsx'],
        join(import.meta.dirname, 'crashing-engine.ts'),
        ...[directory, String(tasks), '12', script, JSON.stringify(options)],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: process.env },
    );
  for (let lives = 0; lives < 5; lives++) {
    const child = life();
    const over = new Promise((resolve) => child.once('exit', resolve));
    // All tasks may have ended before: then it says nothing.
    await Promise.race([new Promise((resolve) => child.stdout?.once('data', resolve)), over]);
    await sleep(200 + Math.random() * 1_000);
    child.kill('SIGKILL');
    await over;
  }
  expect(lines(ran).length).toBeGreaterThan(12);
  const last = life();
  expect(await new Promise((resolve) => last.once('exit', resolve))).toBe(0);
  const numbers = lines(ran).map(Number);
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: tasks }, (_, i) => i + 1));
  const journal = lines(join(directory, 'journal'));
  expect(journal.filter((line) => line.startsWith('lost'))).toEqual([]);
  const ends = journal.filter((line) => line.startsWith('end')).map((line) => line.split(' '));
  expect(ends).toHaveLength(tasks);
  expect(ends.filter(([, run, code]) => Number(code) !== Number(run) % 7)).toEqual([]);
}

function lines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}
