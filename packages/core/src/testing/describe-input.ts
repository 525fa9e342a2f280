import type { Command, Report, TaskTemplate } from '../index.ts';
import { ReportKind } from '../index.ts';
import type { Input, Ledger } from './ledger.ts';
import { namedPool } from './named-pool.ts';

/** An input as one line of a history. */
export function describeInput(input: Input, first: number, ledger: Ledger): string {
  const time = `+${input.at - first} ms`.padEnd(12);
  return time + ('command' in input ? command(input.command) : report(input.report, ledger));
}

function command(command: Command): string {
  switch (command.type) {
    case 'addPool': {
      const { id, targetDedicatedNodes, taskSlotsPerNode, taskSchedulingPolicy } = command.pool;
      const { nodeFillType } = taskSchedulingPolicy;
      return `add pool ${id}: ${targetDedicatedNodes} nodes × ${taskSlotsPerNode} slots, ${nodeFillType}`;
    }
    case 'addJob': {
      const { id, priority, constraints, poolInfo, onAllTasksComplete } = command.job;
      return `add job ${id} in ${namedPool(poolInfo)}: priority ${priority}, ${onAllTasksComplete}, ${JSON.stringify(constraints)}`;
    }
    case 'addTasks':
      return `add tasks to ${command.jobId}: ${command.tasks.map((task) => `${task.id} (${template(task)})`).join(', ')}`;
    case 'addTaskFactory': {
      const { parameterSets, firstTaskId, repeatTask } = command.factory;
      const counts = parameterSets.map(({ start, end, step }) => `${start}…${end} by ${step}`);
      return `add factory to ${command.jobId}: from ${firstTaskId}, ${counts.join(' × ')} (${template(repeatTask)})`;
    }
    case 'configure':
    case 'tick':
      return command.type;
    default: {
      const { type, ...rest } = command;
      return `${type} ${JSON.stringify(rest)}`;
    }
  }
}

function template({ requiredSlots, constraints, dependsOn }: TaskTemplate): string {
  const parts = [`${requiredSlots} slots`];
  if (Object.keys(constraints).length > 0) parts.push(JSON.stringify(constraints));
  if (dependsOn !== undefined) {
    const ranges = dependsOn.taskIdRanges.map(({ start, end }) => `${start}…${end}`);
    parts.push(`after ${[...dependsOn.taskIds, ...ranges].join(' ')}`);
  }
  return parts.join(', ');
}

function report(report: Report, ledger: Ledger): string {
  if ('node' in report) {
    const node = ledger.nodes[report.node];
    if (report.kind === ReportKind.startTaskEnded) {
      const { exitCode, failure = '', sequence } = report;
      const stale = node?.startTask?.sequence === sequence ? '' : ' (stale)';
      return `start task ended: ${node?.name ?? report.node}${stale}, exit ${exitCode ?? 'none'} ${failure}`;
    }
    const words = {
      3: 'ready',
      4: 'lost',
      5: 'gone',
      6: 'unusable',
      7: 'preempted',
      9: 'refused',
      10: 'measured',
      [ReportKind.nodeDeallocated]: 'deallocated',
    };
    const what = words[report.kind];
    const stale = node?.sequence === report.sequence ? '' : ' (stale)';
    return `node ${what}: ${node?.name ?? report.node}${stale}`;
  }
  if (report.kind === ReportKind.nodeTaskEnded) {
    const task = ledger.nodeTasks.find(({ sequence }) => sequence === report.sequence);
    const stale = task?.is === 'over' ? ' (stale)' : '';
    return `node task ended: ${task?.title ?? report.run}${stale}, exit ${report.exitCode ?? 'none'} ${report.failure ?? ''}`;
  }
  const run = ledger.runs.find(
    ({ run, sequence }) => run === report.run && sequence === report.sequence,
  );
  const title =
    run === undefined
      ? `${report.run}/${report.sequence}`
      : `${run.title}${run.instance === undefined ? '' : `.${run.instance}`} #${run.start}${run.is === 'over' ? ' (stale)' : ''}`;
  if (report.kind === ReportKind.coordinated) return `coordinated: ${title}`;
  if (report.kind === ReportKind.runLost) return `run lost: ${title}`;
  return `run ended: ${title}, exit ${report.exitCode ?? 'none'} ${report.failure ?? ''}`;
}
