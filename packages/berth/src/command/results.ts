import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PoolView, TaskCounts, TaskView } from '@berth/core';
import type { Batch } from '../batch.ts';

export interface FailedTask {
  id: string;
  exitCode?: number;
  code: string;
  message: string;
  detail?: string;
  nodeId?: string;
  /** Where its stdout.txt and stderr.txt are, if they still are. */
  directory?: string;
}

export interface BlockedTask {
  id: string;
  /** `dependency`: a task that it depends on did not succeed, or is none of the job's. */
  reason: 'dependency' | 'slots' | 'noNodes';
}

/** What a run led to: what the table shows, and `--json` prints. */
export interface RunResults {
  jobId: string;
  state: string;
  terminateReason?: string;
  taskCounts: TaskCounts;
  /** The first of them, by creation. */
  failedTasks: FailedTask[];
  /** The first tasks that never ran and never will, by creation. */
  blockedTasks: BlockedTask[];
  downloads: { file: string; print: boolean }[];
  nodes: { id: string; totalTasksRun: number; totalTasksSucceeded: number }[];
  elapsedMs: number;
}

const mostListed = 10;

export async function collectResults(
  batch: Batch,
  jobId: string,
  stateDirectory: string,
  downloads: { file: string; print: boolean }[],
  startedMs: number,
): Promise<RunResults> {
  const client = batch.jobs.get(jobId);
  const job = client.get();
  const { terminateReason } = job.executionInfo;
  const { taskCounts } = client.taskCounts();
  const failed: FailedTask[] = [];
  if (taskCounts.failed > 0) {
    for await (const task of client.tasks.list({ result: 'failure' })) {
      if (failed.push(failedTask(task, jobId, stateDirectory)) === mostListed) break;
    }
  }
  const blocked: BlockedTask[] = [];
  if (taskCounts.active > 0) {
    const pool = batch.pools.get(job.poolInfo.poolId);
    for await (const task of client.tasks.list({ state: 'active' })) {
      if (blocked.push({ id: task.id, reason: reasonOf(task, pool) }) === mostListed) break;
    }
  }
  const nodes = (batch.runtime.queries.nodes(job.poolInfo.poolId) ?? []).map(
    ({ id, totalTasksRun, totalTasksSucceeded }) => ({ id, totalTasksRun, totalTasksSucceeded }),
  );
  return {
    jobId: job.id,
    state: job.state,
    ...(terminateReason === undefined ? {} : { terminateReason }),
    taskCounts,
    failedTasks: failed,
    blockedTasks: blocked,
    downloads,
    nodes,
    elapsedMs: Date.now() - startedMs,
  };
}

/** 0: every task succeeded. */
export function exitCodeOf({ taskCounts }: RunResults): number {
  return taskCounts.failed === 0 && taskCounts.active === 0 ? 0 : 1;
}

export function formatResults(results: RunResults): string {
  const { taskCounts, failedTasks, blockedTasks, nodes } = results;
  const reason = results.terminateReason === undefined ? '' : ` (${results.terminateReason})`;
  const lines = [
    `job ${results.jobId}: ${results.state}${reason} after ${(results.elapsedMs / 1000).toFixed(1)} s`,
    '',
    ...table([
      ['tasks', 'succeeded', 'failed', 'never run'],
      [
        String(taskCounts.completed + taskCounts.active + taskCounts.running),
        String(taskCounts.succeeded),
        String(taskCounts.failed),
        String(taskCounts.active),
      ],
    ]),
    '',
    ...table([
      ['node', 'tasks run', 'succeeded'],
      ...nodes.map((node) => [
        node.id,
        String(node.totalTasksRun),
        String(node.totalTasksSucceeded),
      ]),
    ]),
  ];
  for (const task of failedTasks) {
    const exit = task.exitCode === undefined ? '' : `, exit code ${task.exitCode}`;
    const detail = task.detail === undefined ? task.message : `${task.message} ${task.detail}`;
    lines.push('', `task ${task.id} failed: ${task.code}${exit}: ${detail}`);
    if (task.directory !== undefined) lines.push(`  its output: ${task.directory}`);
  }
  const moreFailed = taskCounts.failed - failedTasks.length;
  if (moreFailed > 0) lines.push('', `and ${moreFailed} more failed tasks`);
  for (const [reason, text] of Object.entries(reasons)) {
    const ids = blockedTasks.filter((task) => task.reason === reason).map(({ id }) => id);
    if (ids.length > 0) lines.push('', `never run, because ${text}: ${ids.join(', ')}`);
  }
  const moreBlocked = taskCounts.active - blockedTasks.length;
  if (moreBlocked > 0) lines.push('', `and ${moreBlocked} more tasks that never ran`);
  return `${lines.join('\n')}\n`;
}

const reasons: Record<BlockedTask['reason'], string> = {
  noNodes: 'the pool has no nodes',
  slots: 'they need more task slots (requiredSlots) than a node has (taskSlotsPerNode)',
  dependency: 'a task that they depend on did not succeed, or does not exist',
};

function reasonOf(task: TaskView, pool: PoolView): BlockedTask['reason'] {
  if (task.requiredSlots > pool.taskSlotsPerNode) return 'slots';
  return pool.currentDedicatedNodes === 0 ? 'noNodes' : 'dependency';
}

function failedTask(task: TaskView, jobId: string, stateDirectory: string): FailedTask {
  const { exitCode, failureInfo } = task.executionInfo;
  const node = task.nodeInfo;
  const directory =
    node === undefined
      ? undefined
      : join(
          stateDirectory,
          'executors/local/nodes',
          node.poolId,
          node.nodeId,
          'workitems',
          jobId,
          'job-1',
          task.id,
        );
  const detail = failureInfo?.details?.[0]?.value;
  return {
    id: task.id,
    ...(exitCode === undefined ? {} : { exitCode }),
    code: failureInfo?.code ?? 'Unknown',
    message: failureInfo?.message ?? '',
    ...(detail === undefined ? {} : { detail }),
    ...(node === undefined ? {} : { nodeId: node.nodeId }),
    ...(directory !== undefined && existsSync(directory) ? { directory } : {}),
  };
}

/** Rows with their columns aligned; the first column to the left, numbers to the right. */
function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  '),
  );
}
