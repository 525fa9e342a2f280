import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Row } from './benchmark.ts';

/** One way of doing the work. The first of a list is the floor. */
export interface Contender {
  name: string;
  run(): void;
  /** That an operation comes to, where it says something. */
  bytes?: number;
}

const warmUpTurns = 3;

/**
 * Runs the contenders in turns (A B A B), so that what else the machine does meets all of them, and takes
 * ratios within a turn. The first turns are not counted: the compiler needs them.
 */
export async function measure(
  contenders: readonly Contender[],
  operations: number,
  turns = 7,
): Promise<Row[]> {
  const samples = contenders.map((): Sample[] => []);
  for (let turn = -warmUpTurns; turn < turns; turn++) {
    for (const [index, { run }] of contenders.entries()) {
      const sample = await time(run);
      if (turn >= 0) samples[index]?.push(sample);
    }
  }
  const floors = samples[0] ?? [];
  return contenders.map(({ name, bytes }, index) => {
    const own = samples[index] ?? [];
    const costs = own.map(({ milliseconds }) => (milliseconds * 1e6) / operations);
    const median = medianOf(costs);
    return {
      name,
      median,
      fastest: Math.min(...costs),
      slowest: Math.max(...costs),
      perSecond: 1e9 / median,
      shareOfFloor: medianOf(
        own.map(({ milliseconds }, turn) => (floors[turn]?.milliseconds ?? 0) / milliseconds),
      ),
      gcShare:
        sum(own.map(({ gcMilliseconds }) => gcMilliseconds)) /
        sum(own.map(({ milliseconds }) => milliseconds)),
      ...(bytes === undefined ? {} : { bytes }),
    };
  });
}

interface Sample {
  milliseconds: number;
  gcMilliseconds: number;
}

async function time(run: () => void): Promise<Sample> {
  const observer = new PerformanceObserver(() => {});
  // What the run before left behind is not this one's.
  collectGarbage();
  observer.observe({ entryTypes: ['gc'] });
  const from = performance.now();
  run();
  const milliseconds = performance.now() - from;
  // Entries reach the observer's records in a later turn of the event loop.
  await setImmediate();
  const collections = observer.takeRecords().filter(({ startTime }) => startTime >= from);
  observer.disconnect();
  return { milliseconds, gcMilliseconds: sum(collections.map(({ duration }) => duration)) };
}

let collect: (() => void) | undefined;

/** A full collection, without a flag on the command line. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** Bytes alive, on the heap and in array buffers. */
export function bytesHeld(): number {
  // The memory of dead array buffers is given back by the second collection.
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
