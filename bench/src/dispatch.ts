import type { Benchmark } from './benchmark.ts';
import { runFloor } from './dispatch-floor.ts';
import { runEngine, standardLoad } from './dispatch-load.ts';
import { measure } from './measure.ts';

export const dispatch: Benchmark = {
  summary: 'full task lives through the engine, beside a bare loop',
  defaultTasks: 1_000_000,
  async run(tasks) {
    const load = { ...standardLoad, tasks };
    const contenders = [
      { name: 'floor: bare loop', run: () => void runFloor(load) },
      { name: 'Engine.apply', run: () => void runEngine(load) },
    ];
    const { jobs, nodes, slotsPerNode } = load;
    const title = `${tasks} tasks, ${jobs} jobs, ${nodes} nodes x ${slotsPerNode} slots`;
    return [{ title, unit: 'life', rows: await measure(contenders, tasks) }];
  },
};
