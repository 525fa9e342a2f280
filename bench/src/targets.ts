import type { Figures } from './figures.ts';
import { ratio } from './figures.ts';
import { markdownTable } from './markdown.ts';
import { keepsPriorities } from './peer-groups.ts';
import { count } from './units.ts';

/** What was wanted, and what was measured. */
interface Target {
  what: string;
  wanted: string;
  measured: string | undefined;
}

const million = 1_000_000;

export function targets(figures: Figures): Target[] {
  const cost = (variant: string, tasks: number | undefined): number | undefined =>
    tasks === undefined ? undefined : figures.engine(variant, tasks)?.median;
  const peak = figures.engine('standard', 100 * million)?.peakMegabytes;
  const given = figures.section('memory', 'one-by-one')?.rows.at(-1)?.bytes;
  const edge = figures.row('dag', 'random, any order', 'graph alone, ids as integers, both ways');
  const simulated = figures.row('simulate', '100 jobs', 'Simulation');
  const durable = figures.row('durable', 'durable', 'Berth: openBatch');
  const back = figures.row(
    'recovery',
    'back after a kill',
    'from the newest snapshot and what came since',
  );
  const stop = figures.row('recovery', 'snapshots written', 'while one is written');
  const peers = keepsPriorities.flatMap((variant) => figures.peer(variant)?.median ?? []);
  const fastest = peers.length === 0 ? undefined : Math.min(...peers);
  /** All sizes, not the kindest: what a job or a node costs by itself shows where it has few tasks. */
  const atEverySize = (
    what: string,
    atMost: number,
    [variant, plain]: readonly [string, string],
  ): Target[] => {
    const wanted = `≤ ${atMost} ×`;
    const sizes = figures.sizesOf([variant, plain]);
    if (sizes.length === 0) return [{ what, wanted, measured: undefined }];
    return sizes.map((tasks) => ({
      what: `${what}, ${count(tasks)} tasks`,
      wanted,
      measured: times(ratio(cost(variant, tasks), cost(plain, tasks))),
    }));
  };
  return [
    {
      what: 'share of the floor, 10 million tasks',
      wanted: '≥ 0.5',
      measured: figures.engine('standard', 10 * million)?.shareOfFloor?.toFixed(2),
    },
    {
      what: 'a life at 100 million tasks beside one at 1 million',
      wanted: '≤ 1.3 ×',
      measured: times(ratio(cost('standard', 100 * million), cost('standard', million))),
    },
    ...atEverySize('a life on 100,000 nodes beside one on 10', 1.5, ['nodes-100000', 'nodes-10']),
    ...atEverySize('a life in 100,000 jobs beside one in 1', 2, ['jobs-100000', 'jobs-1']),
    ...atEverySize('a life below 100,000 blocked jobs beside one without', 2, [
      'blocked-100000',
      'jobs-1',
    ]),
    {
      what: 'peak memory at 100 million tasks',
      wanted: '< 4 GB',
      measured: peak === undefined ? undefined : `${(peak / 1024).toFixed(2)} GB`,
    },
    {
      what: 'a task given one by one, with id and command line',
      wanted: '≤ 200 bytes',
      measured: given === undefined ? undefined : `${given.toFixed(0)} bytes`,
    },
    {
      what: 'random dependencies added in any order and released, of the graph alone',
      wanted: '≤ 100 ns an edge',
      measured: edge?.median === undefined ? undefined : `${edge.median.toFixed(0)} ns`,
    },
    {
      what: 'the same, both directions',
      wanted: '≤ 12 bytes an edge',
      measured: edge?.bytes === undefined ? undefined : `${edge.bytes.toFixed(1)} bytes`,
    },
    {
      what: 'durable lives a second, with real syncs',
      wanted: '≥ 1 million',
      measured:
        durable?.perSecond === undefined
          ? undefined
          : `${(durable.perSecond / million).toFixed(2)} million`,
    },
    {
      what: 'back after a kill with 10 million tasks, from a snapshot',
      wanted: '≤ 10 s',
      measured:
        back?.latency === undefined ? undefined : `${(back.latency.most / 1e9).toFixed(1)} s`,
    },
    {
      what: 'the longest turn of the event loop while a snapshot is written, 10 million tasks',
      wanted: '≤ 50 ms',
      measured:
        stop?.latency === undefined ? undefined : `${(stop.latency.most / 1e6).toFixed(0)} ms`,
    },
    {
      what: 'simulated tasks a second, 100 jobs',
      wanted: '≥ 1 million',
      measured:
        simulated?.perSecond === undefined
          ? undefined
          : `${(simulated.perSecond / million).toFixed(2)} million`,
    },
    {
      what: 'the fastest peer in the process that keeps priorities, beside tasks of a factory',
      wanted: '≥ 10 ×',
      measured: times(ratio(fastest, figures.peer('berth-factory')?.median)),
    },
    {
      what: 'the same beside tasks given one by one',
      wanted: '≥ 10 ×',
      measured: times(ratio(fastest, figures.peer('berth-one-by-one')?.median)),
    },
  ];
}

export function targetsTable(figures: Figures): string {
  const all = targets(figures);
  return markdownTable(
    [
      ['what', ...all.map(({ what }) => what)],
      ['wanted', ...all.map(({ wanted }) => wanted)],
      ['measured', ...all.map(({ measured }) => measured ?? 'not yet')],
    ],
    [],
  );
}

function times(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value.toFixed(2)} ×`;
}
