import { BatchError } from '@berth/core';
import { DirectedGraph } from 'graphology';
import type { AccountRuntime } from './account-runtime.ts';
import { notFound } from './not-found.ts';

/** A task of the graph; `missing`: an id that tasks depend on and no task has. */
export interface TaskNodeAttributes {
  state: 'active' | 'preparing' | 'running' | 'completed' | 'missing';
  /** When completed. */
  result?: 'success' | 'failure';
}

/** From a parent to a child that depends on it. */
export interface DependencyAttributes {
  /** The child does not wait for it any more. */
  satisfied: boolean;
}

export type JobGraph = DirectedGraph<TaskNodeAttributes, DependencyAttributes>;

export interface JobGraphOptions {
  /** The most tasks, and the most dependencies, that are taken into memory. Default 100,000. */
  limit?: number;
}

const defaultLimit = 100_000;

/** Tasks, then dependencies, in slices between which the engine goes on. */
export async function jobGraph(
  { queries }: AccountRuntime,
  jobId: string,
  { limit = defaultLimit }: JobGraphOptions,
): Promise<JobGraph> {
  const graph: JobGraph = new DirectedGraph();
  let continuation: number | undefined = 0;
  while (continuation !== undefined) {
    const page = queries.tasks(jobId, { continuation });
    if (page === undefined) throw notFound('Job', jobId);
    for (const { id, state, executionInfo } of page.tasks) {
      const { result } = executionInfo;
      graph.mergeNode(id, { state: stateOf(state), ...(result === undefined ? {} : { result }) });
    }
    if (graph.order > limit) throw tooLarge(jobId, 'tasks', limit);
    continuation = page.continuation;
    await nextTurn();
  }
  for (const slice of queries.dependencies(jobId) ?? []) {
    for (const { parentId, childId, isSatisfied } of slice) {
      for (const id of [parentId, childId]) {
        if (!graph.hasNode(id)) graph.addNode(id, { state: 'missing' });
      }
      // By its id and by a range: it waits while it waits for one of them.
      graph.updateDirectedEdge(parentId, childId, ({ satisfied = true }) => ({
        satisfied: satisfied && isSatisfied,
      }));
      if (graph.size > limit) throw tooLarge(jobId, 'dependencies', limit);
    }
    await nextTurn();
  }
  return graph;
}

const states = ['active', 'preparing', 'running', 'completed'] as const;

function stateOf(state: string): TaskNodeAttributes['state'] {
  return states.find((one) => one === state) ?? 'missing';
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function tooLarge(jobId: string, what: string, limit: number): BatchError {
  return new BatchError({
    code: 'InvalidPropertyValue',
    message: `limit: job "${jobId}" has more than ${limit} ${what} (ranges written out); give graph() a larger limit.`,
    values: [
      { key: 'PropertyName', value: 'limit' },
      { key: 'PropertyValue', value: String(limit) },
    ],
  });
}
