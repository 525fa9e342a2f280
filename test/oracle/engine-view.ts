import type {
  Engine,
  JobView,
  NodeTaskInfo,
  NodeView,
  Queries,
  SubtaskView,
  TaskView,
} from '@berth/core';

/** The engine's whole state through its queries, in the shape of `NaiveScheduler.view()`. */
export function engineView(engine: Engine): unknown {
  return {
    now: engine.now,
    ignored: engine.ignoredReports,
    nextDeadline: engine.nextDeadline(),
    ...accountContents(engine.queries),
  };
}

/** What is in one account. */
export function accountContents(queries: Queries): object {
  return {
    pools: queries.pools().map((pool) => ({
      id: pool.id,
      state: pool.state,
      since: pool.stateTransitionTime,
      allocation: pool.allocationState,
      version: [
        pool.cloudServiceConfiguration?.targetOSVersion,
        pool.cloudServiceConfiguration?.currentOSVersion,
      ],
      targets: [pool.targetDedicatedNodes, pool.targetLowPriorityNodes],
      resizeErrors: (pool.resizeErrors ?? []).map(({ code }) => code),
      evaluated: pool.autoScaleRun && [pool.autoScaleRun.timestamp, pool.autoScaleRun.error?.code],
      nodes: queries.nodes(pool.id)?.map(viewNode),
    })),
    jobs: queries.jobs().map((job) => viewJob(queries, job)),
  };
}

function viewNode(node: NodeView): unknown {
  return {
    id: node.id,
    dedicated: node.isDedicated,
    state: node.state,
    scheduling: node.schedulingState,
    error: node.errors?.[0]?.code,
    startTask: node.startTaskInfo && viewStartTask(node.startTaskInfo),
    tasks: node.runningTasksCount,
    slots: node.runningTaskSlotsCount,
    started: node.totalTasksRun,
    succeeded: node.totalTasksSucceeded,
    failures: node.recentFailures ?? 0,
  };
}

function viewStartTask(info: NodeTaskInfo): unknown {
  return {
    state: info.state,
    started: info.startTime,
    ended: info.endTime,
    exitCode: info.exitCode,
    failure: info.failureInfo?.code,
    result: info.result,
    retries: info.retryCount,
    lastRetry: info.lastRetryTime,
  };
}

function viewJob(queries: Queries, job: JobView): unknown {
  const counts = queries.taskCounts(job.id);
  return {
    id: job.id,
    state: job.state,
    since: job.stateTransitionTime,
    previous: job.previousState,
    priority: job.priority,
    onAllTasksComplete: job.onAllTasksComplete,
    reason: job.executionInfo.terminateReason,
    ended: job.executionInfo.endTime,
    counts: counts?.taskCounts,
    slots: counts?.taskSlotCounts,
    ready: queries.readyCount(job.id),
    tasks: queries
      .tasks(job.id)
      ?.tasks.map((task) => viewTask(task, queries.subtasks(job.id, task.id))),
  };
}

function viewTask(task: TaskView, subtasks: SubtaskView[] = []): unknown {
  const { failureInfo, ...info } = task.executionInfo;
  return {
    id: task.id,
    state: task.state,
    result: info.result,
    commandLine: task.commandLine,
    created: task.creationTime,
    since: task.stateTransitionTime,
    started: info.startTime,
    ended: info.endTime,
    exitCode: info.exitCode,
    failure: failureInfo?.code,
    category: failureInfo?.failureKind === 'scheduling' ? undefined : failureInfo?.category,
    kind: failureInfo?.failureKind,
    schedulingError: info.schedulingError !== undefined,
    detail: failureInfo?.details?.find(({ name }) => name === 'Reason')?.value,
    subtask: subtaskOf(failureInfo?.details),
    subtasks: subtasks.map((subtask) => ({
      id: subtask.id,
      node: `${subtask.nodeInfo.poolId}/${subtask.nodeInfo.nodeId}`,
      state: subtask.state,
      started: subtask.startTime,
      ended: subtask.endTime,
      exitCode: subtask.exitCode,
      failure: subtask.failureInfo?.code,
    })),
    retries: info.retryCount,
    requeues: info.requeueCount,
    lastRetry: info.lastRetryTime,
    lastRequeue: info.lastRequeueTime,
    constraints: task.constraints,
    node: task.nodeInfo && `${task.nodeInfo.poolId}/${task.nodeInfo.nodeId}`,
  };
}

function subtaskOf(details: { name: string; value: string }[] | undefined): number | undefined {
  const id = details?.find(({ name }) => name === 'subtaskId')?.value;
  return id === undefined ? undefined : Number(id);
}
