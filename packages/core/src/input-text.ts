import type { Command } from './command.ts';
import { allocationErrorCodes, failureCodes, nodeErrorCodes, ReportKind } from './report.ts';
import type { World } from './world.ts';

/*
 * Inputs as lines that one can read. What has no words of its own here is told by its name and properties.
 */

const longestRest = 160;
const mostIds = 5;

/** "add tasks to j: 3 tasks (a, b, c)" */
export function commandText(command: Command): string {
  const { accountName } = command;
  const text = textOf(command);
  const isElsewhere = command.type !== 'configure' && accountName !== undefined;
  return isElsewhere ? `${text} (account ${accountName})` : text;
}

function textOf(command: Command): string {
  switch (command.type) {
    case 'configure':
      return `configure: rules ${command.rulesVersion}, ${rest(command, 'rulesVersion')}`;
    case 'addPool': {
      const {
        id,
        targetDedicatedNodes,
        targetLowPriorityNodes = 0,
        taskSlotsPerNode,
      } = command.pool;
      const nodes = targetDedicatedNodes + targetLowPriorityNodes;
      const size = command.pool.enableAutoScale === true ? 'by a formula' : counted(nodes, 'node');
      return `add pool ${id}: ${size} × ${counted(taskSlotsPerNode, 'slot')}`;
    }
    case 'addJob': {
      const { id, poolInfo, priority } = command.job;
      const pool = 'poolId' in poolInfo ? poolInfo.poolId : 'an auto pool';
      return `add job ${id} in ${pool}: priority ${priority}`;
    }
    case 'addJobSchedule':
      return `add job schedule ${command.jobSchedule.id}`;
    case 'addTasks': {
      const ids = command.tasks.slice(0, mostIds).map(({ id }) => id);
      const more = command.tasks.length > ids.length ? ', …' : '';
      return `add tasks to ${command.jobId}: ${counted(command.tasks.length, 'task')} (${ids.join(', ')}${more})`;
    }
    case 'addTaskFactory': {
      const { parameterSets, firstTaskId } = command.factory;
      const tasks = parameterSets.reduce(
        (product, { start, end, step }) => product * (Math.floor((end - start) / step) + 1),
        1,
      );
      return `add task factory to ${command.jobId}: ${counted(tasks, 'task')} from ${firstTaskId}`;
    }
    default: {
      const subject = subjectOf(command);
      const more = rest(command);
      return `${words(command.type)}${subject === '' ? '' : ` ${subject}`}${more === '{}' ? '' : `: ${more}`}`;
    }
  }
}

export interface EncodedReport {
  kind: ReportKind;
  /** Run or node. */
  subject: number;
  sequence: number;
  exitCode: number | undefined;
  /** Number of a failure code, or of a node's error. */
  failure: number;
  detail: string | undefined;
}

/** "run ended: j/a on p/node-1, exit 0" */
export function reportText(world: World, report: EncodedReport): string {
  const { kind, exitCode, failure, detail } = report;
  const name = Object.entries(ReportKind).find(([, number]) => number === kind)?.[0] ?? 'report';
  const codes = codesOf.get(kind) ?? failureCodes;
  const how = [
    ...(exitCode === undefined ? [] : [`exit ${exitCode}`]),
    ...(failure === 0 ? [] : [codes[failure] ?? 'Unknown']),
    ...(detail === undefined ? [] : [detail]),
  ];
  return [`${words(name)}: ${subjectOfReport(world, report)}`, ...how].join(', ');
}

/** Of what is not a failure of a run. */
const codesOf: ReadonlyMap<ReportKind, readonly string[]> = new Map<ReportKind, readonly string[]>([
  [ReportKind.nodeUnusable, nodeErrorCodes],
  [ReportKind.allocationFailed, allocationErrorCodes],
]);

function subjectOfReport(world: World, { kind, subject, sequence }: EncodedReport): string {
  if (kind === ReportKind.runEnded || kind === ReportKind.runLost) {
    const run = world.run(subject, sequence);
    if (run === undefined) return `run ${subject} of sequence ${sequence}`;
    return `${run.jobId}/${run.taskId} on ${run.poolId}/${run.nodeId}`;
  }
  const node = world.nodes[subject];
  return node === undefined ? `node ${subject}` : `${node.poolId}/node-${node.ordinal}`;
}

const subjects: ReadonlySet<string> = new Set([
  'poolId',
  'jobScheduleId',
  'jobId',
  'nodeId',
  'taskId',
]);

function subjectOf(command: Command): string {
  return Object.entries(command)
    .flatMap(([name, value]) => (subjects.has(name) ? [String(value)] : []))
    .join('/');
}

/** The other properties as JSON, as far as a line holds them. */
function rest(command: Command, ...without: string[]): string {
  const others = Object.entries(command).filter(
    ([name]) =>
      name !== 'type' &&
      !subjects.has(name) &&
      !without.includes(name) &&
      (name !== 'accountName' || command.type === 'configure'),
  );
  const json = JSON.stringify(Object.fromEntries(others));
  return json.length > longestRest ? `${json.slice(0, longestRest)}…` : json;
}

/** "resizePool" as "resize pool" */
export function words(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
