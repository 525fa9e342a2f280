import { formatTime } from './calendar.ts';
import type { BatchErrorBody } from './errors.ts';
import { Job } from './job.ts';
import type { JobOnNode } from './jobs-on-nodes.ts';
import { nodeId } from './node.ts';
import type { NodeTaskRun } from './node-task.ts';
import { refuse } from './refusal.ts';
import type { TaskFailure } from './task-failure.ts';
import { Failure, taskFailure } from './task-failure.ts';
import type { World } from './world.ts';

export interface FailureView extends TaskFailure {
  details?: { name: string; value: string }[];
}

/** Of a start, preparation or release task (semantics §1.3, §8); times and codes are those of the latest try. */
export interface NodeTaskInfo {
  state: 'running' | 'completed';
  startTime: string;
  /** There as soon as one try is over, even while the next runs. */
  endTime?: string;
  exitCode?: number;
  result?: 'success' | 'failure';
  failureInfo?: FailureView;
  retryCount: number;
  lastRetryTime?: string;
}

/** A node on which the preparation or the release of a job has run, or is running. semantics §8 "Status API" */
export interface JobPreparationAndReleaseTaskStatus {
  poolId: string;
  /** It may be gone by now. */
  nodeId: string;
  /** Absent: none has run to its end since the node lost one. */
  jobPreparationTaskExecutionInfo?: NodeTaskInfo;
  jobReleaseTaskExecutionInfo?: NodeTaskInfo;
}

export function nodeTaskInfo(run: NodeTaskRun): NodeTaskInfo {
  const { state, startTime, endTime, exitCode, retryCount, lastRetryTime } = run;
  const failure = taskFailure(run.failure ?? Failure.none);
  return {
    state,
    startTime: formatTime(startTime),
    ...(endTime === undefined ? {} : { endTime: formatTime(endTime) }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(state === 'running' ? {} : { result: failure === undefined ? 'success' : 'failure' }),
    ...(failure === undefined ? {} : { failureInfo: withDetail(failure, run.failureDetail) }),
    retryCount,
    ...(lastRetryTime === undefined ? {} : { lastRetryTime: formatTime(lastRetryTime) }),
  };
}

export function withDetail(failure: TaskFailure, detail: string | undefined): FailureView {
  return detail === undefined
    ? failure
    : { ...failure, details: [{ name: 'Reason', value: detail }] };
}

/** By the order in which the job came to the nodes. */
export function preparationAndReleaseStatus(
  world: World,
  of: Job | undefined,
  jobId: string,
): JobPreparationAndReleaseTaskStatus[] | BatchErrorBody {
  const job = withPreparation(of, jobId);
  if (!(job instanceof Job)) return job;
  return [...(job.onNodes?.byNode.values() ?? [])].flatMap((onNode) => {
    const { preparation, release } = onNode;
    if (preparation === undefined && release === undefined) return [];
    const node = world.nodes[onNode.node]!;
    return [
      {
        poolId: node.poolId,
        nodeId: nodeId(node),
        ...(preparation && { jobPreparationTaskExecutionInfo: nodeTaskInfo(preparation) }),
        ...(release && { jobReleaseTaskExecutionInfo: nodeTaskInfo(release) }),
      },
    ];
  });
}

/** Of the preparation on one node. */
export function preparationOn(
  world: World,
  of: Job | undefined,
  jobId: string,
  id: string,
): NodeTaskInfo | BatchErrorBody {
  const job = withPreparation(of, jobId);
  if (!(job instanceof Job)) return job;
  const run = onNodeOf(world, job, id)?.preparation;
  return run === undefined
    ? refuse(
        'JobPreparationTaskNotRunOnNode',
        `The preparation task of job "${jobId}" has not run on node "${id}".`,
      )
    : nodeTaskInfo(run);
}

/** Of the release on one node. */
export function releaseOn(
  world: World,
  job: Job | undefined,
  jobId: string,
  id: string,
): NodeTaskInfo | BatchErrorBody {
  if (job === undefined) return notFound(jobId);
  if (job.specification.jobReleaseTask === undefined) {
    return refuse('JobReleaseTaskNotSpecified', `The job "${jobId}" has no release task.`);
  }
  const run = onNodeOf(world, job, id)?.release;
  return run === undefined
    ? refuse(
        'JobReleaseTaskNotRunOnNode',
        `The release task of job "${jobId}" has not run on node "${id}".`,
      )
    : nodeTaskInfo(run);
}

function notFound(jobId: string): BatchErrorBody {
  return refuse('JobNotFound', `There is no job "${jobId}".`);
}

function withPreparation(job: Job | undefined, jobId: string): Job | BatchErrorBody {
  if (job === undefined) return notFound(jobId);
  if (job.specification.jobPreparationTask !== undefined) return job;
  return refuse('JobPreparationTaskNotSpecified', `The job "${jobId}" has no preparation task.`);
}

/** The latest of that name in the pools that it has been in. */
function onNodeOf(world: World, job: Job, id: string): JobOnNode | undefined {
  return [...(job.onNodes?.byNode.values() ?? [])]
    .filter(({ node }) => nodeId(world.nodes[node]!) === id.toLowerCase())
    .at(-1);
}
