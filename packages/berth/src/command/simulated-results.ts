import type { NodeFillType, PolicyNames } from '@berth/core';
import type { RunResults, TaskResults } from './results.ts';
import { linesOfTasks, table, tableOfTasks } from './results.ts';

/** What a simulation led to: what the table shows and, but for the last two, `--json` prints. */
export interface SimulatedResults
  extends TaskResults,
    Pick<RunResults, 'state' | 'terminateReason'> {
  kind: 'job' | 'workflow';
  name: string;
  pool: {
    enableAutoScale?: true;
    targetDedicatedNodes: number;
    targetLowPriorityNodes: number;
    taskSlotsPerNode: number;
    nodeFillType: NodeFillType;
  };
  /** Those that were given: their names stand in place of what the pool says. */
  policies?: PolicyNames;
  /** How many there are. */
  tasks: number;
  /** That were started, retries included. */
  runs: number;
  /** From the beginning to the end of the last run. */
  makespanSeconds: number;
  /** The longest chain of runs that had to wait for one another. */
  criticalPathSeconds: number;
  /** Of all runs, times the slots that each took. */
  totalWorkSeconds: number;
  /** The larger of critical path and total work over all slots: no schedule is shorter. */
  lowerBoundSeconds: number;
  /** 0.1: the makespan is a tenth longer than the lower bound. */
  aboveLowerBound: number;
  /** The part of the slots' time, up to the makespan, in which they were taken. */
  utilization: number;
  /** Places of the tasks that ran, in the order of their first starts. */
  startOrder: Int32Array;
  idOf(place: number): string;
}

const idsPerPiece = 10_000;

/** In pieces, since the ids of many tasks make more text than a string can hold. */
export function* simulatedAsJson(results: SimulatedResults): Iterable<string> {
  const { startOrder, idOf, ...rest } = results;
  yield `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "startOrder": [`;
  for (let first = 0; first < startOrder.length; first += idsPerPiece) {
    const piece = Array.from(startOrder.subarray(first, first + idsPerPiece), (place) =>
      JSON.stringify(idOf(place)),
    );
    yield `${first === 0 ? '' : ','}\n    ${piece.join(',\n    ')}`;
  }
  yield startOrder.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}

export function formatSimulated(results: SimulatedResults): string {
  const { kind, name, policies, pool, state, terminateReason } = results;
  const { taskSlotsPerNode: slots, nodeFillType } = pool;
  const nodes = pool.targetDedicatedNodes + pool.targetLowPriorityNodes;
  const reason = terminateReason === undefined ? '' : ` (${terminateReason})`;
  const seconds = (value: number): string => `${value.toFixed(3)} s`;
  const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
  const lines = [
    `${kind} ${name}, simulated on ${pool.enableAutoScale ? 'as many nodes as its formula gives,' : counted(nodes, 'node')} of ${counted(slots, 'slot')} (${[policies?.placement ?? nodeFillType, ...(policies?.jobOrder === undefined ? [] : [policies.jobOrder])].join(', ')}): ${state}${reason}`,
    '',
    ...tableOfTasks(results),
    '',
    ...table([
      ['makespan', seconds(results.makespanSeconds)],
      ['critical path', seconds(results.criticalPathSeconds)],
      ['total work', seconds(results.totalWorkSeconds)],
      ['lower bound', seconds(results.lowerBoundSeconds)],
      ['above the lower bound', percent(results.aboveLowerBound)],
      ['utilization', percent(results.utilization)],
    ]),
    ...linesOfTasks(results),
  ];
  return `${lines.join('\n')}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
