import type { Figures } from './figures.ts';
import { ratio } from './figures.ts';
import { machineLine } from './machine.ts';
import { code, markdownTable } from './markdown.ts';
import { keepsPriorities } from './peer-groups.ts';
import { count, duration } from './units.ts';

const begin = '<!-- figures: npm run bench -- report -->';
const end = '<!-- end of figures -->';

type Line = [what: string, figure: string, command: string | undefined];

/** The README with the table between its marks made anew. @throws Error if the marks are not there */
export function withReadmeTable(readme: string, figures: Figures): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from === -1 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  const after = from + begin.length;
  return `${readme.slice(0, after)}\n\n${table(figures)}\n\n${readme.slice(to)}`;
}

function table(figures: Figures): string {
  const lines = [
    ...lives(figures),
    ...memory(figures),
    ...latency(figures),
    ...peers(figures),
    ...durability(figures),
    ...processes(figures),
  ];
  const cells = markdownTable(
    [
      ['what', ...lines.map(([what]) => what)],
      ['figure', ...lines.map(([, figure]) => figure)],
      ['command', ...lines.map(([, , command]) => code(command))],
    ],
    [1, 2],
  );
  const machines = new Set(figures.results.map(({ machine }) => machineLine(machine)));
  return `Measured on ${[...machines].join('; and on ')}.\n\n${cells}`;
}

/** The largest that was measured of those that are wanted. */
function lives(figures: Figures): Line[] {
  const sizes = figures.of('dispatch').map(({ tasks }) => tasks);
  return [...new Set(sizes)].slice(-2).flatMap((tasks): Line[] => {
    const row = figures.engine('standard', tasks);
    if (row?.median === undefined || row.shareOfFloor === undefined) return [];
    const peak = row.peakMegabytes === undefined ? '' : `, ${gigabytes(row.peakMegabytes)} at most`;
    const what = `a full task life of ${words(tasks)}, policy and encoding included`;
    const figure = `${duration(row.median)}, ${row.shareOfFloor.toFixed(2)} of its bare loop${peak}`;
    return [[what, figure, figures.section('dispatch', 'standard', tasks)?.command]];
  });
}

function memory(figures: Figures): Line[] {
  const ways = [
    ['factory', 'a task of a factory, in memory once it has run'],
    ['one-by-one', 'a task given one by one, with its own id and command line'],
  ] as const;
  return ways.flatMap(([variant, what]): Line[] => {
    const section = figures.section('memory', variant);
    const bytes = section?.rows.at(-1)?.bytes;
    return bytes === undefined ? [] : [[what, `${bytes.toFixed(0)} bytes`, section?.command]];
  });
}

function latency(figures: Figures): Line[] {
  const ways = [
    ['waiting', ''],
    ['listing', ' and a list runs'],
  ] as const;
  return ways.flatMap(([variant, more]): Line[] => {
    const section = figures.section('latency', variant);
    const found = section?.rows[1]?.latency;
    if (found === undefined) return [];
    const what = `from a completion to the next start, while ${words(section?.size?.['tasks'] ?? 0)} wait${more}`;
    const figure = `${duration(found.p50)}; p99.9: ${duration(found.p999)}`;
    return [[what, figure, section?.command]];
  });
}

function peers(figures: Figures): Line[] {
  const rows = keepsPriorities.flatMap((variant) => figures.peer(variant) ?? []);
  const [fastest] = rows.sort((a, b) => (a.median ?? 0) - (b.median ?? 0));
  const ofFactory = ratio(fastest?.median, figures.peer('berth-factory')?.median);
  const oneByOne = ratio(fastest?.median, figures.peer('berth-one-by-one')?.median);
  if (fastest === undefined || ofFactory === undefined || oneByOne === undefined) return [];
  const what = `the fastest other queue in the process that keeps priorities: ${fastest.name}`;
  const own = `${ofFactory.toFixed(0)} × ours of a factory, ${oneByOne.toFixed(1)} × ours given one by one as JSON`;
  const figure = `${duration(fastest.median ?? 0)}, ${own}`;
  return [[what, figure, fastest.command]];
}

function durability(figures: Figures): Line[] {
  const lives = figures.row('durable', 'durable', 'Berth: openBatch');
  const back = figures.row(
    'recovery',
    'back after a kill',
    'from the newest snapshot and what came since',
  );
  const [durable, recovery] = [figures.of('durable').at(-1), figures.of('recovery').at(-1)];
  if (lives?.perSecond === undefined || back?.latency === undefined) return [];
  return [
    [
      'task lives through the journal, with real syncs',
      `${(lives.perSecond / 1e6).toFixed(1)} million a second`,
      durable?.command,
    ],
    [
      `back after a kill with ${words(recovery?.tasks ?? 0)} tasks, half of them over`,
      `${(back.latency.most / 1e9).toFixed(1)} s`,
      recovery?.command,
    ],
  ];
}

function processes(figures: Figures): Line[] {
  const result = figures.of('processes').at(-1);
  const row = result?.sections[0]?.rows.find(({ name }) => name.includes('2 nodes'));
  if (row?.shareOfFloor === undefined) return [];
  const what = '`/bin/true` with directories, claim, output files and report, two at a time';
  return [[what, `${row.shareOfFloor.toFixed(1)} of \`xargs -P2 /bin/true\``, result?.command]];
}

function words(tasks: number): string {
  return tasks >= 1e6 ? `${tasks / 1e6} million` : count(tasks);
}

function gigabytes(megabytes: number): string {
  return megabytes < 1000 ? `${megabytes} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}
