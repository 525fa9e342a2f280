import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Row, Section } from './benchmark.ts';
import { inChild } from './in-child.ts';
import { bytesOfStandard, tooLittleMemory } from './memory-need.ts';
import type { Filled, Opened, RecoveryInput } from './recovery-child.ts';
import { latencyOf } from './statistics.ts';
import { count } from './units.ts';

const program = new URL('recovery-child.ts', import.meta.url);

export const recovery: Benchmark = {
  summary: 'what a snapshot stops, and the time to be back after a kill',
  defaultTasks: 10_000_000,
  async *run(tasks, { turns = 3 }) {
    const skipped = tooLittleMemory(2 * bytesOfStandard(tasks));
    if (skipped !== undefined) {
      yield { title: `${count(tasks)} tasks`, unit: 'turn', rows: [{ name: 'Berth', skipped }] };
      return;
    }
    // On the disk that is measured: a temporary directory may be memory.
    const directory = mkdtempSync(join(process.cwd(), '.bench-recovery-'));
    try {
      const fill: RecoveryInput = { role: 'fill', directory, tasks };
      const filled = await inChild<Filled>(program, fill, [], { dies: true });
      yield stops(tasks, filled);
      yield await openings(tasks, directory, turns);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** How long nothing else has its turn, at 4,096 to 8,000 lives a turn. */
function stops(tasks: number, { plain, snapshot, snapshots }: Filled): Section {
  const row = (name: string, milliseconds: number[]): Row => ({
    name,
    latency: latencyOf(Float64Array.from(milliseconds, (turn) => turn * 1e6)),
    operations: milliseconds.length,
  });
  return {
    title: `${count(tasks)} tasks dispatched, ${snapshots} snapshots written`,
    unit: 'turn',
    rows: [row('without a snapshot', plain), row('while one is written', snapshot)],
  };
}

async function openings(tasks: number, directory: string, turns: number): Promise<Section> {
  const rows: Row[] = [];
  const open = async (name: string): Promise<void> => {
    const input: RecoveryInput = { role: 'open', directory, tasks };
    const found: Opened[] = [];
    for (let turn = 0; turn < turns; turn++) found.push(await inChild<Opened>(program, input));
    const { peakMegabytes = 0 } = found[0] ?? {};
    const latency = latencyOf(Float64Array.from(found, ({ milliseconds }) => milliseconds * 1e6));
    rows.push({ name, latency, peakMegabytes });
  };
  await open('from the newest snapshot and what came since');
  const journal = join(directory, 'journal');
  for (const name of readdirSync(journal)) {
    if (name.startsWith('snapshot')) rmSync(join(journal, name));
  }
  await open('from the journal alone');
  return {
    title: `back after a kill, ${count(tasks)} tasks, half of them over`,
    unit: 'opening',
    rows,
  };
}
