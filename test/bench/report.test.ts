import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Row, Section } from '../../bench/src/benchmark.ts';
import { Figures } from '../../bench/src/figures.ts';
import { reportFiles, strayPlots } from '../../bench/src/report.ts';
import type { Result } from '../../bench/src/result.ts';
import { readResults } from '../../bench/src/result.ts';
import { sectionTable } from '../../bench/src/table.ts';
import { targets } from '../../bench/src/targets.ts';
import { root } from '../docs/documents.ts';

const marks =
  'before\n<!-- figures: npm run bench -- report -->\nold\n<!-- end of figures -->\nafter';

const machine = {
  processor: 'A processor',
  cores: 2,
  memoryGB: 24,
  system: 'Linux 6 x64',
  node: 'v20.19.0',
  v8: '11.3',
};

function result(name: string, tasks: number, sections: Section[]): Result {
  const command = `npm run bench -- ${name} --tasks ${tasks}`;
  return { name, command, tasks, date: '2026-01-31', machine, sections };
}

function life(variant: string, size: Record<string, number>, median: number): Section {
  const cost = { fastest: median - 1, slowest: median + 1, perSecond: 1e9 / median, gcShare: 0 };
  return {
    title: variant,
    unit: 'life',
    variant,
    size,
    command: `npm run bench -- dispatch --tasks ${size['tasks']} --variant ${variant}`,
    rows: [
      { name: 'floor', median: 100, ...cost, shareOfFloor: 1 },
      { name: 'Engine.apply', median, ...cost, shareOfFloor: 100 / median, peakMegabytes: 3_000 },
    ],
  };
}

const nodes = [10, 100, 10_000, 100_000].map((count) =>
  life(`nodes-${count}`, { tasks: 1_000_000, nodes: count }, 150 + Math.log10(count)),
);
const standard = [1_000_000, 10_000_000, 100_000_000].map((tasks, index) =>
  result('dispatch', tasks, [
    life('standard', { tasks, nodes: 1_000 }, 160 + index * 10),
    ...(index === 0 ? nodes : []),
  ]),
);

function peer(variant: string, median: number): Row {
  return { name: `${variant} 1.0`, variant, median, operations: 1_000, offers: 'a queue' };
}
const others = result('peers', 1_000, [
  {
    title: 'peers',
    unit: 'task',
    rows: [
      peer('berth-factory', 200),
      peer('berth-one-by-one', 400),
      peer('async-priority-queue', 4_000),
      { name: 'bullmq', variant: 'bullmq', skipped: 'not measured: no redis-server' },
    ],
  },
]);

describe('a report', () => {
  const files = reportFiles([...standard, others], marks);
  const document = files.get('docs/benchmarks.md') ?? '';

  test('has a table, its machine and its command for each result', () => {
    expect(document).toContain('### 100,000,000 tasks');
    expect(document).toContain('A processor, 2 cores, 24 GB');
    expect(document).toContain('`npm run bench -- dispatch --tasks 1000000 --variant nodes-10`');
    expect(document).toMatch(/\| standard +\| +180 \| +179 \| +181 \| +100 \| +0\.56 \|/);
  });

  test('has the plots for which there are figures', () => {
    const plots = ['tasks.svg', 'nodes.svg', 'peers.svg'].map((name) => `docs/benchmarks/${name}`);
    expect([...files.keys()]).toEqual(['docs/benchmarks.md', 'README.md', ...plots]);
    for (const plot of plots) expect(document).toContain(plot.replace('docs/', '('));
  });

  test('says what could not be measured, and why', () => {
    expect(document).toContain('- bullmq: not measured: no redis-server');
  });

  test('changes nothing of the README but what is between the marks', () => {
    const readme = files.get('README.md') ?? '';
    expect(readme).toMatch(/^before\n[\s\S]*after$/);
    expect(readme).not.toContain('old');
    expect(readme).toContain('180 ns, 0.56 of its bare loop, 2.9 GB at most');
    expect(readme).toContain('async-priority-queue 1.0');
    expect(readme).toContain('20 × ours of a factory, 10.0 × ours given one by one');
    expect(() => reportFiles([], 'no marks')).toThrow('README.md has no');
  });

  test('of nothing is still a page', () => {
    expect(reportFiles([], marks).get('docs/benchmarks.md')).toContain('not yet');
  });
});

/** The floor first, as everywhere. */
function measured(title: string, own: Row): Section {
  return { title, unit: 'one', rows: [{ name: 'floor', median: 10 }, own] };
}

test('targets are what was measured, and ratios of it', () => {
  const graph = 'graph alone, ids as integers, both ways';
  const dag = result('dag', 1_000, [
    measured('layers: 10 tasks', { name: graph, median: 20, bytes: 5 }),
    measured('random, any order: 10 tasks', { name: graph, median: 80, bytes: 11.72 }),
  ]);
  const simulate = result('simulate', 1_000, [
    measured('1000 tasks of 1 job', { name: 'Simulation', perSecond: 3_000_000 }),
    measured('1000 tasks of 100 jobs', { name: 'Simulation', perSecond: 1_450_000 }),
  ]);
  const latency = { p50: 1, p99: 1, p999: 1, most: 33_400_000, samples: 1 };
  const opening = { ...latency, most: 1_430_000_000 };
  const durable = result('durable', 1_000, [
    measured('1,000 lives, each durable', { name: 'Berth: openBatch', perSecond: 1_510_000 }),
  ]);
  const recovery = result('recovery', 1_000, [
    measured('1 snapshots written', { name: 'while one is written', latency }),
    measured('back after a kill', {
      name: 'from the newest snapshot and what came since',
      latency: opening,
    }),
  ]);
  const all = targets(new Figures([...standard, others, dag, simulate, durable, recovery]));
  expect(all.map((target) => target.measured)).toEqual([
    '0.59',
    '1.13 ×',
    '1.03 ×',
    undefined,
    undefined,
    '2.93 GB',
    undefined,
    '80 ns',
    '11.7 bytes',
    '1.51 million',
    '1.4 s',
    '33 ms',
    '1.45 million',
    '20.00 ×',
    '10.00 ×',
  ]);
});

test('a terminal shows only columns that are filled, and what was skipped', () => {
  const rows = [
    { name: 'first', median: 1_234, shareOfFloor: 0.5 },
    { name: 'second', skipped: 'needs more memory' },
  ];
  const table = sectionTable({ title: 'race', unit: 'lap', rows, command: 'npm run bench' });
  expect(table.split('\n')).toEqual([
    'race   ns/lap  of the floor',
    'first   1,234          0.50',
    'second: needs more memory',
    'again: npm run bench',
  ]);
});

describe('what is committed', () => {
  const results = readResults(join(root, 'bench/results'));
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const files = reportFiles(results, read('README.md'));

  test.each([...files.keys()])('%s is what `npm run bench -- report` makes', (file) => {
    expect(read(file)).toBe(files.get(file));
  });

  test('no plot is left over', () => {
    expect(strayPlots(root, files)).toEqual([]);
  });
});
