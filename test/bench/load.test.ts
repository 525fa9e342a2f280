import { describe, expect, test } from 'vitest';
import { floorWorld, startFloor } from '../../bench/src/dispatch-floor.ts';
import type { Load } from '../../bench/src/dispatch-load.ts';
import { batchSize, jobShape, runEngine, standardLoad } from '../../bench/src/dispatch-load.ts';
import { loadTitle, variantLoad, variantNames } from '../../bench/src/dispatch-variants.ts';
import { bytesNeeded, tooLittleMemory } from '../../bench/src/memory-need.ts';

const tasks = 20_000;
const small = (name: string): Load => {
  const load = variantLoad(name, tasks);
  return {
    ...load,
    jobs: Math.min(load.jobs, 500),
    nodes: Math.min(load.nodes, 500),
    blockedJobs: Math.min(load.blockedJobs, 100),
  };
};

describe.each(variantNames)('%s', (name) => {
  test('the engine and the floor end every task, in about as many runs', () => {
    const load = small(name);
    // Throws unless every task came to its end and every invariant holds.
    const engine = runEngine(load);
    const floor = startFloor(floorWorld(load));
    while (floor.running() > 0) floor.end(batchSize);
    expect(floor.completed()).toBe(tasks);
    // Which tasks are retried depends on the order of the ends, how many do hardly.
    expect(engine.runs / floor.runs()).toBeGreaterThan(0.995);
    expect(engine.runs / floor.runs()).toBeLessThan(1.005);
    expect(floor.runs()).toBeGreaterThan(tasks);
  });
});

test('policies are in force: retries and failures are there', () => {
  const { engine } = runEngine(small('standard'));
  const all = Array.from({ length: 100 }, (_, job) => engine.queries.tasks(`job-${job}`)?.tasks);
  const found = all.flat().filter((task) => task !== undefined);
  const retried = found.filter(({ executionInfo }) => executionInfo.retryCount === 1);
  expect(retried.length).toBeGreaterThan(50);
  expect(found.some(({ executionInfo }) => executionInfo.result === 'failure')).toBe(true);
  expect(found.some(({ constraints }) => constraints.maxWallClockTimeMs !== undefined)).toBe(true);
});

test.each([1, 3, 100, 1_000])('%d jobs have all tasks, and some of every policy', (jobs) => {
  const load = { ...standardLoad, tasks, jobs };
  const shapes = Array.from({ length: jobs }, (_, index) => jobShape(load, index));
  const parts = shapes.flatMap((shape) => shape.parts);
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  expect(sum(shapes.map((shape) => shape.tasks))).toBe(tasks);
  expect(sum(parts.map((part) => part.tasks))).toBe(tasks);
  expect(sum(shapes.map((shape) => shape.retriable)) / tasks).toBeCloseTo(0.4);
  expect(new Set(parts.map(({ constraints }) => JSON.stringify(constraints))).size).toBe(4);
});

test('a load is told in words', () => {
  expect(loadTitle(variantLoad('blocked-100000', 1_000_000))).toBe(
    '1,000,000 tasks, 1 job, below 100,000 that are blocked, 1,000 nodes x 8, tasks of 1, 2, 4, spread, factory',
  );
});

test('a need that cannot be met says what to do', () => {
  const needed = bytesNeeded({ ...standardLoad, tasks: 100_000_000 });
  expect(needed).toBeGreaterThan(2_800_000_000);
  expect(needed).toBeLessThan(4 * 2 ** 30);
  expect(tooLittleMemory(needed, needed)).toBeUndefined();
  expect(tooLittleMemory(needed, 2 ** 30)).toBe(
    'needs about 3.0 GB, this machine has 1.0 GB free: free some memory, or ask for fewer --tasks',
  );
});
