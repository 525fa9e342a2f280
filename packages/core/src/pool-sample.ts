import type { SampledVariable } from './autoscale/variables.ts';
import { sampledVariables } from './autoscale/variables.ts';
import { resourcesOf } from './node-sample.ts';
import type { Pool } from './pool.ts';
import type { World } from './world.ts';

/** What is sampled of a pool at this moment (semantics §6.5). Costs its jobs and nodes, not its tasks. */
export function sampleOf(world: World, pool: Pool): number[] {
  let active = 0;
  let running = 0;
  let { succeeded, failed } = pool.otherCompletions;
  for (const number of pool.jobs) {
    const job = world.jobs[number]!;
    const completions = job.completions;
    // Queued is what is active, depends on nothing any more, and can still run.
    active += job.liveInstances;
    running += job.instances.running;
    succeeded += completions.succeeded;
    failed += completions.failed;
  }
  let usable = 0;
  let preempted = 0;
  for (const { state } of pool.nodes) {
    if (state === 'idle' || state === 'running') usable++;
    else if (state === 'preempted') preempted++;
  }
  const values: Record<SampledVariable, number> = {
    ...resourcesOf(world, pool),
    $ActiveTasks: active,
    $RunningTasks: running,
    $PendingTasks: active + running,
    $SucceededTasks: succeeded,
    $FailedTasks: failed,
    $CompletedTasks: succeeded + failed,
    $TaskSlotsPerNode: pool.specification.taskSlotsPerNode,
    $CurrentDedicatedNodes: pool.nodes.dedicated,
    $CurrentLowPriorityNodes: pool.nodes.lowPriority,
    $PreemptedNodeCount: preempted,
    $UsableNodeCount: usable,
  };
  return sampledVariables.map((name) => values[name]);
}
