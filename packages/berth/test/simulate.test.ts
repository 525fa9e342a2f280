import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { simulate } from '../src/command/simulate.ts';
import type { PoolChoice } from '../src/command/simulated-job.ts';
import { simulatedJob } from '../src/command/simulated-job.ts';
import type { SimulatedResults } from '../src/command/simulated-results.ts';
import { simulatedAsJson } from '../src/command/simulated-results.ts';

// What `berth simulate` says of a file, against what is computed here in the simplest way.

interface Simulated extends Omit<SimulatedResults, 'startOrder' | 'idOf'> {
  startOrder: string[];
}

function run(document: object, choice: PoolChoice = {}): Simulated {
  const text = [...simulatedAsJson(simulate(simulatedJob(document, choice)))].join('');
  return JSON.parse(text) as Simulated;
}

/** A task of whichever kind of file. */
interface Known {
  id: string;
  parents: string[];
  /** Of all its runs together. */
  ms: number;
}

/** Of the chains that end with the task, the longest. */
function chainTo(tasks: Map<string, Known>, id: string, found = new Map<string, number>()): number {
  const known = found.get(id);
  if (known !== undefined) return known;
  const { parents = [], ms = 0 } = tasks.get(id) ?? {};
  const chain = ms + Math.max(0, ...parents.map((parent) => chainTo(tasks, parent, found)));
  found.set(id, chain);
  return chain;
}

function byId(tasks: Known[]): Map<string, Known> {
  return new Map(tasks.map((task) => [task.id, task]));
}

/** Each task in this order as early as its parents, the starts before it and a free slot allow. */
function listSchedule(tasks: Map<string, Known>, order: string[], slots: number): number {
  const free = new Array<number>(slots).fill(0);
  const ends = new Map<string, number>();
  let last = 0;
  for (const id of order) {
    const { parents = [], ms = 0 } = tasks.get(id) ?? {};
    const slot = free.indexOf(Math.min(...free));
    const ready = Math.max(0, ...parents.map((parent) => ends.get(parent) ?? Number.NaN));
    last = Math.max(last, ready, free[slot] ?? 0);
    ends.set(id, last + ms);
    free[slot] = last + ms;
  }
  return Math.max(...ends.values());
}

function expectTopological(tasks: Map<string, Known>, order: string[]): void {
  const seen = new Set<string>();
  for (const id of order) {
    for (const parent of tasks.get(id)?.parents ?? []) expect(seen).toContain(parent);
    seen.add(id);
  }
  expect(seen.size).toBe(order.length);
}

const pools = fc.record({
  nodes: fc.integer({ min: 1, max: 4 }),
  slots: fc.integer({ min: 1, max: 3 }),
  fill: fc.constantFrom('spread' as const, 'pack' as const),
});

/** Edges lead from any earlier task; the file has the tasks in any order, each edge at one end or both. */
const workflows = fc
  .array(
    fc.record({
      ms: fc.oneof(fc.constantFrom(0, 1_000), fc.integer({ min: 0, max: 100_000 })),
      backs: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }),
      ends: fc.integer({ min: 0, max: 2 }),
      place: fc.nat(),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((drawn) => {
    const tasks = drawn.map(({ ms, backs }, i): Known => {
      const parents = [...new Set(backs)].filter((back) => back <= i).map((back) => idOf(i - back));
      return { id: idOf(i), parents, ms };
    });
    const written = tasks.map(({ id, parents }, i) => ({
      id,
      parents: drawn[i]?.ends === 0 ? [] : parents,
      children: tasks.flatMap((child, j) =>
        drawn[j]?.ends !== 1 && child.parents.includes(id) ? [child.id] : [],
      ),
      place: drawn[i]?.place ?? 0,
    }));
    return {
      tasks,
      document: wfFormat(
        tasks,
        written.sort((a, b) => a.place - b.place),
      ),
    };
  });

function idOf(i: number): string {
  return `task.${i} of ${'many '.repeat(20)}`;
}

function wfFormat(tasks: Known[], written: object[]): object {
  return {
    name: 'random',
    schemaVersion: '1.5',
    workflow: {
      specification: { tasks: written },
      execution: { tasks: tasks.map(({ id, ms }) => ({ id, runtimeInSeconds: ms / 1_000 })) },
    },
  };
}

describe('a recorded workflow', () => {
  test('takes what a list scheduler takes for the same order, within the bounds of any greedy schedule', () => {
    fc.assert(
      fc.property(workflows, pools, ({ tasks, document }, pool) => {
        const found = run(document, pool);
        const known = byId(tasks);
        const slots = pool.nodes * pool.slots;
        const path = Math.max(...tasks.map(({ id }) => chainTo(known, id)));
        const work = tasks.reduce((sum, { ms }) => sum + ms, 0);
        expect(found.tasks).toBe(tasks.length);
        expect(found.criticalPathSeconds).toBe(path / 1_000);
        expect(found.totalWorkSeconds).toBe(work / 1_000);
        expect(found.lowerBoundSeconds).toBe(Math.max(path, work / slots) / 1_000);
        expect(found.makespanSeconds).toBe(listSchedule(known, found.startOrder, slots) / 1_000);
        expect(found.makespanSeconds).toBeGreaterThanOrEqual(found.lowerBoundSeconds);
        const graham = (work / slots + (1 - 1 / slots) * path) / 1_000;
        expect(found.makespanSeconds).toBeLessThanOrEqual(graham + 1e-9);
        const whole = slots * found.makespanSeconds;
        expect(found.utilization).toBeCloseTo(whole === 0 ? 0 : work / 1_000 / whole, 12);
        expect(found.startOrder).toHaveLength(tasks.length);
        expectTopological(known, found.startOrder);
        expect(run(document, pool)).toEqual(found);
      }),
      { numRuns: 150 },
    );
  });
});

/** Tasks with retries, wall clocks, slots, dependencies by id and by range; every id is a number. */
const jobs = fc
  .record({
    swept: fc.nat({ max: 5 }),
    given: fc.array(
      fc.record({
        ms: fc.integer({ min: 0, max: 5_000 }),
        failures: fc.nat({ max: 3 }),
        retries: fc.nat({ max: 3 }),
        wallClockMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
        requiredSlots: fc.integer({ min: 1, max: 2 }),
        ids: fc.array(fc.nat({ max: 30 }), { maxLength: 2 }),
        range: fc.option(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 6 }))),
      }),
      { minLength: 1, maxLength: 20 },
    ),
    bootSeconds: fc.nat({ max: 2 }),
  })
  .map(({ swept, given, bootSeconds }) => {
    const sweptMs = [1_000, 0, 2_500];
    const known: Known[] = [];
    const certain = new Set<string>();
    for (let i = 0; i < swept; i++) {
      known.push({ id: String(i), parents: [], ms: sweptMs[i % 3] ?? 0 });
      certain.add(String(i));
    }
    const tasks: object[] = [];
    const durations: Record<string, number> = {};
    const exitCodes: Record<string, number[]> = {};
    for (const [i, task] of given.entries()) {
      const { ms, failures, retries, wallClockMs, requiredSlots } = task;
      const number = swept + i;
      const id = String(number);
      // Only tasks before it: by id, and a range up to it at most.
      const taskIds = task.ids.filter((one) => one < number).map(String);
      const [start = number, length = 0] = task.range ?? [];
      const end = Math.min(start + length, number - 1);
      const taskIdRanges = start <= end ? [{ start, end }] : [];
      const parents = new Set(taskIds);
      for (let one = start; one <= end; one++) parents.add(String(one));
      const constraints = {
        maxTaskRetryCount: retries,
        ...(wallClockMs !== null && { maxWallClockTime: `PT${wallClockMs / 1_000}S` }),
      };
      tasks.push({
        id,
        commandLine: 'x',
        requiredSlots,
        constraints,
        dependsOn: { taskIds, taskIdRanges },
      });
      durations[id] = ms / 1_000;
      if (failures > 0) exitCodes[id] = [...new Array<number>(failures).fill(3), 0];
      const runs = [...parents].every((parent) => certain.has(parent));
      // At one moment the engine's deadlines come before the runs that end.
      const isKilled = wallClockMs !== null && wallClockMs <= ms;
      const times = isKilled ? 1 : 1 + Math.min(failures, retries);
      known.push({
        id,
        parents: [...parents],
        ms: runs ? times * Math.min(ms, wallClockMs ?? ms) : -1,
      });
      if (runs && !isKilled && failures <= retries) certain.add(id);
    }
    const document = {
      pool: { id: 'p', targetDedicatedNodes: 2, taskSlotsPerNode: 2 },
      job: { id: 'j', usesTaskDependencies: true },
      tasks,
      ...(swept > 0 && {
        taskFactory: {
          type: 'parametricSweep',
          parameterSets: [{ start: 1, end: swept }],
          repeatTask: { commandLine: 'x {0}' },
        },
      }),
      simulation: {
        bootTime: bootSeconds,
        ...(swept > 0 && { factoryDurations: sweptMs.map((ms) => ms / 1_000) }),
        durations,
        exitCodes,
      },
    };
    const slotsOf = new Map(
      given.map(({ requiredSlots }, i) => [String(swept + i), requiredSlots]),
    );
    return { known, certain, document, slotsOf, bootMs: 1_000 * bootSeconds };
  });

describe('a job file', () => {
  test('of ids that are the same number, the first to complete is the one that is waited for', () => {
    const task = { commandLine: 'x' };
    const dependsOn = { taskIdRanges: [{ start: 4, end: 4 }] };
    const { makespanSeconds, criticalPathSeconds } = run({
      pool: { id: 'p', targetDedicatedNodes: 3 },
      job: { id: 'j', usesTaskDependencies: true },
      tasks: [
        { ...task, id: '4' },
        { ...task, id: '04' },
        { ...task, id: 'after', dependsOn },
      ],
      simulation: { durations: { 4: 10, '04': 1, after: 2 } },
    });
    expect([makespanSeconds, criticalPathSeconds]).toEqual([10, 10]);
  });

  test('runs with its retries, wall clocks, slots and dependencies, and never below its lower bound', () => {
    fc.assert(
      fc.property(jobs, ({ known, certain, document, slotsOf, bootMs }) => {
        const found = run(document);
        const ran = byId(known.filter(({ ms }) => ms >= 0));
        expect(new Set(found.startOrder)).toEqual(new Set(ran.keys()));
        expectTopological(ran, found.startOrder);
        const path = Math.max(0, ...[...ran.keys()].map((id) => chainTo(ran, id)));
        let work = 0;
        for (const { id, ms } of ran.values()) work += ms * (slotsOf.get(id) ?? 1);
        expect(found.criticalPathSeconds).toBe(path / 1_000);
        expect(found.totalWorkSeconds).toBe(work / 1_000);
        expect(found.lowerBoundSeconds).toBe(Math.max(path, work / 4) / 1_000);
        const workingSeconds = found.makespanSeconds - bootMs / 1_000;
        expect(workingSeconds).toBeGreaterThanOrEqual(found.lowerBoundSeconds - 1e-9);
        expect(found.taskCounts).toEqual({
          active: known.length - ran.size,
          running: 0,
          completed: ran.size,
          succeeded: certain.size,
          failed: ran.size - certain.size,
        });
        const isOver = ran.size === known.length;
        expect(found.terminateReason).toBe(isOver ? 'AllTasksComplete' : 'NothingLeftToRun');
      }),
      { numRuns: 300 },
    );
  });
});
