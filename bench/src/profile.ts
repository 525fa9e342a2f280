import type { Benchmark, Row, Section, Wish } from './benchmark.ts';
import { commandLine } from './command-line.ts';
import { loadTitle, variantLoad, variantNames } from './dispatch-variants.ts';
import { inChild } from './in-child.ts';

const program = new URL('profile-child.ts', import.meta.url);

export const profile: Benchmark = {
  summary: 'where the time of a load of dispatch goes, by function',
  defaultTasks: 10_000_000,
  variants: variantNames,
  async *run(tasks, wish) {
    const chosen = wish.variants.length > 0 ? wish.variants : ['standard', 'jobs-100000'];
    for (const variant of chosen) yield await section(variant, tasks, wish);
  },
};

async function section(variant: string, tasks: number, { turns }: Wish): Promise<Section> {
  const load = variantLoad(variant, tasks);
  return {
    title: `${variant}: ${loadTitle(load)}`,
    unit: 'life',
    variant,
    command: commandLine('profile', { tasks, variant, turns }),
    rows: await inChild<Row[]>(program, load),
  };
}
