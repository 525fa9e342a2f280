import { parseJob, parsePool, parseTask } from '@berth/core/spec';
import { expect, test } from 'vitest';
import type { Command, CommandResult } from '../src/index.ts';
import { Engine, InputBatch } from '../src/index.ts';

// A command may name the eTag that what it changes must have (semantics §14.2).

const at = 1_700_000_000_000;

function world(): Engine {
  const engine = new Engine();
  const pool = parsePool({ id: 'p', vmSize: 'local', targetDedicatedNodes: 1 });
  const job = parseJob({ id: 'j', poolInfo: { poolId: 'none' } });
  give(engine, { type: 'addPool', pool });
  give(engine, { type: 'addJob', job });
  const tasks = ['a', 'b'].map((id) => parseTask({ id, commandLine: 'true' }));
  give(engine, { type: 'addTasks', jobId: 'j', tasks });
  return engine;
}

function give(engine: Engine, command: Command, after = 0): CommandResult {
  return engine.apply(InputBatch.of(at + after, command)).results[0]!;
}

function eTags({ queries }: Engine): Record<string, string | undefined> {
  return {
    pool: queries.pool('p')?.eTag,
    job: queries.job('j')?.eTag,
    task: queries.task('j', 'a')?.eTag,
  };
}

const changes: [entity: string, Command][] = [
  ['pool', { type: 'patchPool', poolId: 'p', patch: { metadata: [] } }],
  ['pool', { type: 'deletePool', poolId: 'p' }],
  ['job', { type: 'patchJob', jobId: 'j', patch: { priority: 1 } }],
  ['job', { type: 'disableJob', jobId: 'j', disableTasks: 'requeue' }],
  ['task', { type: 'updateTask', jobId: 'j', taskId: 'a', constraints: { maxTaskRetryCount: 2 } }],
  ['task', { type: 'terminateTask', jobId: 'j', taskId: 'a' }],
];

test.each(changes)('%s, %j: another eTag refuses it and changes nothing', (entity, command) => {
  const engine = world();
  const [hash, before] = [engine.stateHash(), eTags(engine)];
  const other = entity === 'pool' ? before['job'] : `${before[entity]}0`;
  const { error } = give(engine, { ...command, ifMatch: `${other}x` });
  expect(error?.code).toBe('ConditionNotMet');
  expect(error?.message).toContain(before[entity]);
  expect(engine.stateHash()).toBe(hash);
});

test.each(changes)(
  '%s, %j: its own eTag and * let it through, and then it has another',
  (entity, command) => {
    for (const ifMatch of [eTags(world())[entity]!, '*']) {
      const engine = world();
      const before = eTags(engine);
      expect(give(engine, { ...command, ifMatch })).toEqual({});
      const after = eTags(engine);
      expect(after[entity]).not.toBe(before[entity]);
      // Changes of a job's tasks are none of its own.
      expect({ ...after, [entity]: '' }).toEqual({ ...before, [entity]: '' });
      expect(give(engine, { ...command, ifMatch: before[entity]! }).error?.code).toBe(
        'ConditionNotMet',
      );
    }
  },
);

test('what is not there says so, whatever the condition', () => {
  const command: Command = { type: 'patchJob', jobId: 'k', patch: {}, ifMatch: '0x1' };
  expect(give(world(), command).error?.code).toBe('JobNotFound');
});

test('what is added takes no condition', () => {
  const tasks = [parseTask({ id: 'c', commandLine: 'true' })];
  const { error } = give(world(), { type: 'addTasks', jobId: 'j', tasks, ifMatch: '*' });
  expect(error?.message).toContain('addTasks takes no ifMatch');
});

test('an entity that is added again under its id has another eTag', () => {
  const engine = world();
  const before = eTags(engine);
  give(engine, { type: 'deleteTask', jobId: 'j', taskId: 'a' });
  give(engine, {
    type: 'addTasks',
    jobId: 'j',
    tasks: [parseTask({ id: 'a', commandLine: 'true' })],
  });
  expect(eTags(engine)['task']).not.toBe(before['task']);
  give(engine, { type: 'deleteJob', jobId: 'j' });
  give(engine, { type: 'addJob', job: parseJob({ id: 'j', poolInfo: { poolId: 'none' } }) });
  expect(eTags(engine)['job']).not.toBe(before['job']);
});

test('lastModified is that of the entity itself', () => {
  const engine = world();
  const time = (milliseconds: number): string => new Date(at + milliseconds).toISOString();
  const [pool] = [engine.queries.pool('p')!];
  give(engine, { type: 'updateTask', jobId: 'j', taskId: 'a', constraints: {} }, 1_000);
  give(engine, { type: 'patchJob', jobId: 'j', patch: { priority: 3 } }, 2_000);
  give(engine, { type: 'terminateTask', jobId: 'j', taskId: 'b' }, 3_000);
  expect(engine.queries.task('j', 'a')?.lastModified).toBe(time(1_000));
  expect(engine.queries.job('j')?.lastModified).toBe(time(2_000));
  expect(engine.queries.task('j', 'b')?.lastModified).toBe(time(3_000));
  expect(engine.queries.pool('p')).toEqual(pool);
});
