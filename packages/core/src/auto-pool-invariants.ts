import { autoPoolOf } from './auto-pool.ts';
import type { World } from './world.ts';

/** What does not hold of the pools of jobs, as sentences (semantics §1.9). */
export function brokenAutoPools(world: World): string[] {
  const wrong: string[] = [];
  for (const job of world.jobs) {
    if (job === undefined || job.state === 'gone') continue;
    const { id, poolInfo } = job.specification;
    const named = world.accounts.of(job).pool(job.poolId)?.number ?? -1;
    if (job.pool !== named) wrong.push(`job ${id}: is in pool ${job.pool}, names pool ${named}`);
    const auto = autoPoolOf(poolInfo);
    if (auto === undefined || job.state !== 'completed') continue;
    const state = world.pools[job.autoPool]?.state;
    const isLeft = state === 'active' || state === 'upgrading';
    if (isLeft && auto.poolLifetimeOption === 'job' && !auto.keepAlive) {
      wrong.push(`job ${id}: is completed, and its own pool is still there`);
    }
  }
  for (const schedule of world.jobSchedules) {
    if (schedule?.state !== 'completed' || schedule.autoPool === -1) continue;
    wrong.push(`job schedule ${schedule.specification.id}: is completed and has a pool`);
  }
  return wrong;
}
