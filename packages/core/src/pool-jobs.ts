import type { Job } from './job.ts';
import type { Pool } from './pool.ts';
import { noPool } from './pool.ts';

/**
 * Points a job at a pool, or at none. A pool counts what its jobs complete while they are its own, and goes on
 * counting what they had completed when they leave it (semantics §6.5).
 */
export function assignPool(job: Job, from: Pool | undefined, to: Pool | undefined): void {
  const { succeeded, failed } = job.completions;
  if (from !== undefined) {
    from.jobs.delete(job.number);
    from.otherCompletions.succeeded += succeeded;
    from.otherCompletions.failed += failed;
  }
  if (to !== undefined) {
    to.jobs.add(job.number);
    to.otherCompletions.succeeded -= succeeded;
    to.otherCompletions.failed -= failed;
  }
  job.pool = to?.number ?? noPool;
}
