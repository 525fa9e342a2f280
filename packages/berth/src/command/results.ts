import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PoolView, Queries, TaskCounts, TaskList, TaskView } from '@berth/core';
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
  /**
   * `dependency`: a task that it depends on did not succeed, or is none of the job's. `jobEnded`, `jobDisabled`: it
   * might have run, but for what the exit of another did to the job.
   */
  reason: 'dependency' | 'slots' | 'noNodes' | 'jobEnded' | 'jobDisabled';
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
  const { queries } = batch.runtime;
  const nodes = (queries.nodes(job.poolInfo.poolId) ?? []).map(
    ({ id, totalTasksRun, totalTasksSucceeded }) => ({ id, totalTasksRun, totalTasksSucceeded }),
  );
  return {
    jobId: job.id,
    state: job.state,
    ...(terminateReason === undefined ? {} : { terminateReason }),
    taskCounts,
    failedTasks: failedTasks(queries, jobId).map((task) => failedTask(task, jobId, stateDirectory)),
    blockedTasks: blockedTasks(queries, jobId, job.poolInfo.poolId),
    downloads,
    nodes,
    elapsedMs: Date.now() - startedMs,
  };
}

/** The first of the job's tasks that failed. */
export function failedTasks(queries: Queries, jobId: string): TaskView[] {
  return firstTasks(queries, jobId, { result: 'failure' });
}

/** The first of those that have not run where nothing runs any more. */
export function blockedTasks(queries: Queries, jobId: string, poolId: string): BlockedTask[] {
  const pool = queries.pool(poolId);
  const ended = queries.job(jobId)?.executionInfo.terminateReason;
  return firstTasks(queries, jobId, { state: 'active' }).map((task) => ({
    id: task.id,
    reason: ended === 'NothingLeftToRun' ? reasonOf(task, pool) : 'jobEnded',
  }));
}

function firstTasks(
  queries: Queries,
  jobId: string,
  filter: { state: 'active' } | { result: 'failure' },
): TaskView[] {
  const found: TaskView[] = [];
  let continuation: number | undefined = 0;
  while (continuation !== undefined && found.length < mostListed) {
    const limit = mostListed - found.length;
    const page: TaskList | undefined = queries.tasks(jobId, { ...filter, limit, continuation });
    found.push(...(page?.tasks ?? []));
    continuation = page?.continuation;
  }
  return found;
}

/** 0: every task succeeded. */
export function exitCodeOf({ taskCounts }: { taskCounts: TaskCounts }): number {
  return taskCounts.failed === 0 && taskCounts.active === 0 ? 0 : 1;
}

export function formatResults(results: RunResults): string {
  const { nodes } = results;
  const reason = results.terminateReason === undefined ? '' : ` (${results.terminateReason})`;
  const lines = [
    `job ${results.jobId}: ${results.state}${reason} after ${(results.elapsedMs / 1000).toFixed(1)} s`,
    '',
    ...tableOfTasks(results),
    '',
    ...table([
      ['node', 'tasks run', 'succeeded'],
      ...nodes.map((node) => [
        node.id,
        String(node.totalTasksRun),
        String(node.totalTasksSucceeded),
      ]),
    ]),
    ...linesOfTasks(results),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a simulation has as well. */
export type TaskResults = Pick<RunResults, 'taskCounts' | 'failedTasks' | 'blockedTasks'>;

export function tableOfTasks({ taskCounts }: TaskResults): string[] {
  return table([
    ['tasks', 'succeeded', 'failed', 'never run'],
    [
      String(taskCounts.completed + taskCounts.active + taskCounts.running),
      String(taskCounts.succeeded),
      String(taskCounts.failed),
      String(taskCounts.active),
    ],
  ]);
}

/** Which tasks failed, and which never ran; nothing where all succeeded. */
export function linesOfTasks({ taskCounts, failedTasks, blockedTasks }: TaskResults): string[] {
  const lines: string[] = [];
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
  return lines;
}

const reasons: Record<BlockedTask['reason'], string> = {
  noNodes: 'the pool has no nodes',
  slots: 'they need more task slots (requiredSlots) than a node has (taskSlotsPerNode)',
  jobEnded: 'the job ended before',
  jobDisabled: 'the job was disabled',
  dependency: 'a task that they depend on did not succeed, or does not exist',
};

function reasonOf(task: TaskView, pool: PoolView | undefined): BlockedTask['reason'] {
  if (pool === undefined) return 'noNodes';
  if (task.requiredSlots > pool.taskSlotsPerNode) return 'slots';
  if (pool.currentDedicatedNodes + pool.currentLowPriorityNodes === 0) return 'noNodes';
  return task.dependsOn === undefined ? 'jobDisabled' : 'dependency';
}

/** Without a state directory nothing has been written anywhere. */
export function failedTask(task: TaskView, jobId: string, stateDirectory?: string): FailedTask {
  const { exitCode, failureInfo } = task.executionInfo;
  const node = task.nodeInfo;
  const directory =
    node === undefined || stateDirectory === undefined
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
export function table(rows: string[][]): string[] {
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
