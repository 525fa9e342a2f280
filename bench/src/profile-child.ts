import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import type { Row } from './benchmark.ts';
import type { Load } from './dispatch-load.ts';
import { EngineLives, runEngine } from './dispatch-load.ts';
import { childInput } from './in-child.ts';

/*
 * Where the time of one load goes, by V8's sampling profiler: nanoseconds a life in the functions themselves,
 * without what they call.
 */

const warmUpTasks = 1_000_000;
const warmUpJobs = 500;
const samplingMicroseconds = 200;
const mostRows = 15;

const load = childInput<Load>();
for (let round = 0; round < 3; round++) {
  runEngine({
    ...load,
    tasks: Math.min(load.tasks, warmUpTasks),
    jobs: Math.min(load.jobs, warmUpJobs),
    blockedJobs: Math.min(load.blockedJobs, warmUpJobs),
  });
}
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });
const lives = new EngineLives(load);
await session.post('Profiler.start');
lives.submit();
lives.run();
const { profile } = await session.post('Profiler.stop');
lives.audit();
console.log(JSON.stringify(rows(profile)));

function rows({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Row[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const microseconds = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? 'unknown';
    microseconds.set(name, (microseconds.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const perLife = [...microseconds].map(([name, time]) => ({
    name,
    median: (time * 1_000) / load.tasks,
  }));
  perLife.sort((a, b) => b.median - a.median);
  const others = perLife.slice(mostRows).reduce((sum, { median }) => sum + median, 0);
  return [...perLife.slice(0, mostRows), { name: 'all others', median: others }];
}

/** `place (core, placement.ts)` */
function nameOf({ functionName, url }: { functionName: string; url: string }): string {
  const [, place, file] = /(core|bench)\/src\/(.*)$/.exec(url) ?? [];
  const name = functionName === '' ? 'anonymous' : functionName;
  return place === undefined ? name : `${name} (${place}, ${file?.replace(/\?.*/, '')})`;
}
