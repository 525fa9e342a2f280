import type { NodeGCPerformanceDetail, PerformanceEntry } from 'node:perf_hooks';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { Load } from '../../bench/src/dispatch-load.ts';
import { EngineLives, runEngine } from '../../bench/src/dispatch-load.ts';
import { collectGarbage } from '../../bench/src/measure.ts';

/*
 * Bytes allocated on the heap per task, once the code is compiled. Needs a new space that takes all of it,
 * so that nothing is collected meanwhile.
 */

export interface Allocations {
  submission: number;
  lives: number;
}

const found: Allocations[] = [];
for (const load of JSON.parse(process.argv[2] ?? '[]') as Load[]) {
  // After three rounds a function is sometimes compiled, and so allocated, while it is measured; after eight never.
  for (let round = 0; round < 8; round++) runEngine(load);
  const lives = new EngineLives(load);
  collectGarbage();
  const observer = new PerformanceObserver(() => {});
  observer.observe({ entryTypes: ['gc'] });
  const start = process.memoryUsage().heapUsed;
  lives.submit();
  const submitted = process.memoryUsage().heapUsed;
  lives.run();
  const end = process.memoryUsage().heapUsed;
  await setImmediate();
  const collections = observer.takeRecords().filter(frees).length;
  observer.disconnect();
  if (collections > 0) throw new Error(`${collections} collections: the new space is too small`);
  found.push({
    submission: (submitted - start) / load.tasks,
    lives: (end - submitted) / load.tasks,
  });
}
console.log(JSON.stringify(found));

/** Marking that has begun has freed nothing yet. */
function frees(entry: PerformanceEntry): boolean {
  const { kind } = (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail;
  return kind !== constants.NODE_PERFORMANCE_GC_INCREMENTAL;
}
