import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch, EngineEvent, Executor, TaskView } from '@berth/berth';
import { BatchError, localExecutor, openBatch, perRun } from '@berth/berth';
import { describe, expect, test } from 'vitest';
import { linesOf, processesOf, sh, sleep, temporaryDirectory, until } from './berth.ts';

// The engine inside somebody's program: the client API over a real directory.

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 2, taskSlotsPerNode: 2 };

async function open(
  executor: Executor = localExecutor(),
  directory: string = temporaryDirectory(),
): Promise<Batch> {
  const batch = await openBatch({ directory, executors: [executor], warn: () => {} });
  if (batch.pools.list().length === 0) await batch.pools.add({ ...pool, executor: executor.name });
  return batch;
}

/** A function whose runs end when they are told. */
function held(): {
  executor: Executor;
  running: string[];
  end(taskId: string, exitCode?: number): void;
} {
  const ends = new Map<string, (exitCode: number) => void>();
  const running: string[] = [];
  const executor = perRun(
    (run, signal) =>
      new Promise<number>((resolve) => {
        running.push(run.taskId);
        ends.set(run.taskId, resolve);
        signal.addEventListener('abort', () => resolve(137));
      }),
  );
  return { executor, running, end: (taskId, exitCode = 0) => ends.get(taskId)?.(exitCode) };
}

/** The processes that this one has started. */
function children(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
}

function codeOf(code: string): object {
  return expect.objectContaining({ name: 'BatchError', code });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a pool', () => {
  test('prepares its nodes with a start task, and again when they are rebooted', async () => {
    await using batch = await openBatch({ directory: temporaryDirectory(), warn: () => {} });
    await batch.storage.createContainer('input');
    await batch.storage.write('input', 'word.txt', 'berth');
    await batch.pools.add({
      ...pool,
      targetDedicatedNodes: 1,
      startTask: {
        commandLine: "/bin/sh -c 'cat word.txt >> $AZ_BATCH_NODE_SHARED_DIR/words'",
        resourceFiles: [{ autoStorageContainerName: 'input' }],
      },
    });
    const job = await batch.jobs.add({ id: 'J', poolInfo: { poolId: 'p' } });
    const command = "/bin/sh -c 'test $(cat $AZ_BATCH_NODE_SHARED_DIR/words) = ";
    await job.tasks.add({ id: 'once', commandLine: `${command}berth'` });
    const isDone = (id: string): boolean => job.tasks.get(id).state === 'completed';
    await until(() => isDone('once'), 'the first task');
    const node = batch.pools.node('p', 'node-1');
    expect(node.get().startTaskInfo).toMatchObject({ state: 'completed', result: 'success' });
    await node.reboot();
    await job.tasks.add({ id: 'twice', commandLine: `${command}berthberth'` });
    await until(() => isDone('twice'), 'the task after the reboot');
    await node.reimage();
    await job.tasks.add({ id: 'again', commandLine: `${command}berth'` });
    await until(() => isDone('again'), 'the task after the reimage');
    expect(job.taskCounts().taskCounts).toMatchObject({ succeeded: 3, failed: 0 });
  });

  test('keeps a node whose start task fails from tasks', async () => {
    await using batch = await openBatch({ directory: temporaryDirectory(), warn: () => {} });
    const startTask = { commandLine: 'false', maxTaskRetryCount: 1 };
    await batch.pools.add({ ...pool, targetDedicatedNodes: 1, startTask });
    const node = batch.pools.node('p', 'node-1');
    await until(() => node.get().state === 'starttaskfailed', 'the start task to fail');
    expect(node.get().startTaskInfo).toMatchObject({ retryCount: 1, exitCode: 1 });
    await batch.pools.patch('p', { startTask: { commandLine: 'true' } });
    await node.reboot();
    await until(() => node.get().state === 'idle', 'the node');
    await node.disableScheduling();
    await expect(node.disableScheduling()).rejects.toEqual(
      codeOf('NodeAlreadyInTargetSchedulingState'),
    );
    expect(batch.pools.nodeCounts()).toMatchObject([{ dedicated: { offline: 1, total: 1 } }]);
    await node.enableScheduling();
    await expect(batch.pools.node('p', 'node-2').reboot()).rejects.toEqual(codeOf('NodeNotFound'));
  });

  test('is resized, its tasks going on', async () => {
    await using batch = await open();
    const job = await batch.jobs.add({ id: 'J', poolInfo: { poolId: 'p' } });
    await batch.pools.steady('p');
    await job.tasks.addFactory({
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: 4 }],
      repeatTask: { commandLine: 'sleep 0.3' },
    });
    await batch.pools.resize('p', {
      targetDedicatedNodes: 1,
      nodeDeallocationOption: 'taskcompletion',
    });
    await expect(batch.pools.resize('p', { targetDedicatedNodes: 3 })).rejects.toEqual(
      codeOf('PoolBeingResized'),
    );
    await batch.pools.steady('p');
    expect(batch.pools.nodes('p').map(({ id }) => id)).toEqual(['node-1']);
    await batch.pools.resize('p', { targetDedicatedNodes: 2 });
    await batch.pools.steady('p');
    await batch.pools.removeNodes('p', { nodeList: ['node-1'] });
    await batch.pools.steady('p');
    await expect(batch.pools.stopResize('p')).rejects.toEqual(
      codeOf('OperationInvalidForCurrentState'),
    );
    expect(batch.pools.nodes('p').map(({ id }) => id)).toEqual(['node-3']);
    expect(batch.pools.get('p')).toMatchObject({
      targetDedicatedNodes: 1,
      allocationState: 'steady',
    });
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(job.taskCounts().taskCounts.succeeded).toBe(4);
  });
});

describe('a pool that follows a formula', () => {
  test('gets its nodes from it, and is sized by hand again when autoscale is disabled', async () => {
    await using batch = await open();
    await batch.pools.add({
      id: 'f',
      vmSize: 'local',
      enableAutoScale: true,
      autoScaleFormula: '$TargetDedicatedNodes = 2',
    });
    await batch.pools.steady('f');
    expect(batch.pools.get('f')).toMatchObject({
      enableAutoScale: true,
      currentDedicatedNodes: 2,
      autoScaleRun: { results: '$TargetDedicatedNodes=2;$NodeDeallocationOption=requeue' },
    });
    await expect(batch.pools.resize('f', { targetDedicatedNodes: 1 })).rejects.toEqual(
      codeOf('OperationNotValidOnPool'),
    );
    const { results, error } = await batch.pools.evaluateAutoScale('f', {
      autoScaleFormula: 'x = $TargetDedicatedNodes + 1; $TargetDedicatedNodes = $RunningTasks',
    });
    expect(results).toBe('$TargetDedicatedNodes=2;$NodeDeallocationOption=requeue;$x=3');
    expect(error?.code).toBe('InsufficientSampleData');
    await batch.pools.disableAutoScale('f');
    await expect(batch.pools.evaluateAutoScale('f', { autoScaleFormula: 'x = 1' })).rejects.toEqual(
      codeOf('OperationNotValidOnPool'),
    );
    await batch.pools.resize('f', { targetDedicatedNodes: 1 });
    await batch.pools.steady('f');
    await batch.pools.enableAutoScale('f', {
      autoScaleFormula: '$TargetDedicatedNodes = 3',
      autoScaleEvaluationInterval: 'PT1H',
    });
    await expect(
      batch.pools.enableAutoScale('f', { autoScaleEvaluationInterval: 'PT2H' }),
    ).rejects.toEqual(codeOf('TooManyEnableAutoScaleRequests'));
    expect(batch.pools.get('f')).toMatchObject({
      autoScaleEvaluationIntervalMs: 3_600_000,
      currentDedicatedNodes: 1,
    });
  });
});

describe('the life of a job', () => {
  test('with real processes', async () => {
    await using batch = await open();
    const directory = temporaryDirectory();
    const job = await batch.jobs.add({
      id: 'J',
      poolInfo: { poolId: 'p' },
      usesTaskDependencies: true,
    });
    await job.tasks.add({ id: 'a', commandLine: sh('echo a > "$1"', join(directory, 'a')) });
    expect(
      await job.tasks.addMany([
        {
          id: 'b',
          commandLine: sh('cat "$1" > "$2"', join(directory, 'a'), join(directory, 'b')),
          dependsOn: { taskIds: ['a'] },
        },
        { id: 'c', commandLine: 'false' },
      ]),
    ).toEqual([]);
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    const done = await job.done();
    expect(done).toMatchObject({
      id: 'J',
      state: 'completed',
      executionInfo: { terminateReason: 'AllTasksComplete' },
    });
    expect(linesOf(join(directory, 'b'))).toEqual(['a']);
    expect(job.taskCounts().taskCounts).toEqual({
      active: 0,
      running: 0,
      completed: 3,
      succeeded: 2,
      failed: 1,
    });
    expect(job.tasks.get('C')).toMatchObject({
      id: 'c',
      state: 'completed',
      executionInfo: { exitCode: 1, result: 'failure', retryCount: 0 },
      nodeInfo: { poolId: 'p' },
    });
    expect((await all(job.tasks.list())).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect((await all(job.tasks.list({ result: 'failure' }))).map(({ id }) => id)).toEqual(['c']);
    expect(batch.pools.get('P').currentDedicatedNodes).toBe(2);
    const nodes = (): string =>
      batch.pools
        .nodes('p')
        .map(({ id, state }) => `${id} ${state}`)
        .join();
    await until(() => nodes() === 'node-1 idle,node-2 idle', 'both nodes');
    expect(batch.jobs.list().map(({ id }) => id)).toEqual(['J']);
    await job.delete();
    await batch.jobs.gone('J');
    await batch.pools.delete('p');
    await batch.pools.gone('p');
    expect(batch.pools.list()).toEqual([]);
  });

  test('terminate, reactivate, update, delete of tasks', async () => {
    const { executor, running, end } = held();
    await using batch = await open(executor);
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await job.tasks.addMany(['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, commandLine: 'x' })));
    await until(() => running.length === 4, 'four slots');
    expect(job.tasks.get('e').state).toBe('active');
    await job.tasks.update('e', {
      constraints: { maxTaskRetryCount: 1, maxWallClockTime: 'PT1H' },
    });
    expect(job.tasks.get('e').constraints).toEqual({
      maxTaskRetryCount: 1,
      maxWallClockTimeMs: 3_600_000,
    });
    await job.tasks.terminate('a');
    await until(() => job.tasks.get('a').state === 'completed', 'the end of a');
    expect(job.tasks.get('a').executionInfo).toMatchObject({
      result: 'failure',
      failureInfo: { code: 'TaskEnded', category: 'usererror' },
    });
    await until(() => running.includes('e'), 'e');
    end('e', 1);
    await until(() => running.filter((id) => id === 'e').length === 2, 'the retry');
    end('e', 0);
    await until(() => job.tasks.get('e').state === 'completed', 'the end of e');
    expect(job.tasks.get('e').executionInfo).toMatchObject({ result: 'success', retryCount: 1 });
    await job.tasks.reactivate('a');
    await until(() => running.filter((id) => id === 'a').length === 2, 'a again');
    await expect(job.tasks.reactivate('e')).rejects.toEqual(codeOf('TaskSucceeded'));
    await job.disable();
    await until(() => job.get().state === 'disabled', 'the job disabled');
    expect(job.taskCounts().taskCounts.active).toBe(4);
    expect(job.tasks.get('b').executionInfo.requeueCount).toBe(1);
    await job.enable();
    await until(() => job.taskCounts().taskCounts.running === 4, 'all four again');
    await job.tasks.delete('b');
    await until(() => job.taskCounts().taskCounts.running === 3, 'the end of b');
    expect(() => job.tasks.get('b')).toThrow(codeOf('TaskNotFound') as Error);
    const terminated = job.terminate('enough');
    await terminated;
    expect(await job.done()).toMatchObject({
      state: 'completed',
      executionInfo: { terminateReason: 'enough' },
    });
    await expect(job.tasks.add({ id: 'z', commandLine: 'x' })).rejects.toEqual(
      codeOf('JobCompleted'),
    );
  });

  test('a factory', async () => {
    const seen: string[] = [];
    await using batch = await open(perRun(async ({ commandLine }) => void seen.push(commandLine)));
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    await job.tasks.addFactory({
      type: 'parametricSweep',
      parameterSets: [
        { start: 1, end: 3 },
        { start: 10, end: 0, step: -5 },
      ],
      repeatTask: { commandLine: 'do {0:2} {1}' },
    });
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(seen.sort()).toEqual([
      'do 01 0',
      'do 01 10',
      'do 01 5',
      'do 02 0',
      'do 02 10',
      'do 02 5',
      'do 03 0',
      'do 03 10',
      'do 03 5',
    ]);
    expect(job.tasks.get('8').commandLine).toBe('do 03 0');
  });

  test('5,000 tasks by a function', async () => {
    const runs = new Map<string, number>();
    await using batch = await open(
      perRun(async ({ taskId }) => {
        runs.set(taskId, (runs.get(taskId) ?? 0) + 1);
        return Number(taskId.slice(1)) % 100 === 0 ? 1 : 0;
      }),
    );
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const began = performance.now();
    await job.tasks.addMany(
      Array.from({ length: 5_000 }, (_, i) => ({ id: `t${i}`, commandLine: 'x' })),
    );
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(runs.size).toBe(5_000);
    expect(Math.max(...runs.values())).toBe(1);
    expect(job.taskCounts().taskCounts).toMatchObject({ succeeded: 4_950, failed: 50 });
    expect(await all(job.tasks.list({ result: 'failure' }))).toHaveLength(50);
    expect(await all(job.tasks.list())).toHaveLength(5_000);
  });
});

test('errors are BatchErrors with the code of the service', async () => {
  await using batch = await open(perRun(async () => 0));
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add({ id: 'a', commandLine: 'x' });
  const nothing = batch.jobs.get('nothing');
  const refusals: [() => unknown, string][] = [
    [() => batch.pools.add({ ...pool, executor: 'function' }), 'PoolExists'],
    [() => batch.pools.add({ ...pool, id: 'q', executor: 'ssh' }), 'InvalidPropertyValue'],
    [() => batch.pools.add({ ...pool, id: 'q', targetDedicatedNodes: -1 }), 'InvalidPropertyValue'],
    [() => batch.pools.get('q'), 'PoolNotFound'],
    [() => batch.pools.nodes('q'), 'PoolNotFound'],
    [() => batch.pools.delete('q'), 'PoolNotFound'],
    [() => batch.jobs.add({ id: 'J', poolInfo: { poolId: 'p' } }), 'JobExists'],
    [
      () => batch.jobs.add({ id: 'k', poolInfo: { poolId: 'p' }, priority: 2_000 }),
      'OutOfRangePriority',
    ],
    [() => nothing.get(), 'JobNotFound'],
    [() => nothing.taskCounts(), 'JobNotFound'],
    [() => nothing.done(), 'JobNotFound'],
    [() => nothing.patch({ priority: 1 }), 'JobNotFound'],
    [() => nothing.terminate(), 'JobNotFound'],
    [() => nothing.disable(), 'JobNotFound'],
    [() => nothing.enable(), 'JobNotFound'],
    [() => job.disable(JSON.parse('"later"') as 'wait'), 'InvalidPropertyValue'],
    [() => nothing.delete(), 'JobNotFound'],
    [() => nothing.tasks.add({ id: 'a', commandLine: 'x' }), 'JobNotFound'],
    [() => nothing.tasks.addMany([{ id: 'a', commandLine: 'x' }]), 'JobNotFound'],
    [() => all(nothing.tasks.list()), 'JobNotFound'],
    [() => job.tasks.add({ id: 'A', commandLine: 'x' }), 'TaskExists'],
    [() => job.tasks.add({ id: 'b', commandLine: ' ' }), 'InvalidPropertyValue'],
    [
      () => job.tasks.add({ id: 'b', commandLine: 'x', dependsOn: { taskIds: ['a'] } }),
      'TaskDependenciesNotSpecifiedOnJob',
    ],
    [() => job.tasks.get('b'), 'TaskNotFound'],
    [() => job.tasks.terminate('b'), 'TaskNotFound'],
    [() => job.tasks.delete('b'), 'TaskNotFound'],
    [() => job.tasks.update('b', { constraints: {} }), 'TaskNotFound'],
    [() => job.patch(JSON.parse('{"displayName": "x"}') as object), 'UnsupportedProperty'],
    [() => batch.storage.write('nothing', 'x', ''), 'ContainerNotFound'],
  ];
  for (const [act, code] of refusals) {
    const error: unknown = await Promise.resolve()
      .then(act)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error, `${act}`).toBeInstanceOf(BatchError);
    expect(error, `${act}`).toMatchObject({ code, message: expect.stringMatching(/^\S.{10,}$/) });
  }
  const refused = await job.tasks.addMany([
    { id: 'b', commandLine: 'x' },
    { id: 'a', commandLine: 'x' },
    { id: '?', commandLine: 'x' },
    { id: 'c', commandLine: 'x' },
    { id: 'B', commandLine: 'x' },
  ]);
  expect(refused.map(({ index, taskId, error }) => [index, taskId, error.code])).toEqual([
    [1, 'a', 'TaskExists'],
    [2, '?', 'InvalidPropertyValue'],
    [4, 'B', 'TaskExists'],
  ]);
  expect(job.taskCounts().taskCounts.completed + job.taskCounts().taskCounts.running).toBe(3);
});

describe('events', () => {
  test('tell every change of the job, and end with it', async () => {
    await using batch = await open(perRun(async () => 0));
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const other = await batch.jobs.add({ id: 'k', poolInfo: { poolId: 'p' } });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of job.events()) {
        if (event.entity === 'task')
          seen.push(`${event.taskId} ${event.to} ${event.result ?? ''}`.trim());
        else seen.push(`job ${event.to}`);
      }
    })();
    await other.tasks.add({ id: 'x', commandLine: 'x' });
    await job.tasks.add({ id: 'a', commandLine: 'x' });
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    await reading;
    expect(seen.filter((line) => line.startsWith('a '))).toEqual(
      expect.arrayContaining(['a running', 'a completed success']),
    );
    expect(seen.slice(-2)).toEqual(['job terminating', 'job completed']);
    expect(seen.join()).not.toContain('x ');
  });

  test('end when the signal aborts, when the reader breaks, and when the batch is closed', async () => {
    const batch = await open(perRun(async () => 0));
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const controller = new AbortController();
    const aborted = all(job.events({ signal: controller.signal }));
    const already = all(job.events({ signal: AbortSignal.abort() }));
    const closed = all(job.events());
    const broken = (async (): Promise<EngineEvent | undefined> => {
      for await (const event of job.events()) return event;
      return undefined;
    })();
    // Two questions at a time have two answers.
    const pair = job.events();
    const answers = Promise.all([pair.next(), pair.next()]);
    await job.tasks.add({ id: 'a', commandLine: 'x' });
    expect(await broken).toMatchObject({ entity: 'task', taskId: 'a' });
    expect((await answers).map(({ value }) => (value as EngineEvent).entity)).toEqual([
      'task',
      'task',
    ]);
    await until(() => job.tasks.get('a').state === 'completed', 'the task');
    controller.abort();
    expect(await already).toEqual([]);
    expect((await aborted).length).toBeGreaterThan(0);
    await batch.close();
    expect((await closed).length).toBeGreaterThan(0);
  });
});

test('done() can be given up, and says when the job or the batch goes', async () => {
  const { executor, running } = held();
  const batch = await open(executor);
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add({ id: 'a', commandLine: 'x' });
  await until(() => running.length === 1, 'the task');
  await expect(job.done({ signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  await expect(job.done({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  const deleted = expect(job.done()).rejects.toEqual(codeOf('JobNotFound'));
  await job.delete();
  await deleted;
  const again = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  const closed = expect(again.done()).rejects.toEqual(codeOf('OperationInvalidForCurrentState'));
  await batch.close();
  await closed;
  await batch.close();
  await expect(batch.jobs.add({ id: 'l', poolInfo: { poolId: 'p' } })).rejects.toEqual(
    codeOf('OperationInvalidForCurrentState'),
  );
});

describe('a directory', () => {
  test('has one holder at a time, and is free after an error', async () => {
    const directory = temporaryDirectory();
    {
      await using _batch = await open(
        perRun(async () => 0),
        directory,
      );
      await expect(openBatch({ directory })).rejects.toMatchObject({
        code: 'StateDirectoryInUse',
        message: expect.stringContaining(`process ${process.pid}`),
      });
    }
    const before = children();
    const broken: Executor = {
      ...perRun(async () => 0),
      name: 'broken',
      onThisMachine: true,
      open: () => Promise.reject(new Error('no host')),
      attach: async () => {},
      carryOut: () => {},
      close: async () => {},
    };
    await expect(openBatch({ directory, executors: [localExecutor(), broken] })).rejects.toThrow(
      'no host',
    );
    expect(children()).toEqual(before);
    await using batch = await open(
      perRun(async () => 0),
      directory,
    );
    expect(batch.pools.list()).toHaveLength(1);
  });

  test('that is opened again goes on: real processes are found', async () => {
    const directory = temporaryDirectory();
    const log = join(directory, 'log');
    const go = join(directory, 'go');
    const state = join(directory, 'state');
    {
      await using batch = await open(localExecutor(), state);
      const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
      await job.tasks.addMany(
        Array.from({ length: 6 }, (_, i) => ({
          id: `t${i}`,
          commandLine: sh(
            'echo on >> "$1"; while [ ! -e "$2" ]; do sleep 0.05; done; echo off >> "$1"',
            log,
            go,
          ),
        })),
      );
      await until(() => linesOf(log).length === 4, 'four slots');
    }
    expect(processesOf(directory).length).toBeGreaterThan(4);
    writeFileSync(go, '');
    await until(() => linesOf(log).length === 8, 'the ends that nobody sees');
    await using batch = await open(localExecutor(), state);
    const job = batch.jobs.get('j');
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(job.taskCounts().taskCounts.succeeded).toBe(6);
    expect(linesOf(log)).toHaveLength(12);
  });

  test('that is opened again goes on: runs of a function come again', async () => {
    const directory = temporaryDirectory();
    const first = held();
    {
      await using batch = await open(first.executor, directory);
      const job = await batch.jobs.add({
        id: 'j',
        poolInfo: { poolId: 'p' },
        onAllTasksComplete: 'noaction',
      });
      await job.tasks.addMany(['a', 'b'].map((id) => ({ id, commandLine: 'x' })));
      await until(() => first.running.length === 2, 'both');
      first.end('a');
      await until(() => job.tasks.get('a').state === 'completed', 'the end of a');
    }
    const seen: string[] = [];
    await using batch = await open(
      perRun(async ({ taskId }) => {
        seen.push(taskId);
      }),
      directory,
    );
    const job = batch.jobs.get('j');
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(seen).toEqual(['b']);
    const b: TaskView = job.tasks.get('b');
    expect(b.executionInfo).toMatchObject({ result: 'success', retryCount: 0 });
  });

  test('acknowledged is kept: what was told before a close is there after it', async () => {
    const directory = temporaryDirectory();
    for (let life = 0; life < 5; life++) {
      await using batch = await open(
        perRun(async () => 0),
        directory,
      );
      expect(batch.jobs.list().map(({ id }) => id)).toEqual(
        Array.from({ length: life }, (_, i) => `j${i}`),
      );
      await batch.jobs.add({ id: `j${life}`, poolInfo: { poolId: 'p' } });
    }
  });
});

test('two executors beside each other', async () => {
  const directory = temporaryDirectory();
  const seen: string[] = [];
  const functions = perRun(async ({ taskId }) => void seen.push(taskId));
  await using batch = await openBatch({ directory, executors: [localExecutor(), functions] });
  await batch.pools.add({ ...pool, id: 'real' });
  await batch.pools.add({ ...pool, id: 'fast', executor: 'function' });
  const log = join(directory, 'log');
  const a = await batch.jobs.add({ id: 'a', poolInfo: { poolId: 'real' } });
  const b = await batch.jobs.add({ id: 'b', poolInfo: { poolId: 'fast' } });
  await a.tasks.add({ id: 'process', commandLine: sh('echo x > "$1"', log) });
  await b.tasks.add({ id: 'function', commandLine: 'x' });
  await a.patch({ onAllTasksComplete: 'terminatejob' });
  await b.patch({ onAllTasksComplete: 'terminatejob' });
  await Promise.all([a.done(), b.done()]);
  expect(linesOf(log)).toEqual(['x']);
  expect(seen).toEqual(['function']);
  await sleep(0);
});
