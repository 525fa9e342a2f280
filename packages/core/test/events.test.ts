import { parseJob, parsePool, parseTask } from '@berth/core/spec';
import { expect, test } from 'vitest';
import type { Applied, Command, Report } from '../src/index.ts';
import { EffectKind, Engine, InputBatch, ReportKind } from '../src/index.ts';

// What watchers are told, and what each event goes back to (semantics §13.8).

const at = 1_700_000_000_000;

/** An engine whose nodes come up at once, and the runs that it has started. */
class Watched {
  engine = new Engine();
  runs: { run: number; sequence: number }[] = [];

  give(after: number, ...inputs: (Command | Report)[]): Applied {
    const batch = new InputBatch();
    for (const input of inputs) {
      if ('type' in input) batch.command(at + after, input);
      else batch.report(at + after, input);
    }
    const applied = this.engine.apply(batch);
    const { effects } = applied;
    for (let index = 0; index < effects.length; index++) {
      if (effects.kind(index) !== EffectKind.startRun) continue;
      this.runs.push({ run: effects.run(index), sequence: effects.sequence(index) });
    }
    return applied;
  }

  end(after: number, run: number, exitCode: number): Applied {
    return this.give(after, { kind: ReportKind.runEnded, ...this.runs[run]!, exitCode });
  }
}

const pool = parsePool({ id: 'p', vmSize: 'local', targetDedicatedNodes: 1 });
const job = parseJob({ id: 'j', poolInfo: { poolId: 'p' } });
const ready: Report = { kind: ReportKind.nodeReady, node: 0, sequence: 1 };

function tasks(ids: string[], more: object = {}): Command {
  const list = ids.map((id) => parseTask({ id, commandLine: 'true', ...more }));
  return { type: 'addTasks', jobId: 'j', tasks: list };
}

test('every event names the input that it goes back to', () => {
  const world = listening();
  expect(world.give(0, { type: 'addPool', pool }, { type: 'addJob', job }).events).toMatchObject([
    {
      entity: 'allocation',
      poolId: 'p',
      from: 'steady',
      to: 'resizing',
      at,
      cause: { inputNumber: 1, kind: 'addPool', at },
    },
  ]);
  const { events } = world.give(5, ready, tasks(['a']));
  expect(
    events.map(({ entity, from, to, cause }) => [entity, from, to, cause.inputNumber, cause.kind]),
  ).toEqual([
    ['node', 'creating', 'starting', 3, 'nodeReady'],
    ['node', 'starting', 'idle', 3, 'nodeReady'],
    ['allocation', 'resizing', 'steady', 3, 'nodeReady'],
    ['task', 'active', 'running', 4, 'addTasks'],
    ['node', 'idle', 'running', 4, 'addTasks'],
  ]);
  expect(world.end(9, 0, 0).events.at(-1)).toEqual({
    entity: 'task',
    accountName: 'berth',
    jobId: 'j',
    taskId: 'a',
    from: 'running',
    to: 'completed',
    result: 'success',
    at: at + 9,
    cause: { inputNumber: 5, kind: 'runEnded', at: at + 9 },
  });
});

test('what falls due names the input that let the time pass, and when it happened', () => {
  const world = listening();
  world.give(0, { type: 'addPool', pool }, { type: 'addJob', job }, ready);
  world.give(0, tasks(['a'], { constraints: { maxWallClockTime: 'PT1S' } }));
  world.give(0, {
    type: 'patchJob',
    jobId: 'j',
    patch: { constraints: { maxWallClockTimeMs: 500, maxTaskRetryCount: 0 } },
  });
  const { events } = world.give(700, { type: 'patchPool', poolId: 'p', patch: {} });
  expect(events).toEqual([
    {
      entity: 'job',
      accountName: 'berth',
      jobId: 'j',
      from: 'active',
      to: 'terminating',
      at: at + 500,
      cause: { inputNumber: 6, kind: 'patchPool', at: at + 700, fellDue: true },
    },
  ]);
});

test('inputs are counted through snapshots, whether somebody listens or not', () => {
  const world = new Watched();
  world.give(0, { type: 'addPool', pool }, { type: 'addJob', job });
  world.engine = Engine.restore(world.engine.snapshot());
  world.engine.listening = true;
  const [event] = world.give(1, { type: 'disableJob', jobId: 'j', disableTasks: 'wait' }).events;
  expect(event?.cause).toEqual({ inputNumber: 3, kind: 'disableJob', at: at + 1 });
});

test('the scheduling of a node is a state with events of its own', () => {
  const world = listening();
  world.give(0, { type: 'addPool', pool }, ready);
  const node = { poolId: 'p', nodeId: 'node-1' };
  const { events } = world.give(1, {
    type: 'disableScheduling',
    ...node,
    nodeDisableSchedulingOption: 'requeue',
  });
  expect(events).toMatchObject([
    { entity: 'scheduling', ...node, from: 'enabled', to: 'disabled' },
    { entity: 'node', ...node, from: 'idle', to: 'offline' },
  ]);
});

test('nobody listens: nothing is told', () => {
  const world = new Watched();
  const { events, diagnostics } = world.give(0, { type: 'addPool', pool }, ready);
  expect([events, diagnostics]).toEqual([[], []]);
});

test('diagnostic events have the vocabulary of the service', () => {
  const world = new Watched();
  world.engine.diagnosing = true;
  const events: string[] = [];
  const told = ({ diagnostics, events: changes }: Applied): void => {
    expect(changes).toEqual([]);
    for (const one of diagnostics) {
      events.push(one.event);
      if (one.event !== 'TaskScheduleFailEvent') continue;
      expect(one.schedulingError.code).toBe('TaskSchedulingConstraintFailed');
    }
  };
  told(world.give(0, { type: 'addPool', pool }));
  told(world.give(1, ready));
  told(
    world.give(
      2,
      { type: 'addJob', job },
      tasks(['a', 'b', 'c'], { constraints: { maxTaskRetryCount: 1 } }),
    ),
  );
  told(world.end(3, 0, 0));
  told(world.end(4, 1, 7));
  told(world.end(5, 2, 0));
  told(world.end(6, 3, 8));
  told(world.give(7, { type: 'deletePool', poolId: 'p' }));
  told(world.give(8, { kind: ReportKind.nodeGone, node: 0, sequence: 6 }));
  expect(events).toEqual([
    'PoolCreateEvent',
    'PoolResizeStartEvent',
    'PoolResizeCompleteEvent',
    'TaskStartEvent',
    'TaskScheduleFailEvent',
    'TaskCompleteEvent',
    'TaskStartEvent',
    'TaskScheduleFailEvent',
    // b is retried behind c.
    'TaskStartEvent',
    'TaskScheduleFailEvent',
    'TaskCompleteEvent',
    'TaskStartEvent',
    'TaskCompleteEvent',
    'TaskFailEvent',
    'PoolDeleteStartEvent',
    'PoolResizeStartEvent',
    'PoolResizeCompleteEvent',
    'PoolDeleteCompleteEvent',
  ]);
});

test('a diagnostic event has the facts of its moment', () => {
  const world = new Watched();
  world.engine.diagnosing = true;
  world.give(0, { type: 'addPool', pool }, ready, { type: 'addJob', job });
  const constraints = { maxTaskRetryCount: 1 };
  world.give(1, tasks(['a'], { constraints, requiredSlots: 1 }));
  world.give(2, { kind: ReportKind.runLost, ...world.runs[0]! });
  world.end(3, 1, 5);
  const { diagnostics } = world.end(4, 2, 6);
  const time = (after: number): string => new Date(at + after).toISOString();
  const facts = {
    at: at + 4,
    accountName: 'berth',
    jobId: 'j',
    id: 'a',
    taskType: 'User',
    systemTaskVersion: 1,
    requiredSlots: 1,
    executionInfo: {
      startTime: time(3),
      endTime: time(4),
      exitCode: 6,
      retryCount: 1,
      requeueCount: 0,
    },
    nodeInfo: { poolId: 'p', nodeId: 'node-1' },
  };
  expect(diagnostics).toEqual([
    { event: 'TaskCompleteEvent', ...facts },
    { event: 'TaskFailEvent', ...facts },
  ]);
});

test('a preparation that fails is why its task, here a job manager, is placed again', () => {
  const world = new Watched();
  world.engine.diagnosing = true;
  const prepared = parseJob({
    id: 'j',
    poolInfo: { poolId: 'p' },
    jobManagerTask: { id: 'm', commandLine: 'true' },
    jobPreparationTask: { commandLine: 'true' },
  });
  const { effects } = world.give(0, { type: 'addPool', pool }, ready, {
    type: 'addJob',
    job: prepared,
  });
  const last = effects.length - 1;
  expect(effects.kind(last)).toBe(EffectKind.runJobPreparation);
  const { diagnostics } = world.give(1, {
    kind: ReportKind.nodeTaskEnded,
    run: effects.run(last),
    sequence: effects.sequence(last),
    exitCode: 1,
  });
  expect(diagnostics).toMatchObject([
    {
      event: 'TaskScheduleFailEvent',
      id: 'm',
      taskType: 'JobManager',
      nodeInfo: { poolId: 'p', nodeId: 'node-1' },
      schedulingError: { category: 'usererror', code: 'JobPreparationTaskFailed' },
    },
  ]);
});

test('a resize says how it went, and what becomes of the tasks of nodes that leave', () => {
  const world = new Watched();
  world.engine.diagnosing = true;
  const resize = { targetDedicatedNodes: 0, nodeDeallocationOption: 'terminate' } as const;
  const { diagnostics } = world.give(0, { type: 'addPool', pool }, ready, {
    type: 'resizePool',
    poolId: 'p',
    resize,
  });
  const options = diagnostics.flatMap((one) =>
    one.event === 'PoolResizeStartEvent' ? [one.nodeDeallocationOption] : [],
  );
  expect(options).toEqual(['invalid', 'terminate']);
  expect(world.give(1, { type: 'stopResize', poolId: 'p' }).diagnostics).toEqual([]);
  expect(
    world.give(2, { kind: ReportKind.nodeGone, node: 0, sequence: 2 }).diagnostics,
  ).toMatchObject([
    {
      event: 'PoolResizeCompleteEvent',
      startTime: new Date(at).toISOString(),
      endTime: new Date(at + 2).toISOString(),
      resultCode: 'ResizeStopped',
      currentDedicatedNodes: 0,
    },
  ]);
});

function listening(): Watched {
  const world = new Watched();
  world.engine.listening = true;
  return world;
}
