import type { Job } from './job.ts';
import type { JobOnNode } from './jobs-on-nodes.ts';
import { nodeId } from './node.ts';
import { isUnderWay } from './node-task.ts';
import { stateMask, TaskState, Word } from './task-rows.ts';
import type { World } from './world.ts';

/** What does not hold of preparations and releases, and of the runs that wait for them (semantics §8). */
export function brokenJobsOnNodes(world: World): string[] {
  const wrong: string[] = [];
  for (const onNode of world.jobsOnNodes.all()) {
    const job = world.jobs[onNode.job];
    if (job?.onNodes?.byNode.get(onNode.node) !== onNode) {
      wrong.push(`job on node ${onNode.number}: its job does not know it`);
    } else wrong.push(...broken(world, job, onNode));
  }
  for (const run of world.runs) {
    const job = world.jobs[world.runs.job(run)]!;
    const isPreparing = world.runs.isPreparing(run);
    const state = job.rows.get(world.runs.task(run), Word.flags) & stateMask;
    if (isPreparing !== (state === TaskState.preparing)) {
      wrong.push(`run ${run}: waits for a preparation is ${isPreparing}, its task is otherwise`);
    }
    const onNode = job.onNodes?.byNode.get(world.runs.node(run));
    const nodes = world.gangs.of(run)?.gang.instances.map(({ node }) => node);
    const preparing = (nodes ?? [world.runs.node(run)]).some((node) =>
      isUnderWay(job.onNodes?.byNode.get(node)?.preparation),
    );
    if (isPreparing && !preparing) {
      wrong.push(`run ${run}: waits for a preparation that is not under way`);
    }
    if (onNode?.isBarred === true) wrong.push(`run ${run}: on a node that is barred for its job`);
  }
  return wrong;
}

function broken(world: World, job: Job, onNode: JobOnNode): string[] {
  const wrong: string[] = [];
  const { preparation, release, holdsBack, deadline, number } = onNode;
  const node = world.nodes[onNode.node]!;
  const { id, jobReleaseTask } = job.specification;
  const name = `job ${id} on ${nodeId(node)}`;
  if (isUnderWay(preparation) && isUnderWay(release)) wrong.push(`${name}: prepares and releases`);
  if (isUnderWay(preparation) && onNode.isPrepared) wrong.push(`${name}: is prepared and prepares`);
  if (isUnderWay(release) && jobReleaseTask === undefined) wrong.push(`${name}: has no release`);
  if (isUnderWay(release) && job.isOpen) wrong.push(`${name}: releases before its end`);
  if (holdsBack && (job.isOpen || job.state === 'completed')) {
    wrong.push(`${name}: holds back a job that is ${job.state}`);
  }
  if (holdsBack !== job.onNodes!.holdingBack.has(onNode)) wrong.push(`${name}: counted wrongly`);
  if (!holdsBack && isUnderWay(release)) wrong.push(`${name}: releases behind its job's back`);
  if (world.nodeTaskDeadlines.timeOf(number) !== deadline) wrong.push(`${name}: due wrongly`);
  const isThere = node.state !== 'leavingpool' && node.state !== 'gone';
  if (!isThere && (isUnderWay(preparation) || isUnderWay(release))) {
    wrong.push(`${name}: runs on a node that is ${node.state}`);
  }
  return wrong;
}
