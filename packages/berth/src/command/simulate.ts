import type { Command, Policies } from '@berth/core';
import { BatchError, Engine, Simulation } from '@berth/core';
import { CriticalPath } from './critical-path.ts';
import { blockedTasks, failedTask, failedTasks } from './results.ts';
import type { SimulatedJob } from './simulated-job.ts';
import type { SimulatedResults } from './simulated-results.ts';
import { standingOf } from './standing.ts';

/** More would not fit in memory beside their order. */
const taskLimit = 100_000_000;
/** Of all nodes together: they are rows of a table. */
const slotLimit = 50_000_000;

/** Runs it on a virtual clock to its end, or until nothing that is left can ever start. */
export function simulate(simulated: SimulatedJob, policies: Policies = {}): SimulatedResults {
  const { pool, job, taskFactory, tasks, factoryCount } = simulated;
  const count = factoryCount + tasks.length;
  refuseMore(count, taskLimit, 'tasks');
  const nodes = pool.targetDedicatedNodes + (pool.targetLowPriorityNodes ?? 0);
  refuseMore(nodes * pool.taskSlotsPerNode, slotLimit, 'task slots');
  const hasManager = job.jobManagerTask !== undefined;
  /** The manager is the first task of its job. */
  const placeOf = (index: number): number =>
    hasManager ? (index === 0 ? count - 1 : index - 1) : index;
  const path = new CriticalPath(simulated);
  const startOrder = new Int32Array(count);
  let started = 0;
  const simulation = new Simulation(new Engine({ policies }), {
    bootTimeMs: simulated.bootTimeMs,
    durationMs: ({ taskIndex }) => simulated.durationMs(placeOf(taskIndex)),
    outcome: ({ taskIndex, retryCount }) => simulated.exitCode(placeOf(taskIndex), retryCount),
    onStart({ taskIndex }) {
      const place = placeOf(taskIndex);
      if (path.started(place)) startOrder[started++] = place;
    },
    onEnd: ({ taskIndex, startTime }, at) => path.ended(placeOf(taskIndex), at - startTime),
  });
  const { queries } = simulation.engine;
  const give = (command: Command): void => {
    const { error, refused = [] } = simulation.command(command);
    for (const one of error === undefined ? refused : [{ error }]) throw new BatchError(one.error);
  };

  give({ type: 'addPool', pool });
  // Nodes that boot in no time are there before the tasks, which then spread over all of them.
  simulation.run(simulation.now);
  // As in a run, an empty job would end at once.
  give({ type: 'addJob', job: { ...job, onAllTasksComplete: 'noaction' } });
  if (taskFactory !== undefined)
    give({ type: 'addTaskFactory', jobId: job.id, factory: taskFactory });
  const others = hasManager ? tasks.slice(0, -1) : tasks;
  if (others.length > 0) give({ type: 'addTasks', jobId: job.id, tasks: others });
  const { onAllTasksComplete } = job;
  if (onAllTasksComplete === 'terminatejob') {
    give({ type: 'patchJob', jobId: job.id, patch: { onAllTasksComplete } });
  }
  let standing = standingOf(queries, job.id, pool.id);
  while (standing === 'underway' && simulation.step()) {
    standing = standingOf(queries, job.id, pool.id);
  }
  if (standing === 'stalled') {
    give({ type: 'terminateJob', jobId: job.id, terminateReason: 'NothingLeftToRun' });
  }

  const { makespanMs, busySlotMs, utilization, startedRuns, mostSlots } = simulation.result();
  const { state, executionInfo } = must(queries.job(job.id));
  const workMs = mostSlots === 0 ? 0 : busySlotMs / mostSlots;
  const lowerBoundMs = Math.max(path.longestMs, workMs);
  const { terminateReason } = executionInfo;
  return {
    kind: simulated.kind,
    name: simulated.name,
    pool: {
      ...(pool.enableAutoScale && { enableAutoScale: pool.enableAutoScale }),
      targetDedicatedNodes: pool.targetDedicatedNodes,
      targetLowPriorityNodes: pool.targetLowPriorityNodes ?? 0,
      taskSlotsPerNode: pool.taskSlotsPerNode,
      nodeFillType: pool.taskSchedulingPolicy.nodeFillType,
    },
    ...namesOf(simulation.engine),
    state,
    ...(terminateReason === undefined ? {} : { terminateReason }),
    tasks: count,
    taskCounts: must(queries.taskCounts(job.id)).taskCounts,
    runs: startedRuns,
    makespanSeconds: makespanMs / 1_000,
    criticalPathSeconds: path.longestMs / 1_000,
    totalWorkSeconds: busySlotMs / 1_000,
    lowerBoundSeconds: lowerBoundMs / 1_000,
    aboveLowerBound: lowerBoundMs === 0 ? 0 : makespanMs / lowerBoundMs - 1,
    utilization,
    failedTasks: failedTasks(queries, job.id).map((task) => failedTask(task, job.id)),
    blockedTasks: blockedTasks(queries, job.id),
    startOrder: startOrder.subarray(0, started),
    idOf: simulated.idOf,
  };
}

function refuseMore(count: number, most: number, what: string): void {
  if (count <= most) return;
  const message = `${count} ${what} are too many to simulate: at most ${most}`;
  throw new BatchError({ code: 'InvalidPropertyValue', message });
}

/** The engine was told of it: it knows it. */
function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the engine does not know what it was given');
  return value;
}

function namesOf({ policies }: Engine): Pick<SimulatedResults, 'policies'> {
  return Object.keys(policies).length === 0 ? {} : { policies };
}
