import { bytesPerRow } from '@berth/core';
import type { Benchmark, Row, Section, Wish } from './benchmark.ts';
import { commandLine } from './command-line.ts';
import type { Load } from './dispatch-load.ts';
import { standardLoad } from './dispatch-load.ts';
import { inChild } from './in-child.ts';
import { oneTask } from './load-specifications.ts';
import type { Held } from './memory-child.ts';
import { bytesNeeded, tooLittleMemory } from './memory-need.ts';
import { count } from './units.ts';

const program = new URL('memory-child.ts', import.meta.url);

interface Way {
  what: string;
  change: Partial<Load>;
  /** Part of the tasks that were asked for: what is given one by one takes longer. */
  share: number;
  /** Bytes that a task cannot do without: its row, and the text that is its own. */
  floor(last: number): number;
}

const factory = { share: 1, floor: () => bytesPerRow };

const ways: Readonly<Record<string, Way>> = {
  factory: { what: 'task factory, one job', change: { jobs: 1 }, ...factory },
  'factory-jobs': { what: 'task factories of 1,000 jobs', change: { jobs: 1_000 }, ...factory },
  alike: {
    what: 'one by one: plain numbers as ids, all with one command line',
    change: { jobs: 1, submission: 'one by one, alike' },
    share: 0.1,
    // The number is the row's.
    floor: () => bytesPerRow,
  },
  'one-by-one': {
    what: 'one by one: each with an id and a command line of its own',
    change: { jobs: 1, submission: 'one by one' },
    share: 0.1,
    floor(last) {
      const { id, commandLine } = oneTask(last, 1);
      return bytesPerRow + id.length + commandLine.length;
    },
  },
};

export const memory: Benchmark = {
  summary: 'bytes that a task takes, for each way of submission; a tenth of them one by one',
  defaultTasks: 10_000_000,
  variants: Object.keys(ways),
  async *run(tasks, { variants }: Wish) {
    for (const name of variants.length > 0 ? variants : Object.keys(ways)) {
      const way = ways[name];
      if (way !== undefined) yield section(name, way, tasks);
    }
  },
};

async function section(variant: string, way: Way, wanted: number): Promise<Section> {
  const tasks = Math.max(1, Math.floor(wanted * way.share));
  const load: Load = { ...standardLoad, ...way.change, tasks };
  return {
    title: `${way.what}; ${count(tasks)} tasks`,
    unit: 'task',
    variant,
    size: { tasks },
    command: commandLine('memory', { tasks: wanted, variant }),
    rows: await rows(load, way.floor(Math.floor(tasks / 2))),
  };
}

async function rows(load: Load, floor: number): Promise<Row[]> {
  const skipped = tooLittleMemory(bytesNeeded(load));
  if (skipped !== undefined) return [{ name: 'held', skipped }];
  const { submitted, completed, peakMegabytes } = await inChild<Held>(program, load);
  return [
    { name: 'floor: row, and text of its own', bytes: floor, shareOfFloor: 1 },
    { name: 'submitted', bytes: submitted },
    { name: 'completed', bytes: completed, shareOfFloor: floor / completed, peakMegabytes },
  ];
}
