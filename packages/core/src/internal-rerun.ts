import type { Job } from './job.ts';
import { isJobManager } from './job-manager.ts';
import type { World } from './world.ts';

/*
 * How often a task runs again that nobody has put back: any number of times, unless the host sets a limit to what is
 * lost with nodes and runners (semantics §3.8, ruling 22).
 */

/** Whether a task whose node or runner was lost runs again. A job manager always does (ruling 15 b). */
export function mayRerun({ options }: World, job: Job, row: number): boolean {
  const most = options.maxInternalRetryCount;
  if (most === undefined || isJobManager(job, row)) return true;
  return (job.rareOf(row)?.internalRetryCount ?? 0) < most;
}

/** Else its place was taken, or its node starts with another OS version, to which there is no limit. */
export function countRerun({ options }: World, job: Job, row: number, isLost: boolean): void {
  const facts = job.rareFacts(row);
  facts.internalReruns = (facts.internalReruns ?? 0) + 1;
  if (isLost && options.maxInternalRetryCount !== undefined) {
    facts.internalRetryCount = (facts.internalRetryCount ?? 0) + 1;
  }
}
