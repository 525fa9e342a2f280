import type { Parent } from './dependencies.ts';
import { integerOf, spelledInteger } from './integer-ids.ts';
import type { Job } from './job.ts';

/** That a task depends on another; of a range there is one for each task whose id stands for an integer in it. */
export interface TaskDependency {
  /** An id that no task has is in lower case, and an integer without leading zeros. */
  parentId: string;
  childId: string;
  /** What the child waits for here has come: once satisfied stays satisfied (ruling 32). */
  isSatisfied: boolean;
}

/**
 * The dependencies of a job by child, in slices of `sliceSize`; some are empty, so that whoever reads can let
 * others go on between two. `isThere`: whether the job still is; when it is gone the list is at its end.
 */
export function* listDependencies(
  job: Job,
  isThere: () => boolean,
  sliceSize: number,
): IterableIterator<TaskDependency[]> {
  const { dependencies } = job;
  if (dependencies === undefined) return;
  const otherSpellings = new Map<number, number[]>();
  for (let row = 0; row < job.rowCount && dependencies.someLeadingZeros; row++) {
    if (!noteSpelling(job, row, otherSpellings)) row = lastRowOfFactory(job, row);
    if (row % sliceSize === sliceSize - 1) {
      yield [];
      if (!isThere()) return;
    }
  }
  let slice: TaskDependency[] = [];
  for (let row = 0, looked = 0; row < job.rowCount; row++) {
    if (dependencies.groupOf(row) !== -1 && !job.isGone(row)) {
      for (const parent of dependencies.parents(row, true)) {
        const { isOpen } = parent;
        for (const parentId of parentIds(job, parent, otherSpellings)) {
          slice.push({ parentId, childId: job.idOf(row), isSatisfied: !isOpen });
        }
        if (slice.length < sliceSize) continue;
        yield slice;
        if (!isThere()) return;
        slice = [];
      }
    }
    if (++looked % sliceSize !== 0) continue;
    yield slice;
    if (!isThere()) return;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/** False: the row is of a factory, whose ids are the plain integers. */
function noteSpelling(job: Job, row: number, otherSpellings: Map<number, number[]>): boolean {
  if (job.segmentOf(row).factory !== undefined) return false;
  if (job.isGone(row)) return true;
  const id = job.idOf(row);
  const integer = integerOf(id);
  if (integer === -1 || spelledInteger(id) !== -1) return true;
  const rows = otherSpellings.get(integer);
  if (rows === undefined) otherSpellings.set(integer, [row]);
  else rows.push(row);
  return true;
}

function lastRowOfFactory(job: Job, row: number): number {
  const { firstRow, count } = job.segmentOf(row);
  return firstRow + count - 1;
}

function parentIds(job: Job, parent: Parent, otherSpellings: Map<number, number[]>): string[] {
  if ('id' in parent) return [idThereIs(job, parent.id)];
  // A task that was deleted after it had satisfied may have a successor of its id.
  if ('row' in parent) return [idThereIs(job, job.idOf(parent.row))];
  const { integer } = parent;
  const ids = (otherSpellings.get(integer) ?? [])
    .filter((row) => !job.isGone(row))
    .map((row) => job.idOf(row));
  if (ids.length === 0 || job.find(String(integer)) !== -1) ids.unshift(String(integer));
  return ids;
}

/** As its task spells it. */
function idThereIs(job: Job, id: string): string {
  const row = job.find(id);
  return row === -1 ? id : job.idOf(row);
}
