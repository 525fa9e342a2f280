import type { Workflow } from '@berth/core/spec';
import type { StartedRun } from './dag-engine.ts';
import { DagLives } from './dag-engine.ts';
import type { Dag } from './dag-graph.ts';
import { dagOf } from './dag-graph.ts';
import type { NamedWorkflow } from './wfformat.ts';

/** Its tasks by place; the ids are no ids of Batch. */
export function dagOfWorkflow({ tasks }: Workflow): Dag {
  return dagOf(tasks.length, (place) => tasks[place]?.parents ?? []);
}

export interface WorkflowRun {
  makespanMs: number;
  criticalPathMs: number;
  workMs: number;
}

/** The longest chain of runtimes, in milliseconds as they run. */
function criticalPathMs(workflow: Workflow): number {
  const ends: number[] = [];
  for (const { parents, durationMs } of workflow.tasks) {
    ends.push(Math.max(0, ...parents.map((parent) => ends[parent] ?? 0)) + durationMs);
  }
  return Math.max(...ends);
}

/**
 * The workflow through the engine on a virtual clock, each task as long as it was recorded.
 * @throws Error where a task starts before a parent has ended, runs twice or is left over, or where the
 * makespan is none of a schedule that never leaves a slot idle while a task is ready.
 */
export function runWorkflow(workflow: NamedWorkflow, slots: number): WorkflowRun {
  const { name, tasks } = workflow;
  const lives = new DagLives(1, slots);
  const { queries } = lives.engine;
  const endOf: (number | undefined)[] = [];
  const running: (StartedRun & { endMs: number; place: number })[] = [];
  let nowMs = 0;
  const started = (runs: readonly StartedRun[]): void => {
    for (const run of runs) {
      const place = Number(lives.taskOf(run));
      const task = tasks[place];
      if (task === undefined || endOf[place] !== undefined)
        throw new Error(`${name}: ${place} runs again`);
      if (task.parents.some((parent) => (endOf[parent] ?? Infinity) > nowMs)) {
        throw new Error(`${name}: ${task.id} starts before all its parents have ended`);
      }
      endOf[place] = nowMs + task.durationMs;
      running.push({ ...run, place, endMs: nowMs + task.durationMs });
    }
    if (running.length > slots)
      throw new Error(`${name}: ${running.length} runs in ${slots} slots`);
  };
  started(lives.submit(dagOfWorkflow(workflow), true));
  while (running.length > 0) {
    running.sort((a, b) => b.endMs - a.endMs);
    const endMs = running.at(-1)?.endMs ?? nowMs;
    const ended: StartedRun[] = [];
    while (running.at(-1)?.endMs === endMs) ended.push(...running.splice(-1));
    const passed = endMs - nowMs;
    nowMs = endMs;
    started(lives.end(ended, passed));
  }
  const counts = queries.taskCounts('job');
  if (counts?.taskCounts.succeeded !== tasks.length) {
    throw new Error(`${name}: ${counts?.taskCounts.succeeded} of ${tasks.length} tasks completed`);
  }
  const path = criticalPathMs(workflow);
  const workMs = tasks.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const least = Math.max(path, workMs / slots);
  const most = workMs / slots + (1 - 1 / slots) * path;
  if (nowMs < least - 1 || nowMs > most + 1) {
    throw new Error(`${name}: makespan ${nowMs} ms is not between ${least} and ${most}`);
  }
  return { makespanMs: nowMs, criticalPathMs: path, workMs };
}
