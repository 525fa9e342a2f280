import { openBatch } from '@berth/berth';
import type { EffectBatch, Report } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor, ExecutorHost } from '@berth/executors';
import { expect, test } from 'vitest';
import { temporaryDirectory, until } from './berth.ts';

// Nodes that are heard of, and then not any more.

class HeardExecutor implements Executor {
  readonly name = 'heard';
  readonly onThisMachine = false;
  host: ExecutorHost | undefined;
  /** Reports of runs that are to end, by task. */
  readonly started: { taskId: string; nodeId: string; end: () => void }[] = [];
  readonly nodes = new Map<number, number>();

  async open(host: ExecutorHost): Promise<void> {
    this.host = host;
  }
  async attach(): Promise<void> {}
  async close(): Promise<void> {}

  carryOut(effects: EffectBatch): void {
    for (let i = 0; i < effects.length; i++) {
      const [node, run, sequence] = [effects.node(i), effects.run(i), effects.sequence(i)];
      if (effects.kind(i) === EffectKind.getNode) {
        this.nodes.set(node, sequence);
        this.report({ kind: ReportKind.nodeReady, node, sequence });
      } else if (effects.kind(i) === EffectKind.startRun) {
        const { taskId = '', nodeId = '' } = effects.catalog.run(run, sequence) ?? {};
        const report: Report = { kind: ReportKind.runEnded, run, sequence, exitCode: 0 };
        this.started.push({ taskId, nodeId, end: () => this.report(report) });
      }
    }
  }

  report(report: Report): void {
    queueMicrotask(() => this.host?.report([report]));
  }

  hear(): readonly number[] {
    return this.host?.heartbeat([...this.nodes.keys()]) ?? [];
  }

  back(node: number): void {
    this.report({ kind: ReportKind.nodeReady, node, sequence: this.nodes.get(node) ?? -1 });
  }
}

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, executor: 'heard' };

test('a node that is silent for the timeout is lost, and keeps its tasks for the delay', async () => {
  const executor = new HeardExecutor();
  await using batch = await openBatch({
    directory: temporaryDirectory(),
    executors: [executor],
    nodeHeartbeatTimeoutMs: 100,
    nodeLostRequeueDelayMs: 60_000,
    warn: () => {},
  });
  await batch.pools.add(pool);
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add({ id: 'a', commandLine: 'true' });
  await until(() => executor.started.length === 1, 'the start');
  const node = batch.pools.node('p', 'node-1');
  expect(executor.hear()).toEqual([]);
  await until(() => node.get().state === 'unknown', 'the silence to be noticed');
  const lost = executor.hear();
  expect(lost).toHaveLength(1);
  for (const number of lost) executor.back(number);
  await until(() => node.get().state === 'running', 'the node to be back');
  executor.started[0]?.end();
  await until(() => job.tasks.get('a').state === 'completed', 'the task');
  expect(executor.started).toHaveLength(1);
});

test('a node that is never heard of is not watched', async () => {
  const executor = new HeardExecutor();
  await using batch = await openBatch({
    directory: temporaryDirectory(),
    executors: [executor],
    nodeHeartbeatTimeoutMs: 1,
    warn: () => {},
  });
  await batch.pools.add(pool);
  await batch.pools.steady('p');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(batch.pools.node('p', 'node-1').get().state).toBe('idle');
});

test('an option that is no count is refused before anything is opened', async () => {
  await expect(
    openBatch({ directory: temporaryDirectory(), nodeLostRequeueDelayMs: -1 }),
  ).rejects.toEqual(expect.objectContaining({ code: 'InvalidPropertyValue' }));
});

test('an option counts from one opening to the next', async () => {
  const directory = temporaryDirectory();
  const executors = [new HeardExecutor()];
  const warn = (): void => {};
  {
    await using batch = await openBatch({ directory, executors, maxInternalRetryCount: 2, warn });
    expect(batch.pools.list()).toEqual([]);
  }
  await using again = await openBatch({ directory, executors, maxInternalRetryCount: 0, warn });
  await again.pools.add(pool);
  const job = await again.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add({ id: 'a', commandLine: 'true' });
  const [executor] = executors;
  await until(() => executor?.started.length === 1, 'the start');
  const [[node, sequence] = [0, 0]] = executor?.nodes ?? [];
  executor?.report({ kind: ReportKind.nodeLost, node, sequence });
  await until(() => job.tasks.get('a').state === 'completed', 'the end');
  expect(job.tasks.get('a').executionInfo.failureInfo?.code).toBe('MaxInternalRetryCountReached');
});
