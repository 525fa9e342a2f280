import { formatTime } from './calendar.ts';
import type { Gang } from './gang.ts';
import type { Job } from './job.ts';
import { affinityIdOf, nodeId } from './node.ts';
import type { FailureView } from './node-task-view.ts';
import { withDetail } from './node-task-view.ts';
import { Failure, taskFailure } from './task-failure.ts';
import type { World } from './world.ts';

/** What one of the nodes of a multi-instance task does or has done for it; times are ISO 8601. semantics §9 */
export interface SubtaskView {
  /** 1 and above: 0 is the primary, which the task itself shows. */
  id: number;
  nodeInfo: { poolId: string; nodeId: string; affinityId: string };
  /** Absent: it waits for the preparation of its job on the nodes of all. */
  startTime?: string;
  endTime?: string;
  /** Of its coordinationCommandLine. */
  exitCode?: number;
  failureInfo?: FailureView;
  state: 'preparing' | 'running' | 'completed';
  stateTransitionTime: string;
  previousState?: 'preparing' | 'running';
  previousStateTransitionTime?: string;
  result?: 'success' | 'failure';
}

/** Of the task as it ran last. */
export function listSubtasks(world: World, job: Job, row: number): SubtaskView[] {
  const gang = job.rareOf(row)?.gang;
  return gang === undefined
    ? []
    : gang.instances.slice(1).map((_, index) => subtaskView(world, gang, index + 1));
}

function subtaskView(world: World, gang: Gang, id: number): SubtaskView {
  const { node: number, run, coordinated, endTime, exitCode, ...rest } = gang.instances[id]!;
  const node = world.nodes[number]!;
  const startTime = formatTime(gang.startTime);
  const isPreparing = run !== -1 && world.runs.isPreparing(run);
  const shown = coordinated ? (exitCode ?? 0) : exitCode;
  const common = {
    id,
    nodeInfo: { poolId: node.poolId, nodeId: nodeId(node), affinityId: affinityIdOf(node) },
    ...(!isPreparing && { startTime }),
    ...(shown === undefined ? {} : { exitCode: shown }),
  };
  if (isPreparing) return { ...common, state: 'preparing', stateTransitionTime: startTime };
  if (run !== -1 || endTime === undefined) {
    const { preparingSince } = gang;
    return {
      ...common,
      state: 'running',
      stateTransitionTime: startTime,
      ...(preparingSince !== undefined && {
        previousState: 'preparing',
        previousStateTransitionTime: formatTime(preparingSince),
      }),
    };
  }
  const failure = taskFailure(rest.failure ?? Failure.none);
  return {
    ...common,
    endTime: formatTime(endTime),
    ...(failure === undefined ? {} : { failureInfo: withDetail(failure, rest.failureDetail) }),
    state: 'completed',
    stateTransitionTime: formatTime(endTime),
    previousState: 'running',
    previousStateTransitionTime: startTime,
    result: failure === undefined ? 'success' : 'failure',
  };
}
