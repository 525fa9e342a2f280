import { isJobManager } from './job-manager.ts';
import type { NodeState } from './machines.ts';
import type { Node } from './node.ts';
import type { World } from './world.ts';

/** Classes of nodes in the order in which they leave (semantics §3.11). */
const classOf: Readonly<Record<NodeState, number>> = {
  unusable: 0,
  starttaskfailed: 0,
  unknown: 0,
  preempted: 0,
  deallocating: 0,
  deallocated: 0,
  creating: 1,
  starting: 1,
  waitingforstarttask: 1,
  rebooting: 1,
  reimaging: 1,
  offline: 2,
  idle: 3,
  // One that runs a job manager leaves after all others.
  running: 4,
  leavingpool: -1,
  gone: -1,
};

/** So many of the nodes (none: of a number below 0), those that leave first; among equals the youngest leaves. None of them is leaving. */
export function firstToLeave(world: World, nodes: readonly Node[], count: number): Node[] {
  const managed = new Set(nodes.filter((node) => runsJobManager(world, node)));
  return [...nodes]
    .sort(
      (a, b) =>
        Number(managed.has(a)) - Number(managed.has(b)) ||
        classOf[a.state] - classOf[b.state] ||
        b.freeSlots - a.freeSlots ||
        b.ordinal - a.ordinal,
    )
    .slice(0, Math.max(0, count));
}

function runsJobManager({ runs, jobs }: World, node: Node): boolean {
  for (const run of node.runs())
    if (isJobManager(jobs[runs.job(run)]!, runs.task(run))) return true;
  return false;
}
