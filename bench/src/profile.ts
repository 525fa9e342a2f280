import type { Benchmark, Row, Section, Wish } from './benchmark.ts';
import { commandLine } from './command-line.ts';
import type { DagShape } from './dag-graph.ts';
import { loadTitle, variantLoad, variantNames } from './dispatch-variants.ts';
import { inChild } from './in-child.ts';

const ofLives = new URL('profile-child.ts', import.meta.url);
const ofGraph = new URL('profile-dag-child.ts', import.meta.url);

/** Graphs by their variant. */
const graphs: ReadonlyMap<string, DagShape> = new Map([
  ['dag-layers', 'layers'],
  ['dag-random', 'random, any order'],
]);

/** What a target is missed by, each at the size where it shows. */
const usual = [
  { variant: 'standard', tasks: 10_000_000 },
  { variant: 'jobs-100000', tasks: 10_000_000 },
  { variant: 'nodes-100000', tasks: 1_000_000 },
  { variant: 'one-by-one', tasks: 1_000_000 },
  { variant: 'dag-layers', tasks: 10_000_000 },
  { variant: 'dag-random', tasks: 10_000_000 },
];

export const profile: Benchmark = {
  summary: 'where the time of a load of dispatch or of a graph goes, by function',
  defaultTasks: 10_000_000,
  variants: [...variantNames, ...graphs.keys()],
  async *run(tasks, wish) {
    const chosen = wish.variants.length > 0 ? wish.variants : usual.map(({ variant }) => variant);
    for (const variant of chosen) {
      const own = usual.find((one) => one.variant === variant)?.tasks;
      yield await section(variant, wish.sized ? tasks : (own ?? tasks), wish);
    }
  },
};

async function section(variant: string, tasks: number, { turns }: Wish): Promise<Section> {
  const command = commandLine('profile', { tasks, variant, turns });
  const shape = graphs.get(variant);
  if (shape !== undefined) {
    const title = `${variant}: the graph of ${tasks.toLocaleString('en')} tasks alone`;
    const rows = await inChild<Row[]>(ofGraph, { shape, tasks });
    return { title, unit: 'edge', variant, command, rows };
  }
  const load = variantLoad(variant, tasks);
  const title = `${variant}: ${loadTitle(load)}`;
  const rows = await inChild<Row[]>(ofLives, load);
  return { title, unit: 'life', variant, command, rows };
}
