import { parseJob, parseJobSchedule, parsePool, parseTask } from '@berth/core/spec';
import { expect, test } from 'vitest';
import type { Command, Report } from '../src/index.ts';
import { EffectKind, Engine, InputBatch, ReportKind } from '../src/index.ts';

// What `stats` count, and what they go on counting (docs/statistics.md).

const at = 1_700_000_000_000;
const time = (after: number): string => new Date(at + after).toISOString();

class World {
  engine = new Engine();
  readonly runs: { run: number; sequence: number }[] = [];

  give(after: number, ...inputs: (Command | Report)[]): void {
    for (const input of inputs) {
      const batch = new InputBatch();
      if ('type' in input) batch.command(at + after, input);
      else batch.report(at + after, input);
      const { effects, results } = this.engine.apply(batch);
      expect(results.map(({ error }) => error)).toEqual(results.map(() => undefined));
      for (let index = 0; index < effects.length; index++) {
        if (effects.kind(index) !== EffectKind.startRun) continue;
        this.runs.push({ run: effects.run(index), sequence: effects.sequence(index) });
      }
      this.engine = Engine.restore(this.engine.snapshot());
    }
  }

  end(after: number, exitCode: number): void {
    const run = this.runs.shift()!;
    this.give(after, { kind: ReportKind.runEnded, ...run, exitCode });
  }
}

function begin(): World {
  const world = new World();
  const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, targetLowPriorityNodes: 1 };
  world.give(0, { type: 'addPool', pool: parsePool(pool) });
  for (const node of [0, 1]) {
    world.give(1000, { kind: ReportKind.nodeReady, node, sequence: node + 1 });
  }
  return world;
}

test('a job counts ends and retries, also of tasks that are gone or run again', () => {
  const world = begin();
  const constraints = { maxTaskRetryCount: 1 };
  world.give(1000, {
    type: 'addJob',
    job: parseJob({ id: 'j', poolInfo: { poolId: 'p' }, constraints }),
  });
  const tasks = ['a', 'b'].map((id) => parseTask({ id, commandLine: 'true' }));
  world.give(1000, { type: 'addTasks', jobId: 'j', tasks });
  world.end(2000, 1); // a, which is retried
  world.end(3000, 0); // b
  world.end(4000, 1); // a again
  world.give(5000, { type: 'reactivateTask', jobId: 'j', taskId: 'a' });
  world.give(5000, { type: 'deleteTask', jobId: 'j', taskId: 'b' });
  world.end(6000, 0);
  expect(world.engine.queries.jobStatistics('j')).toEqual({
    startTime: time(1000),
    lastUpdateTime: time(6000),
    numSucceededTasks: 2,
    numFailedTasks: 1,
    numTaskRetries: 1,
  });
});

test('a schedule counts the tasks of its jobs, those that are gone as well', () => {
  const world = begin();
  const taskFactory = {
    type: 'parametricSweep',
    parameterSets: [{ start: 1, end: 1 }],
    repeatTask: { commandLine: 'true' },
  };
  const jobSpecification = {
    poolInfo: { poolId: 'p' },
    taskFactory,
    onAllTasksComplete: 'terminatejob',
  };
  const schedule = { recurrenceInterval: 'PT10M' };
  const jobSchedule = parseJobSchedule({ id: 's', schedule, jobSpecification }, {}, {});
  world.give(2000, { type: 'addJobSchedule', jobSchedule });
  world.end(3000, 0);
  world.give(4000, { type: 'deleteJob', jobId: 's:job-1' });
  world.give(700_000, { type: 'tick' });
  world.end(701_000, 1);
  expect(world.engine.queries.jobScheduleStatistics('s')).toEqual({
    startTime: time(2000),
    lastUpdateTime: time(701_000),
    numJobs: 2,
    numSucceededTasks: 1,
    numFailedTasks: 1,
    numTaskRetries: 0,
  });
});

test('a pool counts the time of its nodes from their request until they are gone', () => {
  const world = begin();
  const resize = { targetDedicatedNodes: 0, nodeDeallocationOption: 'requeue' } as const;
  world.give(5000, { type: 'resizePool', poolId: 'p', resize });
  world.give(7000, { kind: ReportKind.nodeGone, node: 0, sequence: 3 }, { type: 'tick' });
  world.give(10_000, { type: 'tick' });
  expect(world.engine.queries.poolStatistics('p')).toEqual({
    startTime: time(0),
    lastUpdateTime: time(10_000),
    dedicatedNodeTimeMs: 7000,
    lowPriorityNodeTimeMs: 10_000,
  });
});
