import type { Misfit, RootCause } from './ancestor-search.ts';
import { rowsOf, rowsOfInteger, searchAncestors } from './ancestor-search.ts';
import type { ExplanationReason, FreeingEvent, ParentState } from './explanation.ts';
import { mostParentsListed, reason } from './explanation.ts';
import type { Job } from './job.ts';
import { taskMachine } from './machines.ts';
import { taskFailure } from './task-failure.ts';
import { Flag, failureMask, failureShift, stateMask, TaskState, Word } from './task-rows.ts';

/*
 * What an active task waits for (semantics §3.6): its own parents one by one, and what is the cause further up.
 */

export interface ParentReasons {
  reasons: ExplanationReason[];
  /** Absent: the search went to its end. */
  searchedEdges?: number;
}

/** `misfitOf`: why the pool can never hold a task. */
export function explainParents(
  job: Job,
  row: number,
  limit: number,
  misfitOf: (row: number) => Misfit | undefined,
): ParentReasons {
  const { tasks, ranges } = job.dependencies!.parentsOf(row, (parent) => job.idOf(parent));
  const openTasks = tasks.filter(({ isSatisfied }) => !isSatisfied);
  const openRanges = ranges.filter(({ isSatisfied }) => !isSatisfied);
  const reasons: ExplanationReason[] = [];
  /** What is told of parents themselves is not told again as a cause. */
  const told = new Set<string>();
  for (const { id } of openTasks.slice(0, mostParentsListed)) {
    const parent = parentOf(job, rowsOf(job, { id, isOpen: true }));
    const { failureCode } = parent;
    const facts = { taskId: id, state: parent.state };
    reasons.push(
      reason(
        'parent',
        failureCode === undefined ? facts : { ...facts, failureCode },
        ...freeing(parent),
      ),
    );
    if (parent.state === 'missing' || parent.state === 'failed') told.add(id);
  }
  const left = mostParentsListed - reasons.length;
  for (const { start, end, lowestMissing = start } of openRanges.slice(0, left)) {
    const rows = rowsOfInteger(job, lowestMissing);
    const parent = parentOf(job, rows);
    const taskIds = rows.map((one) => job.idOf(one));
    const facts = { start, end, lowestMissing, taskIds, state: parent.state };
    reasons.push(reason('parentRange', facts, ...freeing(parent)));
    if (parent.state === 'missing') told.add(String(lowestMissing));
    if (parent.state === 'failed') for (const id of taskIds) told.add(id);
  }
  const more = openTasks.length + openRanges.length - reasons.length;
  if (more > 0) reasons.push(reason('moreParents', { count: more }, 'parentSatisfies'));

  const search = searchAncestors(job, row, limit, misfitOf);
  if (search.cycle !== undefined) reasons.push(reason('cycle', search.cycle, 'taskReplaced'));
  for (const { taskId, cause, via, depth } of search.rootCauses) {
    if (depth === 0 && told.has(taskId)) continue;
    reasons.push(reason('rootCause', { taskId, cause, via }, ...freeingCause(cause)));
  }
  return search.isComplete ? { reasons } : { reasons, searchedEdges: search.edges };
}

interface ParentFacts {
  state: ParentState;
  failureCode?: string;
  /** It has failed with an exit code that lets it be reactivated. */
  canReactivate: boolean;
}

const byPromise: readonly ParentState[] = ['running', 'preparing', 'active', 'failed'];

/** Of several that stand for one integer, the one that may satisfy first. */
function parentOf(job: Job, rows: number[]): ParentFacts {
  const parents = rows.map((row) => parentFacts(job, row));
  for (const state of byPromise) {
    const found = parents.find((parent) => parent.state === state);
    if (found !== undefined) return found;
  }
  return { state: 'missing', canReactivate: false };
}

function parentFacts(job: Job, row: number): ParentFacts {
  const flags = job.rows.get(row, Word.flags);
  if ((flags & stateMask) !== TaskState.completed) {
    const state = taskMachine.states[flags & stateMask]!;
    return {
      state: state === 'running' || state === 'preparing' ? state : 'active',
      canReactivate: false,
    };
  }
  const failure = taskFailure((flags & failureMask) >>> failureShift);
  return {
    state: 'failed',
    canReactivate: canReactivate(job, row),
    ...(failure === undefined ? {} : { failureCode: failure.code }),
  };
}

/** semantics §2.5: one that has exited with 0 cannot be reactivated, whatever came after. */
export function canReactivate(job: Job, row: number): boolean {
  const flags = job.rows.get(row, Word.flags);
  const exitedWithZero =
    (flags & Flag.hasExitCode) !== 0 && job.rows.get(row, Word.runOrExitCode) === 0;
  return (flags & Flag.failure) !== 0 && !exitedWithZero;
}

function freeing({ state, canReactivate }: ParentFacts): FreeingEvent[] {
  if (state === 'missing') return ['taskAdded'];
  if (state !== 'failed') return ['parentSatisfies'];
  return canReactivate ? ['taskReactivated', 'taskReplaced'] : ['taskReplaced'];
}

function freeingCause(cause: RootCause['cause']): FreeingEvent[] {
  if (cause === 'missing') return ['taskAdded'];
  return cause === 'failed'
    ? ['taskReactivated', 'taskReplaced']
    : ['poolAdded', 'jobMoved', 'taskReplaced'];
}
