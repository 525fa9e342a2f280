// biome-ignore-all lint/style/noNonNullAssertion: typed arrays, and every index is in range

import { Simulation } from '@berth/core';
import type { Benchmark, Section } from './benchmark.ts';
import { engineContender } from './dispatch-contenders.ts';
import type { Load } from './dispatch-load.ts';
import { EngineLives, standardLoad } from './dispatch-load.ts';
import { measure } from './measure.ts';
import { bytesOfStandard } from './memory-need.ts';

const longestMs = 60_000;

export const simulate: Benchmark = {
  summary: 'simulated tasks through the engine on a virtual clock, beside a bare event loop',
  defaultTasks: 1_000_000,
  bytesHere: bytesOfStandard,
  async run(tasks, { turns }) {
    const { nodes, slotsPerNode } = standardLoad;
    const pool = `${nodes} nodes x ${slotsPerNode} slots`;
    return [
      await section(
        `${tasks} tasks of one factory job, ${pool}`,
        {
          ...standardLoad,
          tasks,
          jobs: 1,
        },
        turns,
      ),
      await section(
        `${tasks} tasks of ${standardLoad.jobs} jobs of mixed priority, ${pool}`,
        {
          ...standardLoad,
          tasks,
        },
        turns,
      ),
    ];
  },
};

/** The floor, the simulation, and the engine alone at the same work: a world that answers at once. */
async function section(title: string, load: Load, turns?: number): Promise<Section> {
  const contenders = [
    { name: 'floor: bare event loop', run: () => bareEventLoop(load) },
    { name: 'Simulation', run: () => simulated(load) },
    engineContender(load, 'Engine.apply, as in dispatch'),
  ];
  return { title, unit: 'task', rows: await measure(contenders, load.tasks, turns) };
}

function simulated(load: Load): void {
  const lives = new EngineLives(load);
  lives.submit();
  const simulation = new Simulation(lives.engine, {
    durationMs: ({ taskIndex }) => pseudoRandomMs(taskIndex),
  });
  const { endedRuns } = simulation.run();
  if (endedRuns !== load.tasks) throw new Error(`${endedRuns} of ${load.tasks} tasks ended`);
}

/** From 1 to {@link longestMs}, and the same for the same task. */
function pseudoRandomMs(task: number): number {
  let value = Math.imul(task ^ (task >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return 1 + (((value ^ (value >>> 16)) >>> 0) % longestMs);
}

/** End times of what runs, one to a slot: the least goes, and the next task takes its place. */
function bareEventLoop({ tasks, nodes, slotsPerNode }: Load): void {
  const heap = new Float64Array(nodes * slotsPerNode).fill(Infinity);
  let started = 0;
  let ended = 0;
  // Zero for a slot that has not been used: it is the least.
  for (let slot = 0; slot < heap.length; slot++) heap[slot] = 0;
  while (ended < tasks) {
    const now = heap[0]!;
    if (now > 0) ended++;
    sink(heap, started < tasks ? now + pseudoRandomMs(started++) : Infinity);
  }
}

/** Takes the place of the least. */
function sink(heap: Float64Array, time: number): void {
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (child >= heap.length || heap[child]! >= time) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = time;
}
