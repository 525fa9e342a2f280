import type {
  Engine,
  JobView,
  PoolView,
  Queries,
  Replay,
  ReplayedInput,
  TaskCounts,
  TaskExplanation,
  TaskView,
} from '@berth/core';
import { BatchError, explanationSentences } from '@berth/core';
import { table } from './results.ts';

const effectsInLine = 3;

/** "12  2026-11-25T21:00:00.000Z  add tasks to j: 2 tasks (a, b) → start j/a on p/node-1" */
export function lineOf(input: ReplayedInput, hash: string | undefined): string {
  const { number, at, text, result, ignored, effects } = input;
  const parts = [String(number).padStart(6), isoTime(at), ...(hash === undefined ? [] : [hash])];
  const outcome = [
    ...(result?.error === undefined ? [] : [`refused, ${result.error.code}`]),
    ...(result?.refused ?? []).map(({ index, error }) => `task ${index} refused, ${error.code}`),
    ...(ignored === true ? ['ignored'] : []),
    ...effects.slice(0, effectsInLine),
    ...(effects.length > effectsInLine ? [`${effects.length - effectsInLine} more`] : []),
  ];
  return `${[...parts, text].join('  ')}${outcome.length === 0 ? '' : ` → ${outcome.join('; ')}`}\n`;
}

/** As `--json` has it. */
export function inputAsJson(input: ReplayedInput, hash: string | undefined): object {
  const { at, ...rest } = input;
  return { ...rest, at: isoTime(at), ...(hash !== undefined && { stateHash: hash }) };
}

type JobNow = JobView & { taskCounts: TaskCounts; taskSlotCounts: TaskCounts };

/** The state at the moment where a replay has stopped. */
export interface ReplayedState {
  inputs: number;
  /** The latest time seen. */
  at: string;
  stateHash: string;
  ignoredReports: number;
  /** Of which pools and jobs are shown, and all there are. */
  account: string;
  accounts: string[];
  pools: (PoolView & { nodes: Record<string, number> })[];
  jobs: JobNow[];
}

/** @throws BatchError `ResourceNotFound`: not at that moment. */
export function stateOf(
  { engine, inputs }: Replay,
  accountName: string | undefined,
): ReplayedState {
  const queries = queriesOf(engine, accountName);
  const accounts = queries.accounts().map(({ accountName }) => accountName);
  return {
    inputs,
    at: isoTime(engine.now),
    stateHash: engine.stateHash(),
    ignoredReports: engine.ignoredReports,
    account: accountName ?? accounts[0] ?? '',
    accounts,
    pools: queries.pools().map((pool) => ({ ...pool, nodes: nodesByState(queries, pool.id) })),
    jobs: queries.jobs().map((job) => ({ ...job, ...must(queries.taskCounts(job.id)) })),
  };
}

function queriesOf({ queries }: Engine, accountName: string | undefined): Queries {
  if (accountName === undefined) return queries;
  const key = accountName.toLowerCase();
  const isThere = queries.accounts().some(({ accountName }) => accountName.toLowerCase() === key);
  if (!isThere) throw notThere('ResourceNotFound', `account "${accountName}"`);
  return queries.of(accountName);
}

export function formatState(state: ReplayedState): string {
  const lines = [
    `after ${state.inputs} input${state.inputs === 1 ? '' : 's'}, at ${state.at}`,
    `state hash ${state.stateHash}${state.ignoredReports === 0 ? '' : `, ${state.ignoredReports} reports ignored`}`,
  ];
  if (state.accounts.length > 1) {
    lines.push(`account ${state.account}, of ${state.accounts.join(', ')}`);
  }
  if (state.pools.length > 0) {
    const rows = state.pools.map(({ id, state, allocationState, nodes }) => [
      id,
      state,
      allocationState,
      Object.entries(nodes)
        .map(([state, count]) => `${count} ${state}`)
        .join(', '),
    ]);
    lines.push('', ...table([['pool', 'state', 'allocation', 'nodes'], ...rows]));
  }
  if (state.jobs.length > 0) {
    const rows = state.jobs.map(({ id, state, priority, taskCounts }) => [
      id,
      state,
      ...[priority, taskCounts.active, taskCounts.running].map(String),
      ...[taskCounts.succeeded, taskCounts.failed].map(String),
    ]);
    const head = ['job', 'state', 'priority', 'active', 'running', 'succeeded', 'failed'];
    lines.push('', ...table([head, ...rows]));
  }
  return `${lines.join('\n')}\n`;
}

/** One job, or one task and why it does not run. */
export type Shown = { job: JobNow } | { task: TaskView; explanation?: TaskExplanation };

/** @throws BatchError `ResourceNotFound`, `JobNotFound`, `TaskNotFound`: not at that moment. */
export function showOf(engine: Engine, accountName: string | undefined, subject: string): Shown {
  const queries = queriesOf(engine, accountName);
  const [jobId = '', taskId] = subject.split('/');
  const job = queries.job(jobId);
  if (job === undefined) throw notThere('JobNotFound', `job "${jobId}"`);
  if (taskId === undefined) return { job: { ...job, ...must(queries.taskCounts(jobId)) } };
  const task = queries.task(jobId, taskId);
  if (task === undefined) throw notThere('TaskNotFound', `task "${taskId}" in job "${jobId}"`);
  const explanation = task.state === 'active' ? queries.explain(jobId, taskId) : undefined;
  return { task, ...(explanation !== undefined && { explanation }) };
}

export function formatShown(shown: Shown): string {
  if ('job' in shown) return `${JSON.stringify(shown.job, null, 2)}\n`;
  const { task, explanation } = shown;
  const sentences = explanation === undefined ? [] : explanationSentences(explanation);
  return [JSON.stringify(task, null, 2), ...sentences, ''].join('\n');
}

function nodesByState(queries: Queries, poolId: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of queries.nodes(poolId) ?? []) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function notThere(code: string, what: string): BatchError {
  return new BatchError({ code, message: `There is no ${what} at that moment.` });
}

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('a job without counts');
  return value;
}
