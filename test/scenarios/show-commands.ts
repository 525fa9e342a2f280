import type {
  AutoScaleRunView,
  FailureView,
  JobScheduleView,
  JobView,
  NodeCounts,
  NodeTaskInfo,
  NodeView,
  PoolView,
  SubtaskView,
  TaskCounts,
  TaskView,
} from '@berth/core';
import { explanationSentences } from '@berth/core';
import type { ScenarioCommand } from './commands.ts';
import { scenarioStart } from './scenario-world.ts';
import { formatSpan } from './time-span.ts';

const states = ['active', 'preparing', 'running', 'completed'] as const;

/** What queries answer. */
export const showCommands: Record<string, ScenarioCommand> = {
  'show pool'(world, line) {
    const pool = world.queries.pool(line.word('a pool'));
    line.end();
    world.say(pool === undefined ? 'not found' : poolText(pool));
  },
  /** Of the latest evaluation. */
  'show autoscale'(world, line) {
    const pool = world.queries.pool(line.word('a pool'));
    line.end();
    const run = pool?.autoScaleRun;
    world.say(run === undefined ? 'not evaluated' : runText(run));
  },
  /** What a formula would come to now. */
  'evaluate autoscale'(world, line) {
    const poolId = line.word('a pool');
    const formula = line.option('formula') ?? '';
    line.end();
    const run = world.queries.evaluateAutoScale(poolId, formula);
    world.say('timestamp' in run ? runText(run) : `refused ${run.code}`);
  },
  'show nodes'(world, line) {
    const nodes = world.queries.nodes(line.word('a pool'));
    line.end();
    if (nodes === undefined) world.say('not found');
    for (const node of nodes ?? []) world.say(nodeText(node));
  },
  'show node'(world, line) {
    const [poolId, nodeId] = line.pair('a node');
    const node = world.queries.node(poolId, nodeId);
    line.end();
    world.say(node === undefined ? 'not found' : nodeText(node));
    if (node?.startTaskInfo !== undefined)
      world.say(`start task: ${startTaskText(node.startTaskInfo)}`);
    for (const { thumbprint, storeName, visibility } of node?.certificateReferences ?? []) {
      world.say(`certificate ${thumbprint} in ${storeName} for ${visibility.join(', ')}`);
    }
    for (const { code } of node?.errors ?? []) world.say(`error: ${code}`);
  },
  /** What has run there last, and how much of late has failed. */
  'show recent'(world, line) {
    const [poolId, nodeId] = line.pair('a node');
    const node = world.queries.node(poolId, nodeId);
    line.end();
    for (const { jobId, taskId, subtaskId, taskState, executionInfo } of node?.recentTasks ?? []) {
      const instance = subtaskId === undefined ? '' : `.${subtaskId}`;
      world.say(
        `${jobId}/${taskId}${instance} ${words(taskState, part('exitCode', executionInfo.exitCode))}`,
      );
    }
    world.say(`failures=${node?.recentFailures ?? 0}`);
  },
  /** Only states that some node has. */
  'count nodes'(world, line) {
    line.end();
    for (const { poolId, dedicated, lowPriority } of world.queries.nodeCounts()) {
      world.say(`${poolId} dedicated: ${nodeCountsText(dedicated)}`);
      world.say(`${poolId} low-priority: ${nodeCountsText(lowPriority)}`);
    }
  },
  'show job'(world, line) {
    const job = world.queries.job(line.word('a job'));
    line.end();
    world.say(job === undefined ? 'not found' : jobText(job));
  },
  'show jobs'(world, line) {
    line.end();
    for (const job of world.queries.jobs()) world.say(jobText(job));
  },
  'show schedule'(world, line) {
    const schedule = world.queries.jobSchedule(line.word('a schedule'));
    line.end();
    world.say(schedule === undefined ? 'not found' : scheduleText(schedule));
  },
  /** The jobs of a schedule. */
  'show jobsof'(world, line) {
    const jobs = world.queries.jobsOfSchedule(line.word('a schedule'));
    line.end();
    if (jobs === undefined) world.say('not found');
    for (const job of jobs ?? []) world.say(jobText(job));
  },
  /** Of preparation and release, by node. */
  'show status'(world, line) {
    const status = world.engine.queries.preparationAndReleaseStatus(line.word('a job'));
    line.end();
    if (!Array.isArray(status)) return world.say(`refused ${status.code}`);
    for (const one of status) {
      const { poolId, nodeId } = one;
      const { jobPreparationTaskExecutionInfo: preparation, jobReleaseTaskExecutionInfo: release } =
        one;
      const name = `${poolId}/${nodeId}`;
      if (preparation !== undefined)
        world.say(`${name} preparation: ${startTaskText(preparation)}`);
      if (release !== undefined) world.say(`${name} release: ${startTaskText(release)}`);
    }
  },
  'show task'(world, line) {
    const [jobId, taskId] = line.pair('a task');
    line.end();
    const task = world.queries.task(jobId, taskId);
    const job = world.queries.job(jobId);
    world.say(task === undefined ? 'not found' : taskText(job?.id ?? jobId, task));
  },
  /** What its process gets; values that nobody knows yet as `?`. */
  'show environment'(world, line) {
    const [jobId, taskId] = line.pair('a task');
    line.end();
    const settings = world.queries.task(jobId, taskId, () => '/node')?.effectiveEnvironment;
    if (settings === undefined) world.say('not found');
    for (const { name, value } of settings ?? []) world.say(`${name}=${value ?? '?'}`);
  },
  'show tasks'(world, line) {
    const jobId = line.word('a job');
    const wanted = line.option('state');
    const state = states.find((one) => one === wanted);
    if (state !== wanted) throw new Error(`show tasks: there is no state "${wanted}"`);
    line.end();
    let continuation: number | undefined = 0;
    do {
      const list = world.queries.tasks(jobId, {
        continuation,
        ...(state === undefined ? {} : { state }),
      });
      if (list === undefined) world.say('not found');
      const job = world.queries.job(jobId);
      for (const task of list?.tasks ?? []) world.say(taskText(job?.id ?? jobId, task));
      continuation = list?.continuation;
    } while (continuation !== undefined);
  },
  /** Of a multi-instance task, as it ran last. */
  'show subtasks'(world, line) {
    const [jobId, taskId] = line.pair('a task');
    line.end();
    const subtasks = world.engine.queries.subtasks(jobId, taskId);
    if (subtasks === undefined) return world.say('not found');
    if (subtasks.length === 0) world.say('none');
    for (const subtask of subtasks) world.say(subtaskText(`${jobId}/${taskId}`, subtask));
  },
  'show counts'(world, line) {
    const counts = world.queries.taskCounts(line.word('a job'));
    line.end();
    if (counts === undefined) return world.say('not found');
    world.say(`tasks: ${countsText(counts.taskCounts)}`);
    world.say(`slots: ${countsText(counts.taskSlotCounts)}`);
  },
  /** How many tasks are queued to be placed: neither waiting for a dependency nor running. */
  'show ready'(world, line) {
    const count = world.queries.readyCount(line.word('a job'));
    line.end();
    world.say(`${count} ready`);
  },
  /** What the task's command line is now; of a factory's task it is made when somebody looks. */
  'show command'(world, line) {
    const [jobId, taskId] = line.pair('a task');
    line.end();
    world.say(world.queries.task(jobId, taskId)?.commandLine ?? 'not found');
  },
  /** Why a task does not run, and what would free it. */
  'show explain'(world, line) {
    const [jobId, taskId] = line.pair('a task');
    line.end();
    const explanation = world.queries.explain(jobId, taskId);
    if (explanation === undefined) return world.say('not found');
    for (const text of explanationSentences(explanation)) world.say(text);
  },
  /** The effects that await an answer: what a host that comes back has to carry out. */
  'show outstanding'(world, line) {
    line.end();
    for (const text of world.effects.lines(world.engine.outstanding())) world.say(text);
  },
  'show now'(world, line) {
    line.end();
    world.say(world.timeText(world.engine.now));
  },
};

function runText({ timestamp, results, error }: AutoScaleRunView): string {
  return words(
    time('at', timestamp),
    results,
    part('error', error?.code),
    ...(error?.values ?? []).map(({ value }) => value),
  );
}

function poolText(pool: PoolView): string {
  const { id, state, allocationState, resizeErrors = [] } = pool;
  const isDeleting = state === 'deleting';
  return words(
    id,
    state,
    allocationState,
    sizeText('nodes', pool.currentDedicatedNodes, pool.targetDedicatedNodes, isDeleting),
    pool.currentLowPriorityNodes + pool.targetLowPriorityNodes === 0
      ? undefined
      : sizeText(
          'lowPriority',
          pool.currentLowPriorityNodes,
          pool.targetLowPriorityNodes,
          isDeleting,
        ),
    part('osVersion', pool.cloudServiceConfiguration?.currentOSVersion),
    ...resizeErrors.map(({ code }) => part('error', code)),
  );
}

/** The target only where it is another one. */
function sizeText(name: string, current: number, target: number, isDeleting: boolean): string {
  return `${name}=${current}${current === target || isDeleting ? '' : ` (target ${target})`}`;
}

function nodeText(node: NodeView): string {
  return words(
    `${node.poolId}/${node.id}`,
    node.state,
    part('tasks', node.runningTasksCount),
    part('slots', node.runningTaskSlotsCount),
    node.isDedicated ? undefined : 'low-priority',
    node.schedulingState === 'disabled' ? 'disabled' : undefined,
  );
}

function startTaskText(info: NodeTaskInfo): string {
  return words(
    info.state,
    info.result,
    part('exitCode', info.exitCode),
    part('failureInfo', failureText(info.failureInfo)),
    part('retryCount', info.retryCount),
    time('startTime', info.startTime),
    time('endTime', info.endTime),
    time('lastRetryTime', info.lastRetryTime),
  );
}

function nodeCountsText(counts: NodeCounts): string {
  return Object.entries(counts)
    .filter(([name, count]) => count > 0 || name === 'total')
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function jobText({ id, state, priority, executionInfo }: JobView): string {
  const { poolId, startTime, endTime, terminateReason, schedulingError } = executionInfo;
  return words(
    id,
    state,
    part('terminateReason', terminateReason),
    part('schedulingError', schedulingError?.code),
    part('priority', priority),
    part('pool', poolId),
    time('startTime', startTime),
    time('endTime', endTime),
  );
}

function scheduleText({ id, state, executionInfo, lastModified }: JobScheduleView): string {
  const { nextRunTime, recentJob, endTime } = executionInfo;
  return words(
    id,
    state,
    time('nextRunTime', nextRunTime),
    part('recentJob', recentJob?.id),
    time('lastModified', lastModified),
    time('endTime', endTime),
  );
}

function taskText(jobId: string, task: TaskView): string {
  const { id, state, stateTransitionTime, executionInfo, nodeInfo } = task;
  const { failureInfo, schedulingError } = executionInfo;
  return words(
    `${jobId}/${id}`,
    state,
    time('since', state === 'active' ? stateTransitionTime : undefined),
    executionInfo.result,
    part('exitCode', executionInfo.exitCode),
    part('failureInfo', failureText(failureInfo)),
    part('schedulingError', failureText(schedulingError)),
    ...(failureInfo?.details ?? []).map(({ name, value }) => part(name, value)),
    part('retryCount', executionInfo.retryCount),
    part('requeueCount', executionInfo.requeueCount),
    time('startTime', executionInfo.startTime),
    time('endTime', executionInfo.endTime),
    time('lastRetryTime', executionInfo.lastRetryTime),
    time('lastRequeueTime', executionInfo.lastRequeueTime),
    part('node', nodeInfo && `${nodeInfo.poolId}/${nodeInfo.nodeId}`),
  );
}

function subtaskText(task: string, subtask: SubtaskView): string {
  const { id, state, result, exitCode, failureInfo, nodeInfo, startTime, endTime } = subtask;
  return words(
    `${task}.${id}`,
    state,
    result,
    part('exitCode', exitCode),
    part('failureInfo', failureText(failureInfo)),
    ...(failureInfo?.details ?? []).map(({ name, value }) => part(name, value)),
    time('startTime', startTime),
    time('endTime', endTime),
    part('node', `${nodeInfo.poolId}/${nodeInfo.nodeId}`),
  );
}

function failureText(failure: FailureView | undefined): string | undefined {
  return failure && `${failure.category}/${failure.code}`;
}

function countsText({ active, running, completed, succeeded, failed }: TaskCounts): string {
  return `active ${active}, running ${running}, completed ${completed} (succeeded ${succeeded}, failed ${failed})`;
}

function words(...parts: (string | undefined)[]): string {
  return parts.filter((one) => one !== undefined).join(' ');
}

function part(name: string, value: string | number | undefined): string | undefined {
  return value === undefined ? undefined : `${name}=${value}`;
}

function time(name: string, iso: string | undefined): string | undefined {
  return iso === undefined ? undefined : `${name}=${formatSpan(Date.parse(iso) - scenarioStart)}`;
}
