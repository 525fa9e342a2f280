import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import type { Row } from './benchmark.ts';

const samplingMicroseconds = 200;
const mostRows = 15;

/** What V8's sampling profiler finds while `run` does so many operations: nanoseconds an operation, by function. */
export async function timesByFunction(operations: number, run: () => void): Promise<Row[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });
  await session.post('Profiler.start');
  run();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return rows(profile, operations);
}

function rows(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  operations: number,
): Row[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const microseconds = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? 'unknown';
    microseconds.set(name, (microseconds.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const each = [...microseconds].map(([name, time]) => ({
    name,
    median: (time * 1_000) / operations,
  }));
  each.sort((a, b) => b.median - a.median);
  const others = each.slice(mostRows).reduce((sum, { median }) => sum + median, 0);
  return [...each.slice(0, mostRows), { name: 'all others', median: others }];
}

/** `place (core, placement.ts)` */
function nameOf({ functionName, url }: { functionName: string; url: string }): string {
  const [, place, file] = /(core|bench)\/src\/(.*)$/.exec(url) ?? [];
  const name = functionName === '' ? 'anonymous' : functionName;
  return place === undefined ? name : `${name} (${place}, ${file?.replace(/\?.*/, '')})`;
}
