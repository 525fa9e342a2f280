import type { EngineLives, Load } from '../../bench/src/dispatch-load.ts';
import { runEngine } from '../../bench/src/dispatch-load.ts';
import { collectGarbage } from '../../bench/src/measure.ts';

/** What is alive because of an engine that has run a load to its end. */
export interface Bytes {
  heap: number;
  arrayBuffers: number;
}

/** The memory of dead array buffers is given back by a later collection, and not always by the next. */
function alive(): Bytes {
  let last: Bytes | undefined;
  for (let left = 20, same = 0; left > 0 && same < 3; left--) {
    collectGarbage();
    const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
    const isSame = last?.arrayBuffers === arrayBuffers && Math.abs(last.heap - heap) < 1_000;
    same = isSame ? same + 1 : 0;
    last = { heap, arrayBuffers };
  }
  if (last === undefined) throw new Error('nothing was measured');
  return last;
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
