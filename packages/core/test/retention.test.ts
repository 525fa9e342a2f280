import { parseJob, parsePool, parseTaskConstraints, parseTaskFactory } from '@berth/core/spec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command, Report } from '../src/index.ts';
import { EffectKind, Engine, InputBatch, ReportKind } from '../src/index.ts';

// The directory of a task goes after its retentionTime, never before, and at most an hour later (semantics §3.12).

const minute = 60_000;
const hour = 60 * minute;
const begin = 1_700_000_000_000;
const count = 40;

/** What becomes of a task, and when what it leaves behind may go. */
interface Known {
  run?: { run: number; sequence: number };
  endedAt?: number;
  retention: number;
  removed: boolean;
  isGone: boolean;
}

class Watched {
  engine = new Engine();
  now = begin;
  readonly known: Known[] = Array.from({ length: count }, () => ({
    retention: 2 * hour,
    removed: false,
    isGone: false,
  }));

  constructor() {
    const pool = parsePool({
      id: 'p',
      vmSize: 'A4',
      targetDedicatedNodes: 2,
      taskSlotsPerNode: 32,
    });
    this.give({ type: 'addPool', pool });
    for (const sequence of [1, 2]) {
      this.give({ kind: ReportKind.nodeReady, node: sequence - 1, sequence });
    }
    this.give({ type: 'addJob', job: parseJob({ id: 'j', poolInfo: { poolId: 'p' } }) });
    const factory = parseTaskFactory({
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: count }],
      repeatTask: { commandLine: 'work', constraints: { retentionTime: 'PT2H' } },
    });
    this.give({ type: 'addTaskFactory', jobId: 'j', factory });
  }

  give(input: Command | Report): string | undefined {
    const batch = new InputBatch();
    if ('type' in input) batch.command(this.now, input);
    else batch.report(this.now, input);
    const { effects, results } = this.engine.apply(batch);
    for (let index = 0; index < effects.length; index++) {
      const kind = effects.kind(index);
      if (kind === EffectKind.startRun) {
        const [run, sequence] = [effects.run(index), effects.sequence(index)];
        const known = this.known[Number(effects.catalog.run(run, sequence)?.taskId)]!;
        known.run = { run, sequence };
      } else if (kind === EffectKind.removeTaskFiles) {
        this.removed(this.known[Number(effects.removal(index).taskId)]!);
      }
    }
    return results[0]?.error?.code;
  }

  removed(task: Known): void {
    if (!task.isGone) {
      expect(task.removed, 'twice').toBe(false);
      const expiry = (task.endedAt ?? Infinity) + task.retention;
      expect(this.engine.now, 'too soon').toBeGreaterThan(expiry);
      expect(this.engine.now, 'too late').toBeLessThanOrEqual(expiry + hour);
    }
    task.removed = true;
  }

  /** As a host does it. */
  advance(by: number): void {
    const until = this.now + by;
    while (this.engine.nextExpiry() <= until) {
      this.now = this.engine.nextExpiry();
      this.give({ type: 'tick' });
    }
    this.now = until;
    this.give({ type: 'tick' });
  }
}

const step = fc.record({
  minutes: fc.oneof(fc.nat({ max: 90 }), fc.nat({ max: 2000 })),
  task: fc.nat({ max: count - 1 }),
  does: fc.constantFrom('end', 'end', 'end', 'reactivate', 'update', 'delete', 'restore'),
  retention: fc.constantFrom('PT0S', 'PT30M', 'PT1H', 'PT36H'),
});

test('files of tasks go once, after their time and at most an hour later', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new Watched();
      for (const { minutes, task: index, does, retention } of steps) {
        world.advance(minutes * minute);
        const task = world.known[index]!;
        const which = { jobId: 'j', taskId: String(index) };
        if (does === 'restore') world.engine = Engine.restore(world.engine.snapshot());
        else if (does === 'end' && task.run !== undefined) {
          const { run } = task;
          delete task.run;
          task.endedAt = world.now;
          world.give({ kind: ReportKind.runEnded, ...run, exitCode: 1 });
        } else if (does === 'reactivate' && task.endedAt !== undefined && !task.isGone) {
          delete task.endedAt;
          task.removed = false;
          world.give({ type: 'reactivateTask', ...which });
        } else if (does === 'update' && task.run !== undefined && !task.isGone) {
          const constraints = parseTaskConstraints({ retentionTime: retention });
          task.retention = constraints.retentionTimeMs!;
          expect(world.give({ type: 'updateTask', ...which, constraints })).toBeUndefined();
        } else if (does === 'delete' && !task.isGone) {
          task.isGone = true;
          world.give({ type: 'deleteTask', ...which });
        }
        expect(world.engine.validate()).toEqual([]);
      }
      world.advance(48 * hour);
      for (const { endedAt, removed } of world.known) {
        if (endedAt !== undefined) expect(removed).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);

test('an engine with nothing to remove asks for no tick, and nobody is woken for what is endless', () => {
  const world = new Watched();
  expect(new Engine().nextExpiry()).toBe(Infinity);
  world.give({ type: 'deleteJob', jobId: 'j' });
  for (const { run } of world.known) {
    world.give({ kind: ReportKind.runEnded, ...run!, exitCode: 137 });
  }
  expect(world.engine.nextExpiry()).toBe(Infinity);
});
