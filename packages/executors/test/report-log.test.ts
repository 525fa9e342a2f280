import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalFiles } from '../src/local-files.ts';
import { Trash } from '../src/local-trash.ts';
import { ReportLog } from '../src/report-log.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'berth-log-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function opened(longest?: number): Promise<ReportLog> {
  const log = new ReportLog(new LocalFiles(directory, new Trash()), directory, longest);
  await log.open();
  return log;
}
function append(text: string, number = 1): void {
  appendFileSync(join(directory, `reports.${number}`), text);
}
async function runs(log: ReportLog): Promise<number[]> {
  return (await log.unread()).map((answer) => ('run' in answer ? answer.run : -1));
}

it('reads what nobody has been told yet, in the next life too', async () => {
  append('e 0 1 11 0\nf 1 2 12 127\n');
  const log = await opened();
  expect(await log.unread()).toEqual([
    { type: 'e', slot: 0, run: 1, sequence: 11, code: 0, primary: false },
    { type: 'f', slot: 1, run: 2, sequence: 12, code: 127, primary: false },
  ]);
  await log.save(() => false, 1);
  append('u - 3 13\n');
  expect(await runs(log)).toEqual([3]);
  expect(await runs(await opened())).toEqual([3]);
});

it('is not consumed beyond a report that was not handed on', async () => {
  append('e 0 1 11 0\ne 0 2 12 0\ne 0 3 13 0\n');
  const log = await opened();
  await log.save((run) => run === 2, 1);
  expect(await runs(await opened())).toEqual([2, 3]);
});

it('leaves a line that is not whole, and passes over one that is damaged', async () => {
  append('e 0 1 11 0\ne 0 2 1\ne 0 3');
  const log = await opened();
  expect(await runs(log)).toEqual([1]);
  await log.save(() => false, 1);
  append(' 13 0\n');
  expect(await runs(log)).toEqual([3]);
});

it('begins a new log when one is long, and removes the old when no shell appends to it', async () => {
  const log = await opened(20);
  append('e 0 1 11 0\ne 0 2 12 0\n');
  expect(await log.save(() => false, 1)).toBe(true);
  expect(log.number).toBe(2);
  append('e 1 3 13 0\n', 1);
  append('e 0 4 14 0\n', 2);
  const next = await opened(20);
  expect(next.number).toBe(2);
  expect(next.oldest).toBe(1);
  expect(await runs(next)).toEqual([3, 4]);
  await next.save((run) => run === 3, 2);
  expect(await runs(await opened(20))).toEqual([3]);
  await next.save(() => false, 2);
  expect(existsSync(join(directory, 'reports.1'))).toBe(false);
  expect(await runs(await opened(20))).toEqual([]);
});
