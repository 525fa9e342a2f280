import type { Benchmark, Row, Section, Wish } from './benchmark.ts';
import { commandLine } from './command-line.ts';
import { standardLoad } from './dispatch-load.ts';
import { inChild } from './in-child.ts';
import type { LatencyInput } from './latency-child.ts';
import { bytesNeeded, tooLittleMemory } from './memory-need.ts';
import { count } from './units.ts';

const program = new URL('latency-child.ts', import.meta.url);

/**
 * Rows that a slice of the list looks at. What a completion waits for at worst is one slice: so many rows take
 * a fraction of a millisecond, and a list over ten million is cut into 2,442 of them.
 */
const sliceRows = 4_096;
const listedPerWaiting = 10;

const variants = ['waiting', 'listing'];

export const latency: Benchmark = {
  summary: 'from a completion to the next start on its slot, while tasks wait and a list runs',
  defaultTasks: 1_000_000,
  variants,
  async *run(tasks, wish) {
    for (const variant of wish.variants.length > 0 ? wish.variants : variants) {
      yield section(variant, tasks, wish);
    }
  },
};

async function section(variant: string, waiting: number, { turns }: Wish): Promise<Section> {
  const listed = variant === 'listing' ? listedPerWaiting * waiting : 0;
  const list = listed === 0 ? '' : `, failures listed over ${count(listed)} by ${count(sliceRows)}`;
  return {
    title: `${count(waiting)} tasks wait${list}`,
    unit: 'start',
    variant,
    size: { tasks: waiting, listed, sliceRows },
    command: commandLine('latency', { tasks: waiting, variant, turns }),
    rows: await rows({ waiting, listed, sliceRows, turns: turns ?? 7 }),
  };
}

/** With fewer the last that wait may all ask for more slots than one completion frees. */
const leastWaiting = 100_000;

async function rows(input: LatencyInput): Promise<Row[]> {
  const { waiting, listed } = input;
  if (listed === 0 && waiting < leastWaiting) {
    const skipped = `needs --tasks ${leastWaiting} or more, so that something fits whatever ends`;
    return [{ name: 'completion to start', skipped }];
  }
  // The engine and the floor are alive at once.
  const tasks = 2 * (input.waiting + input.listed);
  const skipped = tooLittleMemory(bytesNeeded({ ...standardLoad, tasks }));
  if (skipped !== undefined) return [{ name: 'completion to start', skipped }];
  return inChild<Row[]>(program, input);
}
