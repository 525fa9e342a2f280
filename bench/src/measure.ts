import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Row } from './benchmark.ts';
import { medianOf, sumOf } from './statistics.ts';

/** One way of doing the work. The first of a list is the floor. */
export interface Contender {
  name: string;
  /** What is timed. */
  run(): void | Promise<void>;
  /** Before the clock starts, and after it has stopped. */
  before?(): void | Promise<void>;
  after?(): void | Promise<void>;
  /** That an operation comes to, where it says something. */
  bytes?: number;
}

const warmUpTurns = 3;

/**
 * Runs the contenders in turns (A B A B), so that what else the machine does meets all of them, and takes
 * ratios within a turn. The first turns are not counted: the compiler needs them. Where the work is large,
 * the same contenders with less of it may do them.
 */
export async function measure(
  contenders: readonly Contender[],
  operations: number,
  turns = 7,
  warmUp: readonly Contender[] = contenders,
): Promise<Row[]> {
  for (let turn = 0; turn < warmUpTurns; turn++) {
    for (const contender of warmUp) await time(contender);
  }
  const samples = contenders.map((): Sample[] => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, contender] of contenders.entries()) {
      samples[index]?.push(await time(contender));
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
      gcShare: gcShareOf(own),
      ...(bytes === undefined ? {} : { bytes }),
    };
  });
}

/** The part of the time that went into collections. */
export function gcShareOf(samples: readonly Sample[]): number {
  return (
    sumOf(samples.map(({ gcMilliseconds }) => gcMilliseconds)) /
    sumOf(samples.map(({ milliseconds }) => milliseconds))
  );
}

export interface Sample {
  milliseconds: number;
  gcMilliseconds: number;
}

/** One run on the clock, and what of it went into collections. */
export async function time({ run, before, after }: Omit<Contender, 'name'>): Promise<Sample> {
  const observer = new PerformanceObserver(() => {});
  // What the run before left behind is not this one's, in time or in memory.
  collectAll();
  await before?.();
  observer.observe({ entryTypes: ['gc'] });
  const from = performance.now();
  const promise = run();
  if (promise !== undefined) await promise;
  const milliseconds = performance.now() - from;
  // Entries reach the observer's records in a later turn of the event loop.
  await setImmediate();
  const collections = observer
    .takeRecords()
    .filter(({ startTime }) => startTime >= from && startTime < from + milliseconds);
  observer.disconnect();
  await after?.();
  return { milliseconds, gcMilliseconds: sumOf(collections.map(({ duration }) => duration)) };
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

/** The memory of dead array buffers is given back by the second collection. */
function collectAll(): void {
  collectGarbage();
  collectGarbage();
}

/** Bytes alive, on the heap and in array buffers. */
export function bytesHeld(): number {
  collectAll();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
