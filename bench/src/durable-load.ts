import type { Batch, JobClient } from '@berth/berth';
import { priorities, standardLoad } from './dispatch-load.ts';

/** The standard load through the client: nodes, slots, and jobs of mixed priority. */
export async function addPool(batch: Batch): Promise<void> {
  await batch.pools.add({
    id: 'p',
    vmSize: 'local',
    executor: 'null',
    targetDedicatedNodes: standardLoad.nodes,
    taskSlotsPerNode: standardLoad.slotsPerNode,
  });
}

/** As many tasks in all, by factories; each job ends with its last task. */
export async function addJobs(batch: Batch, tasks: number): Promise<JobClient[]> {
  const perJob = Math.ceil(tasks / standardLoad.jobs);
  const adding = Array.from({ length: standardLoad.jobs }, async (_, number) => {
    const priority = priorities[number % priorities.length] ?? 0;
    const job = await batch.jobs.add({ id: `j${number}`, priority, poolInfo: { poolId: 'p' } });
    await job.tasks.addFactory({
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: perJob }],
      repeatTask: {
        commandLine: 'x {0}',
        requiredSlots: standardLoad.slotSizes[number % standardLoad.slotSizes.length] ?? 1,
      },
    });
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    return job;
  });
  return Promise.all(adding);
}
