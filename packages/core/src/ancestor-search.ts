import type { Parent } from './dependencies.ts';
import { mostIdsListed, mostRootCauses } from './explanation.ts';
import type { Job } from './job.ts';
import { stateMask, TaskState, Word } from './task-rows.ts';

export interface Cycle {
  /** Each waits for the next, the last for the first; the first {@link mostIdsListed} of them. */
  taskIds: string[];
  length: number;
  isMember: boolean;
}

/** Why a pool can never hold a task as it is. */
export type Misfit = 'tooManySlots' | 'tooManyInstances';

export interface RootCause {
  taskId: string;
  cause: 'missing' | 'failed' | Misfit;
  via: string[];
  /** Of the tasks between, all of them. */
  depth: number;
}

export interface AncestorSearch {
  cycle: Cycle | undefined;
  rootCauses: RootCause[];
  edges: number;
  isComplete: boolean;
}

interface Frame {
  row: number;
  group: number;
  parents: Iterator<Parent>;
}

const done = -1;

/**
 * Looks through all that a task still waits for, and what that waits for, for a circle and for what never
 * satisfies. Depth first with a stack of its own: a chain may be a million tasks long. Rows that were added
 * together wait for the same, so they are one place of the search; at most `limit` edges are followed.
 */
export function searchAncestors(
  job: Job,
  row: number,
  limit: number,
  misfitOf: (row: number) => Misfit | undefined,
): AncestorSearch {
  const found: AncestorSearch = { cycle: undefined, rootCauses: [], edges: 0, isComplete: true };
  const causes = new Set<string>();
  /** By the first row of the group: where it stands on the stack, or {@link done}. */
  const places = new Map<number, number>();
  const stack: Frame[] = [];
  const enter = (entered: number, group: number): void => {
    places.set(group, stack.length);
    stack.push({ row: entered, group, parents: job.dependencies!.parents(entered, false) });
  };
  const blame = (taskId: string, cause: RootCause['cause']): void => {
    if (found.rootCauses.length === mostRootCauses || causes.has(taskId)) return;
    causes.add(taskId);
    const via = stack.slice(1, 1 + mostIdsListed).map((frame) => job.idOf(frame.row));
    found.rootCauses.push({ taskId, cause, via, depth: stack.length - 1 });
  };
  const close = (at: number, closing: number): void => {
    const isMember = closing === row;
    if (found.cycle?.isMember === true || (found.cycle !== undefined && !isMember)) return;
    // What stands at `at` waits for the same as the one that closes the circle.
    const rows = [closing, ...stack.slice(at + 1, at + mostIdsListed).map((frame) => frame.row)];
    const taskIds = rows.map((one) => job.idOf(one));
    found.cycle = { taskIds, length: stack.length - at, isMember };
  };

  const first = job.dependencies?.groupOf(row) ?? -1;
  if (first === -1) return found;
  enter(row, first);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const { value: parent, done: isDone } = frame.parents.next();
    if (isDone === true) {
      places.set(frame.group, done);
      stack.pop();
      continue;
    }
    if (found.edges === limit) {
      found.isComplete = false;
      break;
    }
    found.edges++;
    const rows = rowsThatCount(job, rowsOf(job, parent));
    // Of several that stand for an integer any may satisfy: what becomes of one says nothing.
    if (rows.length > 1) continue;
    const parentRow = rows[0];
    if (parentRow === undefined) {
      blame(
        'id' in parent ? parent.id : String('integer' in parent ? parent.integer : ''),
        'missing',
      );
      continue;
    }
    const state = job.rows.get(parentRow, Word.flags) & stateMask;
    if (state === TaskState.completed && !job.satisfies(parentRow)) {
      blame(job.idOf(parentRow), 'failed');
    } else if (state === TaskState.active) {
      const misfit = misfitOf(parentRow);
      if (misfit !== undefined) blame(job.idOf(parentRow), misfit);
      if (!job.isWaiting(parentRow)) continue;
      const group = job.dependencies!.groupOf(parentRow);
      const place = places.get(group);
      if (place === undefined) enter(parentRow, group);
      else if (place !== done) close(place, parentRow);
    }
  }
  return found;
}

/** Without those that have failed, where others may satisfy in their place. */
function rowsThatCount(job: Job, rows: number[]): number[] {
  if (rows.length < 2) return rows;
  const hopeful = rows.filter(
    (row) => (job.rows.get(row, Word.flags) & stateMask) !== TaskState.completed,
  );
  return hopeful.length === 0 ? rows.slice(0, 1) : hopeful;
}

/** The tasks that may satisfy it. */
export function rowsOf(job: Job, parent: Parent): number[] {
  if ('row' in parent) return [parent.row];
  if ('id' in parent) return present([job.find(parent.id)]);
  return rowsOfInteger(job, parent.integer);
}

const longestId = 64;

/** The tasks whose ids stand for the integer, by the number of leading zeros. */
export function rowsOfInteger(job: Job, integer: number): number[] {
  const digits = String(integer);
  const rows = [job.find(digits)];
  if (job.given !== undefined && job.dependencies?.someLeadingZeros === true) {
    for (let length = digits.length + 1; length <= longestId; length++) {
      rows.push(job.given.ids.find(digits.padStart(length, '0')));
    }
  }
  return present(rows);
}

function present(rows: number[]): number[] {
  return rows.filter((row) => row !== -1);
}
