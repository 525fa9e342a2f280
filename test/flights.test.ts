import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJobFile } from '@berth/core/spec';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';

// The programs of examples/flights, run as its tasks run them, on slices small enough to add up here.

const example = fileURLToPath(new URL('../examples/flights', import.meta.url));
const origins = ['ATL', 'BOS', 'JFK', 'ORD'];
let folder: string;

interface Sums {
  flights: number;
  minutes: number;
  late: number;
}

/** Flight by flight; every airport gets enough of them to be ranked, but XXX. */
const flights = Array.from({ length: 12_000 }, (_, i) => ({
  origin: i % 100 === 0 ? 'XXX' : (origins[i % 4] ?? ''),
  delay: ((i * 7919) % (80 + 20 * (i % 4))) - 30,
}));

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-flights-'));
  mkdirSync(join(folder, 'parts'));
  for (let slice = 0; slice < 3; slice++) {
    const rows = flights
      .slice(slice * 4000, (slice + 1) * 4000)
      .map(({ origin, delay }) => `2001-01-01T00:01,${delay},500,${origin},SFO\n`);
    writeFileSync(
      join(folder, `slice-${slice}.csv`),
      `date,delay,distance,origin,destination\n${rows.join('')}`,
    );
    node(join(example, 'summarise.mjs'), `slice-${slice}.csv`, `parts/part-${slice}.csv`);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the merged parts are what adding up all flights gives', () => {
  const direct = new Map<string, Sums>();
  for (const { origin, delay } of flights) {
    const sums = direct.get(origin) ?? { flights: 0, minutes: 0, late: 0 };
    direct.set(origin, {
      flights: sums.flights + 1,
      minutes: sums.minutes + delay,
      late: sums.late + (delay > 15 ? 1 : 0),
    });
  }
  const expected = [...direct]
    .sort(([, a], [, b]) => b.late / b.flights - a.late / a.flights)
    .map(([origin, { flights, minutes, late }]) =>
      [origin, flights, (minutes / flights).toFixed(2), ((100 * late) / flights).toFixed(2)].join(
        ',',
      ),
    );

  const printed = node(join(example, 'merge.mjs'), 'parts', '3');

  const csv = readFileSync(join(folder, 'ranking.csv'), 'utf8').trimEnd().split('\n');
  expect(csv).toEqual(['origin,flights,mean_delay_minutes,late_percent', ...expected]);
  expect(printed).toBe(readFileSync(join(folder, 'ranking.txt'), 'utf8'));
  expect(printed).toMatch(/^ all {2}5 +12,000 /m);
  expect(printed).not.toContain('XXX');
  // Aligned: every line of the table is as wide as its rules.
  const [, , ...table] = printed.trimEnd().split('\n');
  expect(new Set(table.map((line) => line.length)).size).toBe(1);
});

test('a missing part is an error, not a smaller total', () => {
  expect(() => node(join(example, 'merge.mjs'), 'parts', '4')).toThrow(/has 3 parts, not 4/);
});

test('a slice that is no table of flights is an error', () => {
  writeFileSync(join(folder, 'bad.csv'), 'date,delay,origin\n2001-01-01T00:01,late,ATL\n');
  expect(() => node(join(example, 'summarise.mjs'), 'bad.csv', 'bad.out')).toThrow(/not a number/);
  writeFileSync(join(folder, 'bad.csv'), 'a,b\n1,2\n');
  expect(() => node(join(example, 'summarise.mjs'), 'bad.csv', 'bad.out')).toThrow(/no columns/);
});

test('the job file is valid, and has a task for each slice that prepare.ts cuts', () => {
  const file = parseJobFile(parse(readFileSync(join(example, 'job.yaml'), 'utf8')));
  const slices = Number(
    /^const slices = (\d+);$/m.exec(readFileSync(join(example, 'prepare.ts'), 'utf8'))?.[1],
  );
  const range = { start: 0, end: slices - 1 };
  expect(slices).toBeGreaterThanOrEqual(24);
  expect(file.taskFactory?.parameterSets).toEqual([{ ...range, step: 1 }]);
  expect(file.tasks.map(({ id, dependsOn }) => [id, dependsOn?.taskIdRanges])).toEqual([
    ['merge', [range]],
  ]);
  expect(file.tasks[0]?.commandLine).toBe(`node programs/merge.mjs parts ${slices}`);
  expect(file.pool).toMatchObject({ targetDedicatedNodes: 4, taskSlotsPerNode: 2 });
});
