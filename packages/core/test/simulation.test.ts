import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Engine } from '../src/engine.ts';
import { InputBatch } from '../src/input-batch.ts';
import type { SimulatedRun } from '../src/simulated-run.ts';
import type { SimulationOptions } from '../src/simulation.ts';
import { Simulation } from '../src/simulation.ts';
import type { SimulationResult } from '../src/simulation-tally.ts';
import { parseJob, parsePool, parseTask, parseTaskFactory } from '../src/spec/index.ts';

const begin = 1_700_000_000_000;

interface Small {
  pool?: object;
  /** The nodes are there before the jobs: else each takes what it can as it comes up. */
  isUp?: boolean;
  jobs: { job?: object; tasks: { id: string; [property: string]: unknown }[] }[];
}

/** Pool `p`: two nodes of one slot. Jobs `j`, `j2`, …, given in one moment. */
function engineOf({ pool, isUp = false, jobs }: Small): Engine {
  const engine = new Engine();
  const specification = parsePool({ id: 'p', vmSize: 'local', targetDedicatedNodes: 2, ...pool });
  engine.apply(InputBatch.of(begin, { type: 'addPool', pool: specification }));
  if (isUp) new Simulation(engine, { durationMs: () => 0 }).run();
  const batch = new InputBatch();
  for (const [index, { job, tasks }] of jobs.entries()) {
    const id = index === 0 ? 'j' : `j${index + 1}`;
    batch.command(begin, {
      type: 'addJob',
      job: parseJob({ id, poolInfo: { poolId: 'p' }, usesTaskDependencies: true, ...job }),
    });
    batch.command(begin, {
      type: 'addTasks',
      jobId: id,
      tasks: tasks.map((task) => parseTask({ commandLine: 'work', ...task })),
    });
  }
  for (const { error, refused = [] } of engine.apply(batch).results) {
    expect([error, refused]).toEqual([undefined, []]);
  }
  return engine;
}

/** Ids with the durations of their runs. */
type Durations = Record<string, number>;

/** Starts as `<ms from the beginning> <task> <node>`. */
function simulated(
  engine: Engine,
  durations: Durations,
  options: Partial<SimulationOptions> = {},
): { simulation: Simulation; starts: string[] } {
  const starts: string[] = [];
  const simulation = new Simulation(engine, {
    durationMs: ({ taskId }) => durations[taskId]!,
    onStart: ({ startTime, taskId, nodeId }) => {
      starts.push(`${startTime - begin} ${taskId} ${nodeId}`);
    },
    ...options,
  });
  return { simulation, starts };
}

/** To its end, with every invariant checked on the way. */
function finish(simulation: Simulation): SimulationResult {
  while (simulation.step()) expect(simulation.engine.validate()).toEqual([]);
  expect(simulation.engine.ignoredReports).toBe(0);
  return simulation.result();
}

function ids(list: string): { id: string }[] {
  return [...list].map((id) => ({ id }));
}

const twoSlots = { taskSlotsPerNode: 2 };

describe('a schedule that was worked out by hand', () => {
  test('spread: each task goes to the freest node, the lower one first', () => {
    const engine = engineOf({ isUp: true, pool: twoSlots, jobs: [{ tasks: ids('abcde') }] });
    const { simulation, starts } = simulated(engine, { a: 4, b: 3, c: 2, d: 1, e: 5 });
    expect(finish(simulation)).toEqual({
      makespanMs: 6,
      startedRuns: 5,
      endedRuns: 5,
      killedRuns: 0,
      lostRuns: 0,
      mostSlots: 4,
      busySlotMs: 15,
      slotMs: 24,
      utilization: 15 / 24,
      refusals: [],
    });
    expect(starts).toEqual(['0 a node-1', '0 b node-2', '0 c node-1', '0 d node-2', '1 e node-2']);
    expect(simulation.now).toBe(begin + 6);
  });

  test('pack: each task goes to the fullest node that has room', () => {
    const pool = { ...twoSlots, taskSchedulingPolicy: { nodeFillType: 'pack' } };
    const engine = engineOf({ isUp: true, pool, jobs: [{ tasks: ids('abcde') }] });
    const { simulation, starts } = simulated(engine, { a: 4, b: 3, c: 2, d: 1, e: 5 });
    expect(finish(simulation).makespanMs).toBe(6);
    expect(starts).toEqual(['0 a node-1', '0 b node-1', '0 c node-2', '0 d node-2', '1 e node-2']);
  });

  test('a task of two slots waits for a node with both, smaller ones pass it', () => {
    const tasks = [{ id: 'a' }, { id: 'b', requiredSlots: 2 }, { id: 'c', requiredSlots: 2 }];
    const engine = engineOf({
      isUp: true,
      pool: twoSlots,
      jobs: [{ tasks: [...tasks, { id: 'd' }] }],
    });
    const { simulation, starts } = simulated(engine, { a: 4, b: 3, c: 2, d: 1 });
    expect(finish(simulation)).toMatchObject({ makespanMs: 5, busySlotMs: 4 + 6 + 4 + 1 });
    expect(starts).toEqual(['0 a node-1', '0 b node-2', '0 d node-1', '3 c node-2']);
  });

  test('the job of higher priority goes first, equals take turns', () => {
    const engine = engineOf({
      pool: { targetDedicatedNodes: 1 },
      jobs: [
        { tasks: ids('ab') },
        { tasks: ids('cd') },
        { job: { priority: 7 }, tasks: ids('xy') },
      ],
    });
    const { simulation, starts } = simulated(engine, { a: 1, b: 1, c: 1, d: 1, x: 2, y: 2 });
    expect(finish(simulation)).toMatchObject({ makespanMs: 8, utilization: 1 });
    expect(starts.map((start) => start.split(' ')[1]).join('')).toBe('xyacbd');
  });

  test('a retry comes after what is ready, on another node', () => {
    const constraints = { maxTaskRetryCount: 1 };
    const engine = engineOf({ jobs: [{ tasks: [{ id: 'a', constraints }, ...ids('bc')] }] });
    const { simulation, starts } = simulated(
      engine,
      { a: 2, b: 5, c: 4 },
      { outcome: ({ taskId, retryCount }) => (taskId === 'a' && retryCount === 0 ? 3 : 0) },
    );
    expect(finish(simulation)).toMatchObject({ makespanMs: 7, startedRuns: 4, endedRuns: 4 });
    expect(starts).toEqual(['0 a node-1', '0 b node-2', '2 c node-1', '5 a node-2']);
    expect(engine.queries.task('j', 'a')?.executionInfo).toMatchObject({
      exitCode: 0,
      retryCount: 1,
    });
  });

  test('a wall clock ends what would run for ever, even at the moment in which it would end', () => {
    const constraints = { maxWallClockTime: 'PT5S' };
    const tasks = [
      { id: 'a', constraints },
      { id: 'b', constraints },
    ];
    const engine = engineOf({ jobs: [{ tasks: [...tasks, { id: 'c' }] }] });
    const { simulation, starts } = simulated(engine, { a: Infinity, b: 5_000, c: 1_000 });
    expect(finish(simulation)).toMatchObject({ makespanMs: 6_000, killedRuns: 2, endedRuns: 3 });
    expect(starts).toEqual(['0 a node-1', '0 b node-2', '5000 c node-1']);
    expect(engine.queries.taskCounts('j')?.taskCounts).toMatchObject({ succeeded: 1, failed: 2 });
  });

  test('a chain takes as long as its tasks together, whatever else there is', () => {
    const after = (id: string): object => ({ dependsOn: { taskIds: [id] } });
    const chain = [{ id: 'a' }, { id: 'b', ...after('a') }, { id: 'c', ...after('b') }];
    const engine = engineOf({ jobs: [{ tasks: [...ids('xyz'), ...chain] }] });
    const { simulation, starts } = simulated(engine, { a: 1, b: 2, c: 4, x: 1, y: 1, z: 1 });
    expect(finish(simulation)).toMatchObject({ makespanMs: 8, busySlotMs: 10, slotMs: 16 });
    expect(starts).toEqual([
      '0 x node-1',
      '0 y node-2',
      '1 z node-1',
      '1 a node-2',
      '2 b node-1',
      '4 c node-1',
    ]);
  });
});

describe('the virtual world', () => {
  test('nodes come up after their boot time, and count from then on', () => {
    const engine = engineOf({ jobs: [{ tasks: ids('ab') }] });
    const { simulation, starts } = simulated(engine, { a: 10, b: 20 }, { bootTimeMs: 100 });
    expect(finish(simulation)).toMatchObject({ makespanMs: 120, slotMs: 40, busySlotMs: 30 });
    expect(starts).toEqual(['100 a node-1', '100 b node-2']);
  });

  test('tasks start when the start task of their node is over', () => {
    const startTask = { commandLine: 'prepare' };
    const engine = engineOf({ pool: { startTask }, jobs: [{ tasks: ids('ab') }] });
    const { simulation, starts } = simulated(
      engine,
      { a: 10, b: 10 },
      { bootTimeMs: 100, startTaskMs: 50 },
    );
    finish(simulation);
    expect(starts).toEqual(['150 a node-1', '150 b node-2']);
  });

  test('a node that is told to start again is up after its boot time', () => {
    const engine = engineOf({ isUp: true, jobs: [{ tasks: ids('ab') }] });
    const { simulation, starts } = simulated(engine, { a: 10, b: 100 }, { bootTimeMs: 20 });
    simulation.schedule(begin + 5, {
      type: 'rebootNode',
      poolId: 'p',
      nodeId: 'node-1',
      nodeRebootOption: 'requeue',
    });
    expect(finish(simulation)).toMatchObject({ startedRuns: 3, lostRuns: 1 });
    expect(starts).toEqual(['0 a node-1', '0 b node-2', '25 a node-1']);
  });

  test('a node that is lost takes its runs with it, and takes tasks again when it is back', () => {
    const engine = engineOf({ jobs: [{ tasks: ids('abc') }] });
    const { simulation, starts } = simulated(engine, { a: 10, b: 10, c: 10 });
    simulation.loseNode(begin + 4, 'p', 'node-1', 3);
    simulation.loseNode(begin + 5, 'p', 'node-1');
    expect(finish(simulation)).toMatchObject({
      makespanMs: 20,
      startedRuns: 4,
      endedRuns: 3,
      lostRuns: 1,
      busySlotMs: 34,
      slotMs: 37,
    });
    // Where it was lost it is not tried again while there is another node with room.
    expect(starts).toEqual(['0 a node-1', '0 b node-2', '7 a node-1', '10 c node-2']);
  });

  test('a failure that is no exit code is one', () => {
    const engine = engineOf({ jobs: [{ tasks: ids('a') }] });
    const { simulation } = simulated(engine, { a: 1 }, { outcome: () => 'DiskFull' });
    finish(simulation);
    const { executionInfo } = engine.queries.task('j', 'a')!;
    expect(executionInfo.failureInfo?.code).toBe('DiskFull');
    expect(executionInfo.exitCode).toBeUndefined();
  });

  test('each end is told with its moment: by itself, for a retry or killed, but not lost with its node', () => {
    const ends: string[] = [];
    const constraints = { maxTaskRetryCount: 1 };
    const killed = { id: 'c', constraints: { maxWallClockTime: 'PT0.005S' } };
    const engine = engineOf({ jobs: [{ tasks: [{ id: 'a', constraints }, { id: 'b' }, killed] }] });
    const { simulation } = simulated(
      engine,
      { a: 3, b: 10, c: 10 },
      {
        outcome: ({ taskId }) => (taskId === 'a' ? 1 : 0),
        onEnd: ({ taskId, retryCount, startTime }, at) => {
          ends.push(`${taskId}${retryCount} ${startTime - begin}-${at - begin}`);
        },
      },
    );
    simulation.loseNode(begin + 5, 'p', 'node-2');
    finish(simulation);
    expect(ends).toEqual(['a0 0-3', 'c0 3-8', 'b0 8-18', 'a1 18-21']);
  });

  test('scheduled commands come before the ends of their moment; refused ones are told', () => {
    const engine = engineOf({ jobs: [{ tasks: ids('ab') }] });
    const { simulation } = simulated(engine, { a: 10, b: 30 });
    const end = { type: 'terminateTask', jobId: 'j' } as const;
    simulation.schedule(begin + 10, { ...end, taskId: 'a' });
    simulation.schedule(begin + 11, { ...end, taskId: 'a' });
    simulation.schedule(begin + 20, { ...end, taskId: 'b' });
    const { makespanMs, killedRuns, refusals } = finish(simulation);
    expect([makespanMs, killedRuns]).toEqual([20, 2]);
    expect(refusals).toMatchObject([
      { at: begin + 11, command: { taskId: 'a' }, error: { code: 'TaskCompleted' } },
    ]);
  });

  test('a pool that is deleted gives its nodes back; what ran waits for another pool', () => {
    const engine = engineOf({ jobs: [{ tasks: ids('ab') }] });
    const { simulation, starts } = simulated(engine, { a: 10, b: 10 });
    simulation.schedule(begin + 4, { type: 'deletePool', poolId: 'p' });
    const pool = parsePool({ id: 'p', vmSize: 'local', targetDedicatedNodes: 1 });
    simulation.schedule(begin + 7, { type: 'addPool', pool });
    expect(finish(simulation)).toMatchObject({ makespanMs: 27, lostRuns: 2, slotMs: 8 + 20 });
    expect(starts.slice(2)).toEqual(['7 a node-1', '17 b node-1']);
  });

  test('time is what is asked for, and figures are those of that moment', () => {
    const engine = engineOf({ jobs: [{ tasks: ids('a') }] });
    const { simulation } = simulated(engine, { a: 10, b: 20 });
    expect(simulation.run(begin + 4)).toMatchObject({ makespanMs: 0, busySlotMs: 4, slotMs: 8 });
    expect(simulation.now).toBe(begin + 4);
    const task = parseTask({ id: 'b', commandLine: 'work' });
    expect(simulation.command({ type: 'addTasks', jobId: 'j', tasks: [task] })).toEqual({
      refused: [],
    });
    expect(simulation.run()).toMatchObject({ makespanMs: 24, busySlotMs: 30 });
    expect(simulation.command({ type: 'deleteJob', jobId: 'none' }).error?.code).toBe(
      'JobNotFound',
    );
  });

  test('an engine that comes from a snapshot goes on where it was', () => {
    const small = { jobs: [{ tasks: ids('abcde') }] };
    const durations = { a: 10, b: 7, c: 9, d: 3, e: 8 };
    const whole = simulated(engineOf(small), durations).simulation;
    whole.run();
    const half = simulated(engineOf(small), durations).simulation;
    half.run(begin + 8);
    half.command({ type: 'tick' });
    const rest = simulated(Engine.restore(half.engine.snapshot()), durations).simulation;
    rest.run();
    expect(rest.now).toBe(whole.now);
    expect(rest.engine.stateHash()).toBe(whole.engine.stateHash());
  });

  test('a duration that is none is named', () => {
    const engine = engineOf({ jobs: [{ tasks: ids('a') }] });
    const { simulation } = simulated(engine, {});
    expect(() => simulation.run()).toThrow('task "a" of job "j": a duration of NaN ms');
  });

  test('a run tells what it is of, in factories too', () => {
    const engine = engineOf({ pool: { targetDedicatedNodes: 1 }, jobs: [{ tasks: [] }] });
    const factory = parseTaskFactory({
      type: 'parametricSweep',
      parameterSets: [{ start: 5, end: 6 }],
      firstTaskId: 10,
      repeatTask: { commandLine: 'work {0}' },
    });
    const seen: unknown[] = [];
    const read = (run: SimulatedRun): number => {
      const { jobId, taskId, taskIndex, retryCount, requiredSlots, poolId, nodeId } = run;
      const { commandLine } = run.details;
      seen.push([jobId, taskId, taskIndex, retryCount, requiredSlots, poolId, nodeId, commandLine]);
      return 1;
    };
    const simulation = new Simulation(engine, { durationMs: read });
    simulation.command({ type: 'addTaskFactory', jobId: 'j', factory });
    finish(simulation);
    expect(seen).toEqual([
      ['j', '10', 0, 0, 1, 'p', 'node-1', 'work 5'],
      ['j', '11', 1, 0, 1, 'p', 'node-1', 'work 6'],
    ]);
  });
});

/** Tasks that depend on earlier ones only, of one slot each; what they last. */
const graph = fc
  .array(fc.record({ ms: fc.nat({ max: 20 }), after: fc.array(fc.nat(), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((tasks) =>
    tasks.map(({ ms, after }, index) => ({
      id: `t${index}`,
      ms,
      after: index === 0 ? [] : [...new Set(after.map((number) => number % index))],
    })),
  );
const shape = fc.record({
  targetDedicatedNodes: fc.integer({ min: 1, max: 4 }),
  taskSlotsPerNode: fc.integer({ min: 1, max: 3 }),
  taskSchedulingPolicy: fc.record({ nodeFillType: fc.constantFrom('spread', 'pack') }),
});

function graphEngine(pool: object, tasks: { id: string; after: number[] }[]): Engine {
  return engineOf({
    pool,
    jobs: [
      {
        tasks: tasks.map(({ id, after }) => ({
          id,
          dependsOn: { taskIds: after.map((index) => `t${index}`) },
        })),
      },
    ],
  });
}

test('what is displaced is killed and runs again', () => {
  const engine = engineOf({
    pool: { targetDedicatedNodes: 1 },
    isUp: true,
    jobs: [
      { job: { allowTaskPreemption: true }, tasks: [{ id: 'low' }] },
      { job: { priority: 1 }, tasks: [] },
    ],
  });
  const { simulation, starts } = simulated(engine, { low: 1_000, high: 500 });
  const high = parseTask({ id: 'high', commandLine: 'work' });
  simulation.schedule(begin + 300, { type: 'addTasks', jobId: 'j2', tasks: [high] });
  expect(finish(simulation)).toMatchObject({ makespanMs: 1_800, killedRuns: 1 });
  expect(starts).toEqual(['0 low node-1', '300 high node-1', '800 low node-1']);
});

test("Graham's bound: no slot is idle while a task is ready", () => {
  fc.assert(
    fc.property(shape, graph, (pool, tasks) => {
      const { simulation } = simulated(
        graphEngine(pool, tasks),
        Object.fromEntries(tasks.map(({ id, ms }) => [id, ms])),
      );
      const { makespanMs, busySlotMs, slotMs, utilization, endedRuns } = finish(simulation);

      const slots = pool.targetDedicatedNodes * pool.taskSlotsPerNode;
      const work = tasks.reduce((sum, { ms }) => sum + ms, 0);
      const path: number[] = [];
      for (const { ms, after } of tasks) {
        path.push(ms + Math.max(0, ...after.map((index) => path[index]!)));
      }
      const critical = Math.max(...path);
      expect(endedRuns).toBe(tasks.length);
      expect(busySlotMs).toBe(work);
      expect(slotMs).toBe(slots * makespanMs);
      expect(utilization).toBeLessThanOrEqual(1);
      expect(makespanMs).toBeGreaterThanOrEqual(Math.max(critical, work / slots));
      // In whole numbers: ≤ work/m + (1 − 1/m) · critical path.
      expect(slots * makespanMs).toBeLessThanOrEqual(work + (slots - 1) * critical);
    }),
    { numRuns: 200 },
  );
});

/** Losses, returns, failures, terminations and wall clocks at moments of their own. */
const trouble = fc.record({
  losses: fc.array(
    fc.record({
      at: fc.nat({ max: 60 }),
      node: fc.integer({ min: 1, max: 4 }),
      backAfterMs: fc.nat({ max: 20 }),
    }),
    { maxLength: 5 },
  ),
  ends: fc.array(fc.record({ at: fc.nat({ max: 60 }), task: fc.nat({ max: 24 }) }), {
    maxLength: 5,
  }),
  failsAt: fc.integer({ min: 2, max: 9 }),
  maxWallClockMs: fc.integer({ min: 5, max: 30 }),
  bootTimeMs: fc.nat({ max: 10 }),
});
type Trouble = typeof trouble extends fc.Arbitrary<infer Value> ? Value : never;

test('whatever happens, invariants hold at every step, every run is accounted for, and it happens again', () => {
  const troubled = (
    pool: object,
    tasks: { id: string; ms: number; after: number[] }[],
    { losses, ends, failsAt, maxWallClockMs, bootTimeMs }: Trouble,
  ): { simulation: Simulation; starts: string[] } => {
    const engine = graphEngine(pool, tasks);
    const world = simulated(
      engine,
      Object.fromEntries(tasks.map(({ id, ms }) => [id, ms === 20 ? 1e9 : ms])),
      {
        bootTimeMs,
        outcome: ({ taskIndex, retryCount }) =>
          (taskIndex + retryCount) % failsAt === failsAt - 1 ? 1 : 0,
      },
    );
    const { simulation } = world;
    for (const { id } of tasks) {
      const constraints = { maxTaskRetryCount: 1, maxWallClockTimeMs: maxWallClockMs };
      simulation.command({ type: 'updateTask', jobId: 'j', taskId: id, constraints });
    }
    for (const { at, node, backAfterMs } of losses) {
      simulation.loseNode(begin + at, 'p', `node-${node}`, backAfterMs);
    }
    for (const { at, task } of ends) {
      const command = { type: 'terminateTask', jobId: 'j', taskId: `t${task}` } as const;
      simulation.schedule(begin + at, command);
    }
    return world;
  };
  fc.assert(
    fc.property(shape, graph, trouble, (pool, tasks, events) => {
      const { simulation, starts } = troubled(pool, tasks, events);
      const result = finish(simulation);
      expect(result.startedRuns).toBe(result.endedRuns + result.lostRuns);
      expect(result.startedRuns).toBe(starts.length);
      expect(result.utilization).toBeLessThanOrEqual(1);
      expect(simulation.engine.outstanding().length).toBe(0);
      expect(simulation.engine.queries.readyCount('j')).toBe(0);

      const again = troubled(pool, tasks, events);
      for (let until = begin; again.simulation.now < simulation.now; until += 7) {
        again.simulation.run(until);
      }
      again.simulation.run();
      expect(again.starts).toEqual(starts);
      expect(again.simulation.result()).toEqual(result);
      expect(again.simulation.engine.stateHash()).toBe(simulation.engine.stateHash());
    }),
    { numRuns: 150 },
  );
});

describe('a pool that follows a formula', () => {
  const minute = 60_000;
  const formulaPool = (autoScaleFormula: string): object => ({
    targetDedicatedNodes: undefined,
    enableAutoScale: true,
    autoScaleFormula,
    autoScaleEvaluationInterval: 'PT5M',
  });
  const byTasks = formulaPool(
    '$TargetDedicatedNodes = $PendingTasks.GetSamplePercent(TimeInterval_Minute) == 0 ? 0 : $PendingTasks',
  );

  test('gets its nodes in virtual time, and the simulation ends with the last task', () => {
    const engine = engineOf({ pool: byTasks, jobs: [{ tasks: [{ id: 'a' }, { id: 'b' }] }] });
    const { simulation, starts } = simulated(engine, { a: 7 * minute, b: 3 * minute });
    const { makespanMs, slotMs } = simulation.run();
    expect(starts).toEqual([`${5 * minute} a node-1`, `${5 * minute} b node-2`]);
    expect(makespanMs).toBe(12 * minute);
    // The second node leaves at the next evaluation: one task is pending then.
    expect(slotMs).toBe(12 * minute);
    expect(simulation.now).toBe(begin + 12 * minute);
    expect(simulation.step()).toBe(false);
  });

  test('goes on being evaluated as far as the simulation is told to go', () => {
    const engine = engineOf({ pool: byTasks, jobs: [{ tasks: [{ id: 'a' }] }] });
    const { simulation } = simulated(engine, { a: 1 });
    simulation.run();
    simulation.run(begin + 60 * minute);
    const pool = engine.queries.pool('p')!;
    expect(pool.autoScaleRun?.timestamp).toBe(new Date(begin + 60 * minute).toISOString());
    expect(pool.targetDedicatedNodes).toBe(0);
  });

  test('is waited for a week, and not for ever, where it adds no node', () => {
    const never = engineOf({
      pool: formulaPool('$TargetDedicatedNodes = 0'),
      jobs: [{ tasks: [{ id: 'a' }] }],
    });
    const { simulation } = simulated(never, { a: 1 });
    expect(simulation.run().startedRuns).toBe(0);
    expect(simulation.now).toBe(begin + 7 * 24 * 60 * minute + 5 * minute);

    // The first of them is a Tuesday.
    const onMondays = engineOf({
      pool: formulaPool('$TargetDedicatedNodes = time().weekday == 1 ? 1 : 0'),
      jobs: [{ tasks: [{ id: 'a' }] }],
    });
    expect(simulated(onMondays, { a: 1 }).simulation.run().startedRuns).toBe(1);
  });
});

test('a multi-instance task takes all its nodes while its primary runs', () => {
  const multiInstanceSettings = { numberOfInstances: 2, coordinationCommandLine: 'meet' };
  const engine = engineOf({
    pool: { enableInterNodeCommunication: true },
    isUp: true,
    jobs: [{ tasks: [{ id: 'a', multiInstanceSettings }, { id: 'b' }] }],
  });
  const { simulation, starts } = simulated(
    engine,
    { a: 5_000, b: 1_000 },
    { coordinationMs: 2_000 },
  );
  const { makespanMs, startedRuns, killedRuns, busySlotMs } = simulation.run();
  expect(starts).toEqual(['0 a node-1', '7000 b node-1']);
  expect([makespanMs, startedRuns, killedRuns, busySlotMs]).toEqual([8_000, 3, 1, 15_000]);
});
