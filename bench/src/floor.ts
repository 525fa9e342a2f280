import type { Benchmark, Section } from './benchmark.ts';
import { commandLine } from './command-line.ts';
import { turnsFor } from './dispatch.ts';
import { floorContender } from './dispatch-contenders.ts';
import { variantLoad } from './dispatch-variants.ts';
import { floorParts } from './floor-parts.ts';
import type { Contender } from './measure.ts';
import { measure } from './measure.ts';
import { bytesOfStandard } from './memory-need.ts';
import { count } from './units.ts';

/** Loads whose bare loops differ. */
const variants = ['standard', 'jobs-1', 'jobs-100000', 'nodes-10', 'nodes-100000', 'slots-all-1'];

export const floor: Benchmark = {
  summary: 'the bare loops that the others stand beside, and what they consist of',
  defaultTasks: 1_000_000,
  bytesHere: bytesOfStandard,
  async *run(tasks, wish) {
    const turns = wish.turns ?? turnsFor(tasks);
    const loads = variants.map((variant) => ({
      ...floorContender(variantLoad(variant, tasks)),
      name: variant,
    }));
    yield section(`bare loops of dispatch, ${count(tasks)} tasks`, loads, tasks, turns);
    yield section(`their parts, ${count(tasks)} tasks`, floorParts(tasks), tasks, turns);
  },
};

async function section(
  title: string,
  contenders: readonly Contender[],
  tasks: number,
  turns: number,
): Promise<Section> {
  const rows = await measure(contenders, tasks, turns);
  // They are the floor: a share of the first of them would say nothing.
  const bare = rows.map(({ shareOfFloor: _, ...row }) => row);
  return {
    title,
    unit: 'life',
    size: { tasks },
    command: commandLine('floor', { tasks, turns }),
    rows: bare,
  };
}
