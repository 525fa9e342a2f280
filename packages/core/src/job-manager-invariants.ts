import { isJobManager } from './job-manager.ts';
import { nodeId } from './node.ts';
import { Flag, stateMask, TaskState, Word } from './task-rows.ts';
import type { World } from './world.ts';

/** What does not hold of job managers, and of the nodes that they have for themselves (ruling 15). */
export function brokenJobManagers(world: World): string[] {
  const wrong: string[] = [];
  for (const job of world.jobs) {
    if (job?.jobManager === undefined) continue;
    const { row, waits } = job.jobManager;
    const { id } = job.specification;
    const flags = job.rows.get(row, Word.flags);
    const mayStart = (flags & stateMask) === TaskState.active && row >= job.agedRows;
    if (job.isOpen && mayStart !== (waits !== undefined)) {
      wrong.push(`job ${id}: its manager waits ${waits ?? 'for nothing'}, its task says otherwise`);
    }
    if (!job.isOpen && waits !== undefined) wrong.push(`job ${id}: its manager waits, it is over`);
    if (waits === 'first' && (flags & Flag.hasStart) !== 0) {
      wrong.push(`job ${id}: its manager waits for a first start that it has had`);
    }
    if ((waits === 'again') !== world.displaceable.has(job.number)) {
      if (job.specification.allowTaskPreemption !== true) {
        wrong.push(`job ${id}: may displace, or may not, otherwise than its manager waits`);
      }
    }
  }
  for (const node of world.nodes) {
    // Its rows may be another node's by now.
    if (node.state === 'gone') continue;
    const runs = [...node.runs()];
    const exclusive = runs.filter((run) => {
      const job = world.jobs[world.runs.job(run)]!;
      if (!isJobManager(job, world.runs.task(run))) return false;
      return job.specification.jobManagerTask?.runExclusive === true;
    });
    if (node.isExclusive !== exclusive.length > 0 || (node.isExclusive && runs.length > 1)) {
      wrong.push(`${nodeId(node)}: exclusive is ${node.isExclusive} with ${runs.length} runs`);
    }
  }
  return wrong;
}
