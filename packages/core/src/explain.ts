import { formatTime } from './calendar.ts';
import { canReactivate, explainParents } from './explain-parents.ts';
import { explainPlace, explainPool, misfitsIn } from './explain-place.ts';
import type { ExplanationReason, TaskExplanation } from './explanation.ts';
import { defaultSearchLimit, reason } from './explanation.ts';
import type { Job } from './job.ts';
import { taskLifetimeMs } from './limits.ts';
import { nodeId } from './node.ts';
import type { TaskView } from './queries.ts';
import { Ending } from './run-table.ts';
import { stateMask, TaskState, Word } from './task-rows.ts';
import { startTimeOf } from './task-transitions.ts';
import type { World } from './world.ts';

export interface ExplainOptions {
  /**
   * How many dependencies are followed upwards in search of a circle or of a cause; default
   * {@link defaultSearchLimit}. A microsecond each, about.
   */
  searchLimit?: number;
}

/**
 * Why the task of a row does not run, from what placement decides by. Costs the nodes of the pool, the task's
 * own dependencies, and what the limits allow: nothing grows with the tasks beyond them.
 */
export function explainTask(
  world: World,
  job: Job,
  row: number,
  view: TaskView,
  { searchLimit = defaultSearchLimit }: ExplainOptions,
): TaskExplanation {
  const explanation = { jobId: job.specification.id, taskId: view.id, state: view.state };
  if (view.state === 'completed') {
    return { ...explanation, reasons: [explainCompleted(job, row, view)] };
  }
  if ((job.rows.get(row, Word.flags) & stateMask) === TaskState.running) {
    return { ...explanation, reasons: [explainRunning(world, job, row)] };
  }
  if ((job.rows.get(row, Word.flags) & stateMask) === TaskState.preparing) {
    return { ...explanation, reasons: [explainPreparing(world, job, row)] };
  }
  const stateReasons = [
    ...explainAge(job, row, view),
    ...explainJobState(job),
    ...explainManager(job, row),
  ];
  const pool = world.poolOf(job);
  const reasons = [...stateReasons, ...explainPool(world, job, row)];
  if (job.isWaiting(row)) {
    const { reasons: parents, ...search } = explainParents(
      job,
      row,
      searchLimit,
      misfitsIn(pool, job),
    );
    return { ...explanation, reasons: [...parents, ...reasons], ...search };
  }
  if (pool !== undefined && reasons.every(({ forEver }) => !forEver)) {
    reasons.push(...explainPlace(world, pool, job, row));
  }
  return { ...explanation, reasons };
}

/** semantics §3.1, rule 1 */
function explainAge(job: Job, row: number, { creationTime }: TaskView): ExplanationReason[] {
  if (row >= job.agedRows) return [];
  return [reason('lifetime', { creationTime, lifetimeMs: taskLifetimeMs }, 'taskReplaced')];
}

function explainJobState(job: Job): ExplanationReason[] {
  const { state, terminateReason, isOpen } = job;
  if (state === 'active') return [];
  const facts = terminateReason === undefined ? { state } : { state, terminateReason };
  return [isOpen ? reason('jobState', facts, 'jobEnabled') : reason('jobState', facts)];
}

function explainCompleted(job: Job, row: number, view: TaskView): ExplanationReason {
  const { result = 'failure', endTime = '', exitCode, failureInfo } = view.executionInfo;
  const facts = {
    result,
    endTime,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(failureInfo === undefined ? {} : { failureCode: failureInfo.code }),
  };
  return job.isOpen && canReactivate(job, row)
    ? reason('completed', facts, 'taskReactivated')
    : reason('completed', facts);
}

function explainPreparing(world: World, job: Job, row: number): ExplanationReason {
  const run = job.rows.get(row, Word.runOrExitCode);
  // Of a multi-instance task, the first that is not prepared.
  const nodes = world.gangs.of(run)?.gang.instances.map((instance) => instance.node) ?? [];
  const waiting = nodes.find((one) => job.onNodes?.byNode.get(one)?.isPrepared !== true);
  const node = world.nodes[waiting ?? world.runs.node(run)]!;
  const facts = {
    poolId: node.poolId,
    nodeId: nodeId(node),
    since: formatTime(world.runs.start(run)),
  };
  return reason('preparing', facts, 'preparationEnds');
}

function explainManager(job: Job, row: number): ExplanationReason[] {
  const { jobManager } = job;
  if (jobManager?.waits !== 'first' || jobManager.row === row) return [];
  return [reason('jobManager', { taskId: job.idOf(jobManager.row) }, 'jobManagerStarts')];
}

function explainRunning(world: World, job: Job, row: number): ExplanationReason {
  const run = job.rows.get(row, Word.runOrExitCode);
  const node = world.nodes[world.runs.node(run)]!;
  const facts = {
    poolId: node.poolId,
    nodeId: nodeId(node),
    startTime: formatTime(startTimeOf(job, row)),
    isEnding: world.runs.ending(run) !== Ending.none,
  };
  return reason('running', facts, 'taskEnds');
}
