import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExplanationReason, Queries, TaskCounts, TaskList, TaskView } from '@berth/core';
import { reasonSentence } from '@berth/core';
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
  /** What would have kept it waiting for ever, or that the job ended before. */
  reasons: ExplanationReason[];
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
const mostReasons = 5;

export async function collectResults(
  batch: Batch,
  jobId: string,
  stateDirectory: string,
  downloads: { file: string; print: boolean }[],
  startedMs: number,
): Promise<RunResults> {
  const client = batch.jobs.get(jobId);
  const job = client.get();
  const { terminateReason, poolId = '' } = job.executionInfo;
  const { taskCounts } = client.taskCounts();
  const { queries } = batch.runtime;
  const nodes = (queries.nodes(poolId) ?? []).map(({ id, totalTasksRun, totalTasksSucceeded }) => ({
    id,
    totalTasksRun,
    totalTasksSucceeded,
  }));
  const { accountName } = batch.account().get();
  const nodesDirectory = join(stateDirectory, 'executors/local/nodes', accountName);
  return {
    jobId: job.id,
    state: job.state,
    ...(terminateReason === undefined ? {} : { terminateReason }),
    taskCounts,
    failedTasks: failedTasks(queries, jobId).map((task) => failedTask(task, jobId, nodesDirectory)),
    blockedTasks: blockedTasks(queries, jobId),
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
export function blockedTasks(queries: Queries, jobId: string): BlockedTask[] {
  const endedHere = queries.job(jobId)?.executionInfo.terminateReason === 'NothingLeftToRun';
  return firstTasks(queries, jobId, { state: 'active' }).map(({ id }) => {
    const reasons = (queries.explain(jobId, id)?.reasons ?? []).filter(
      // That the job was ended for nothing could start says nothing of why.
      ({ kind, forEver }) => forEver && !(endedHere && kind === 'jobState'),
    );
    return { id, reasons: reasons.length > 0 ? reasons : [jobWasDisabled] };
  });
}

/** What is left where nothing else kept a task waiting for ever. */
const jobWasDisabled: ExplanationReason = {
  kind: 'jobState',
  state: 'disabled',
  freedBy: ['jobEnabled'],
  forEver: true,
};

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
  for (const [text, ids] of byReasons(blockedTasks)) {
    lines.push('', `never run: ${ids.join(', ')}`, text);
  }
  const moreBlocked = taskCounts.active - blockedTasks.length;
  if (moreBlocked > 0) lines.push('', `and ${moreBlocked} more tasks that never ran`);
  return lines;
}

/** Ids of the tasks that have the same reasons, by the lines that tell them. */
function byReasons(tasks: readonly BlockedTask[]): Map<string, string[]> {
  const idsOf = new Map<string, string[]>();
  for (const { id, reasons } of tasks) {
    const lines = reasons.slice(0, mostReasons).map((reason) => `  ${reasonSentence(reason)}`);
    const more = reasons.length - lines.length;
    if (more > 0) lines.push(`  and ${more} more reasons`);
    const text = lines.join('\n');
    const ids = idsOf.get(text);
    if (ids === undefined) idsOf.set(text, [id]);
    else ids.push(id);
  }
  return idsOf;
}

/** `nodesDirectory`: of all pools; without one nothing has been written anywhere. */
export function failedTask(task: TaskView, jobId: string, nodesDirectory?: string): FailedTask {
  const { exitCode, failureInfo } = task.executionInfo;
  const node = task.nodeInfo;
  const directory =
    node === undefined || nodesDirectory === undefined
      ? undefined
      : join(nodesDirectory, node.poolId, node.nodeId, 'workitems', jobId, 'job-1', task.id);
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
