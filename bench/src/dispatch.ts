import type { Benchmark, Row, Section, Wish } from './benchmark.ts';
import { commandLine } from './command-line.ts';
import type { DispatchInput } from './dispatch-child.ts';
import type { Load } from './dispatch-load.ts';
import { loadTitle, variantLoad, variantNames } from './dispatch-variants.ts';
import { inChild } from './in-child.ts';
import { bytesNeeded, tooLittleMemory } from './memory-need.ts';

const program = new URL('dispatch-child.ts', import.meta.url);

export const dispatch: Benchmark = {
  summary: 'full task lives through the engine, beside a bare loop; sized: the standard load only',
  defaultTasks: 1_000_000,
  variants: variantNames,
  async *run(tasks, wish) {
    const usual = wish.sized ? ['standard'] : variantNames;
    const chosen = wish.variants.length > 0 ? wish.variants : usual;
    for (const variant of chosen) yield await section(variant, tasks, wish);
  },
};

async function section(variant: string, tasks: number, { turns }: Wish): Promise<Section> {
  const load = variantLoad(variant, tasks);
  const { jobs, nodes, blockedJobs } = load;
  return {
    title: `${variant}: ${loadTitle(load)}`,
    unit: 'life',
    variant,
    size: { tasks, jobs, nodes, blockedJobs },
    command: commandLine('dispatch', { tasks, variant, turns }),
    rows: await rows(load, turns ?? turnsFor(tasks)),
  };
}

async function rows(load: Load, turns: number): Promise<Row[]> {
  const skipped = tooLittleMemory(bytesNeeded(load));
  if (skipped !== undefined) return [{ name: 'Engine.apply', skipped }];
  try {
    const peakMegabytes = await inChild<number>(program, { load } satisfies DispatchInput);
    const input: DispatchInput = { load, turns };
    const [floor, ...engine] = await inChild<Row[]>(program, input);
    return [...(floor ? [floor] : []), ...engine.map((row) => ({ ...row, peakMegabytes }))];
  } catch (error) {
    return [{ name: 'Engine.apply', skipped: error instanceof Error ? error.message : 'failed' }];
  }
}

/** Few where one takes long. */
export function turnsFor(tasks: number): number {
  if (tasks <= 2_000_000) return 7;
  return tasks <= 20_000_000 ? 5 : 3;
}
