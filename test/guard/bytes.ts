import type { EngineLives, Load } from '../../bench/src/dispatch-load.ts';
import { runEngine } from '../../bench/src/dispatch-load.ts';
import { collectGarbage } from '../../bench/src/measure.ts';

/** What is alive because of an engine that has run a load to its end. */
export interface Bytes {
  heap: number;
  arrayBuffers: number;
}

function alive(): Bytes {
  // The memory of dead array buffers is given back by the second collection.
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, arrayBuffers };
}

const held: EngineLives[] = [];
const found: Bytes[] = [];
const loads = JSON.parse(process.argv[2] ?? '[]') as Load[];
// What the first load compiles and makes for good belongs to none of them.
for (const load of loads) runEngine({ ...load, tasks: 5_000 });
for (const load of loads) {
  const before = alive();
  held.push(runEngine(load));
  const after = alive();
  found.push({
    heap: after.heap - before.heap,
    arrayBuffers: after.arrayBuffers - before.arrayBuffers,
  });
}
if (held.length !== loads.length) throw new Error('an engine is gone');
console.log(JSON.stringify(found));
