import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Row, Wish } from './benchmark.ts';
import { commandLine } from './command-line.ts';
import { standardLoad } from './dispatch-load.ts';
import { inChild } from './in-child.ts';
import { bytesNeeded, tooLittleMemory } from './memory-need.ts';
import type { PeerFound, PeerInput } from './peer-child.ts';

const program = new URL('peer-child.ts', import.meta.url);
const repository = new URL('../../', import.meta.url);

interface PeerFacts {
  /** npm package; absent: ours, or none. */
  package?: string;
  /** More would take too long, or too much memory. */
  mostTasks: number;
  /** Bytes that a task takes in it, roughly. */
  bytesPerTask: number;
  /** It starts a server or processes of its own. */
  outside?: true;
  offers: string;
}

const mostWarmUpTasks = 200_000;
const promised = { mostTasks: 1_000_000, bytesPerTask: 1_200 };
const calledBack = { mostTasks: 1_000_000, bytesPerTask: 500 };
const berthOffers =
  'priorities, round robin, slots, nodes, spread and pack, retries, wall clocks, dependencies, states';

const facts: Readonly<Record<string, PeerFacts>> = {
  'berth-factory': {
    mostTasks: 10_000_000,
    bytesPerTask: 40,
    offers: `${berthOffers}; tasks as one record`,
  },
  'berth-one-by-one': {
    mostTasks: 1_000_000,
    bytesPerTask: 210,
    offers: `${berthOffers}; each task its own id and command line`,
  },
  fastq: { package: 'fastq', ...calledBack, offers: 'first in, first out; concurrency' },
  'fastq-promise': {
    package: 'fastq',
    ...promised,
    offers: 'first in, first out; concurrency; a promise a task',
  },
  'async-queue': { package: 'async', ...calledBack, offers: 'first in, first out; concurrency' },
  'p-limit': {
    package: 'p-limit',
    ...promised,
    offers: 'first in, first out; concurrency; a promise a task',
  },
  'p-queue': {
    package: 'p-queue',
    ...promised,
    offers: 'first in, first out; concurrency, rate limit, time-outs; a promise a task',
  },
  'async-priority-queue': {
    package: 'async',
    ...calledBack,
    offers: 'priorities (a heap); concurrency',
  },
  'p-queue-priorities': {
    package: 'p-queue',
    ...promised,
    // It sorts each task into an array: the cost of a task grows with their number.
    mostTasks: 100_000,
    offers: 'priorities; concurrency, rate limit, time-outs; a promise a task',
  },
  bottleneck: {
    package: 'bottleneck',
    // It waits for a timer at each task: two milliseconds.
    mostTasks: 2_000,
    bytesPerTask: 4_000,
    offers: 'priorities (10 lists); concurrency, weights, rate limit, retries; a promise a task',
  },
  bullmq: {
    package: 'bullmq',
    mostTasks: 20_000,
    bytesPerTask: 4_000,
    outside: true,
    offers: 'priorities, retries, delays; durable (append-only file, synced each second); network',
  },
  dask: {
    mostTasks: 10_000,
    bytesPerTask: 20_000,
    outside: true,
    offers: 'priorities, dependencies, resources, data; worker processes; network; Python',
  },
};

export const peers: Benchmark = {
  summary: 'the same work on other queues and schedulers, each as large as it can bear',
  defaultTasks: 1_000_000,
  variants: Object.keys(facts),
  async run(tasks, wish) {
    const chosen = wish.variants.length > 0 ? wish.variants : Object.keys(facts);
    if (chosen.some((name) => facts[name]?.outside)) installOutside();
    const rows: Row[] = [];
    for (const name of chosen) {
      const peer = facts[name];
      if (peer === undefined) continue;
      process.stderr.write(`${name} …\n`);
      rows.push(await row(name, peer, tasks, wish));
    }
    return [
      {
        title: 'tasks that do nothing, from the first given to the last ended',
        unit: 'task',
        rows,
      },
    ];
  },
};

async function row(name: string, peer: PeerFacts, wanted: number, wish: Wish): Promise<Row> {
  const tasks = Math.min(wanted, peer.mostTasks);
  const { package: npm, offers, outside } = peer;
  const version = npm === undefined ? '' : ` ${versionOf(npm)}`;
  const base: Row = {
    name: `${name}${version}`,
    variant: name,
    operations: tasks,
    offers,
    command: commandLine('peers', { tasks, variant: name, turns: wish.turns }),
  };
  const skipped = tooLittleMemory(
    bytesNeeded({ ...standardLoad, tasks }) + tasks * peer.bytesPerTask,
  );
  if (skipped !== undefined) return { ...base, skipped };
  try {
    const turns = wish.turns ?? (outside ? 3 : 5);
    // What lives elsewhere is not compiled here.
    const warmUpTasks = outside ? Math.ceil(tasks / 10) : Math.min(tasks, mostWarmUpTasks);
    const input: PeerInput = { name, tasks, warmUpTasks, turns };
    const found = await inChild<PeerFound>(program, input);
    if ('missing' in found) return { ...base, skipped: `not measured: ${found.missing}` };
    const own: Row = { ...found.rows[1], ...base };
    const { beside } = found;
    if (beside !== undefined) own.name = npm === undefined ? beside : `${own.name}, ${beside}`;
    // What a server beside this process takes would be missing.
    if (outside) return own;
    const once: PeerInput = { name, tasks, warmUpTasks };
    const alone = await inChild<PeerFound>(program, once);
    return 'missing' in alone ? own : { ...own, peakMegabytes: alone.peakMegabytes };
  } catch (error) {
    return { ...base, skipped: `failed: ${error instanceof Error ? error.message : error}` };
  }
}

/** Says what it installs, or that something is missing; what cannot be had loses its row only. */
function installOutside(): void {
  const run = fileURLToPath(new URL('scripts/run.mjs', repository));
  spawnSync(process.execPath, [run, 'install', 'peers'], { stdio: 'inherit' });
}

function versionOf(name: string): string {
  const lock = readFileSync(new URL('package-lock.json', repository), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version?: string }> };
  return packages[`node_modules/${name}`]?.version ?? '';
}
