import type {
  CycleReason,
  ExplanationReason,
  FreeingEvent,
  NodesByState,
  NoFreeSlotsReason,
  OtherNodeCountsReason,
  OtherSizesReason,
  ParentState,
  RootCauseReason,
  TaskExplanation,
} from './explanation.ts';

const longestListing = 10;

/** The explanation in plain sentences: one for each reason, with what would free the task from it, if anything does. */
export function explanationSentences({ reasons, searchedEdges }: TaskExplanation): string[] {
  const isOver = reasons.some(({ kind, freedBy }) => kind === 'jobState' && freedBy.length === 0);
  const sentences = reasons.map((one) =>
    isOver && one.kind !== 'jobState'
      ? reasonSentence(one)
      : `${reasonSentence(one)} ${freeing(one)}`.trim(),
  );
  if (searchedEdges !== undefined) {
    sentences.push(
      `What it waits for was looked through up to ${many(searchedEdges, 'dependency', 'dependencies')}: a cause further up may not be listed.`,
    );
  }
  return sentences;
}

const dayMs = 86_400_000;

/** What a reason says of the task, without what frees it. */
export function reasonSentence(one: ExplanationReason): string {
  const sentence = sentenceOf(one);
  if (!('resizeErrors' in one) || one.resizeErrors === undefined) return sentence;
  const codes = one.resizeErrors.map(({ code }) => code);
  return `${sentence} The last resize of the pool has fallen short (${codes.join(', ')}).`;
}

function sentenceOf(one: ExplanationReason): string {
  switch (one.kind) {
    case 'running':
      return `It runs on node ${one.nodeId} of pool ${one.poolId}, since ${one.startTime}${one.isEnding ? '; it has been told to end' : ''}.`;
    case 'preparing':
      return `It waits on node ${one.nodeId} of pool ${one.poolId} for the preparation task of its job, since ${one.since}.`;
    case 'jobManager':
      return `The manager of its job, task ${one.taskId}, has not started yet.`;
    case 'completed':
      return `It completed with ${one.result} at ${one.endTime}${inBrackets(
        one.exitCode === undefined ? undefined : `exit code ${one.exitCode}`,
        one.failureCode,
      )}.`;
    case 'jobState':
      return `Its job is ${one.state}${inBrackets(one.terminateReason)}: none of its tasks starts.`;
    case 'parent':
      return `It depends on task ${one.taskId}, which ${parentText(one.state)}${inBrackets(one.failureCode)}.`;
    case 'parentRange':
      return `It depends on tasks ${one.start} to ${one.end}, of which ${one.taskIds.length === 0 ? one.lowestMissing : listed(one.taskIds, 'or')} ${parentText(one.state)}.`;
    case 'moreParents':
      return `It waits for ${one.count} more of the ids and ranges that it depends on.`;
    case 'cycle':
      return cycleText(one);
    case 'rootCause':
      return causeText(one);
    case 'noPool':
      return `There is no pool ${one.poolId}.`;
    case 'poolDeleting':
      return `Pool ${one.poolId} is being deleted.`;
    case 'noNodes':
      return Object.keys(one.nodesByState).length === 0
        ? `Pool ${one.poolId} has no nodes.`
        : `Pool ${one.poolId} has no nodes but those that ${'lowPriority' in one.nodesByState ? 'leave it or that it may not use' : 'leave it'}: ${statesText(one.nodesByState)}.`;
    case 'lifetime':
      return `It was made at ${one.creationTime}, and a task starts within ${one.lifetimeMs / dayMs} days or never.`;
    case 'tooManySlots':
      return `It needs ${many(one.requiredSlots, 'task slot')} (requiredSlots), and a node of pool ${one.poolId} has ${one.taskSlotsPerNode} (taskSlotsPerNode).`;
    case 'nodesNotReady':
      return `No node of pool ${one.poolId} takes tasks now: ${statesText(one.nodesByState)}.`;
    case 'noFreeSlots':
      return noFreeSlotsText(one);
    case 'maxParallelTasks':
      return `${many(one.runningTasks, 'task')} of its job ${one.runningTasks === 1 ? 'runs' : 'run'}, and maxParallelTasks is ${one.maxParallelTasks}.`;
    case 'olderJobs':
      return `${many(one.jobs, 'older job')} of priority ${one.priority} ${one.jobs === 1 ? 'comes' : 'come'} first.`;
    case 'priority':
      return `${many(one.jobs, 'job')} of a priority above ${one.priority} ${one.jobs === 1 ? 'has' : 'have'} ready tasks that fit where it does: ${listed(
        one.first.map(({ jobId, priority }) => `${jobId} (${priority})`),
        'and',
        one.jobs,
      )}.`;
    case 'turn':
      return `${many(one.jobs, 'other job')} of priority ${one.priority} ${one.jobs === 1 ? 'takes' : 'take'} turns with its job.`;
    case 'jobOrder':
      return `${many(one.jobs, 'other job')} of priority ${one.priority} ${one.jobs === 1 ? 'has' : 'have'} such tasks, and the policy "${one.policy}" says which is next.`;
    case 'queue':
      return `${one.isExact ? '' : 'At least '}${many(one.ahead, 'task')} of its job ${one.ahead === 1 ? 'stands' : 'stand'} before it${one.part === undefined ? '' : `; it is at the ${one.part} of the queue`}.`;
    case 'multiInstancePool': {
      const wrong = [
        ...(one.enableInterNodeCommunication ? [] : ['enableInterNodeCommunication is not true']),
        ...(one.taskSlotsPerNode === 1
          ? []
          : [`taskSlotsPerNode is ${one.taskSlotsPerNode}, not 1`]),
      ];
      return `Pool ${one.poolId} takes no multi-instance tasks: its ${wrong.join(', and its ')}.`;
    }
    case 'tooFewFreeNodes':
      return `It needs ${many(one.numberOfInstances, 'free node')} of pool ${one.poolId} at once, one for each instance, and there ${one.freeNodes === 1 ? 'is' : 'are'} ${one.freeNodes} now (${statesText(one.nodesByState)}).`;
    case 'otherNodeCounts':
      return otherNodeCountsText(one);
    case 'otherSizes':
      return otherSizesText(one);
  }
}

function parentText(state: ParentState): string {
  switch (state) {
    case 'missing':
      return 'does not exist';
    case 'failed':
      return 'is completed and does not satisfy';
    case 'active':
      return 'has not completed yet';
    default:
      return `is ${state}`;
  }
}

function noFreeSlotsText(one: NoFreeSlotsReason): string {
  const nodes = one.freeSlots.map(
    (level) => `${many(level.nodes, 'node')} with ${level.freeSlots}`,
  );
  const avoided =
    one.avoidNodeId === undefined
      ? ''
      : ` It goes to another node than ${one.avoidNodeId} if another has room then.`;
  return `No node of pool ${one.poolId} has ${many(one.requiredSlots, 'slot')} free now: ${nodes.join(', ')} (${statesText(one.nodesByState)}).${avoided}`;
}

function otherSizesText(one: OtherSizesReason): string {
  const smaller =
    one.jobsWithSmaller === 0
      ? ''
      : `fewer than ${one.requiredSlots} (in ${many(one.jobsWithSmaller, 'job')} of its own or a lower priority)`;
  const larger =
    one.jobsWithLarger === 0
      ? ''
      : `more than ${one.requiredSlots} (in ${many(one.jobsWithLarger, 'job')} of its own or a higher priority)`;
  const both = [smaller, larger].filter((text) => text !== '').join(' or ');
  return `Ready tasks that need ${both} may take the slots that get free before it.`;
}

function otherNodeCountsText(one: OtherNodeCountsReason): string {
  const fewer =
    one.jobsWithFewer === 0
      ? ''
      : `fewer (in ${many(one.jobsWithFewer, 'job')} of its own or a lower priority)`;
  const more =
    one.jobsWithMore === 0
      ? ''
      : `more (in ${many(one.jobsWithMore, 'job')} of its own or a higher priority)`;
  const both = [fewer, more].filter((text) => text !== '').join(' or ');
  return `It needs ${many(one.nodes, 'node')}; ready tasks that need ${both} may take those that get free before it.`;
}

function cycleText({ taskIds, length, isMember }: CycleReason): string {
  const [first = ''] = taskIds;
  const ring =
    length <= longestListing
      ? [...taskIds, first].join(' → ')
      : `${taskIds.slice(0, longestListing).join(' → ')} → … → ${first} (${length} tasks)`;
  return isMember
    ? `It waits for itself in a circle: ${ring}.`
    : `It waits for tasks that wait for each other in a circle: ${ring}.`;
}

function causeText({ taskId, cause, via }: RootCauseReason): string {
  const texts = {
    missing: 'which does not exist',
    failed: 'which is completed and does not satisfy',
    tooManySlots: 'which needs more slots than a node of the pool has',
    tooManyInstances: 'which has more instances than the pool has nodes for multi-instance tasks',
  };
  return via.length === 0
    ? `It waits for task ${taskId}, ${texts[cause]}.`
    : `In the end it waits, by way of ${listed(via, 'and')}, for task ${taskId}, ${texts[cause]}.`;
}

const eventTexts: Record<FreeingEvent, string> = {
  taskEnds: 'its run ends',
  parentSatisfies: 'that succeeds',
  taskAdded: 'a task with that id is added',
  taskReactivated: 'that task is reactivated and succeeds',
  taskReplaced: 'that task is replaced (deleted and added again)',
  poolAdded: 'a pool with that id and room for it is added',
  jobEnabled: 'the job is enabled',
  jobMoved: 'the job is moved to another pool',
  jobTaskEnds: 'one of them ends',
  poolResized: 'the pool is resized and gets nodes',
  poolAutoScaled: 'its autoscale formula gives it nodes',
  resizeGivenUp: 'the resize ends before those nodes have left',
  schedulingEnabled: 'scheduling is enabled on a node',
  nodeRestarted: 'a node is rebooted or reimaged',
  nodeStarted: 'a node that is deallocated is started',
  nodeReimaged: 'a node that is barred is reimaged',
  preparationEnds: 'that has succeeded',
  jobManagerStarts: 'that starts',
  nodeReady: 'a node comes up',
  runEnds: 'runs end there',
  othersStart: 'those have started',
};

function freeing({ kind, freedBy, forEver }: ExplanationReason): string {
  if (kind === 'running') return '';
  if (freedBy.length === 0) return kind === 'completed' ? '' : 'Nothing changes that.';
  const events = freedBy.map((event) => eventText(kind, event)).join(', or ');
  if (kind === 'completed') return `It runs again if it is reactivated.`;
  return forEver ? `So it waits for ever, unless ${events}.` : `It goes on when ${events}.`;
}

function eventText(kind: ExplanationReason['kind'], event: FreeingEvent): string {
  return kind === 'cycle' ? 'one of them is replaced (deleted and added again)' : eventTexts[event];
}

function statesText(nodesByState: NodesByState): string {
  const states = Object.entries(nodesByState).map(([state, nodes]) => `${nodes} ${state}`);
  return states.join(', ');
}

function inBrackets(...facts: (string | undefined)[]): string {
  const there = facts.filter((fact) => fact !== undefined);
  return there.length === 0 ? '' : ` (${there.join(', ')})`;
}

function listed(items: readonly string[], word: 'and' | 'or', all: number = items.length): string {
  const shown = items.slice(0, longestListing);
  if (shown.length < all) return `${shown.join(', ')} ${word} ${all - shown.length} more`;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} ${word} ${last}`;
}

function many(count: number, one: string, more: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
