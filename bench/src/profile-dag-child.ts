import type { DagShape } from './dag-graph.ts';
import { dagShapes } from './dag-graph.ts';
import { StructureLives } from './dag-structure.ts';
import { childInput } from './in-child.ts';
import { timesByFunction } from './profiler.ts';

/* Where the time of a graph of dependencies goes, added task by task and released. */

const warmUpTasks = 100_000;

const { shape, tasks } = childInput<{ shape: DagShape; tasks: number }>();
for (let round = 0; round < 3; round++) {
  const small = dagShapes[shape](Math.min(tasks, warmUpTasks));
  StructureLives.of(small, new Int32Array(small.tasks)).release();
}
const graph = dagShapes[shape](tasks);
const queue = new Int32Array(graph.tasks);
let released = 0;
const rows = await timesByFunction(graph.edges, () => {
  released = StructureLives.of(graph, queue).release();
});
if (released !== graph.tasks) throw new Error(`${released} of ${graph.tasks} tasks came free`);
console.log(JSON.stringify(rows));
