import { basename } from 'node:path';
import type {
  JobSpecification,
  NodeFillType,
  PoolSpecification,
  TaskFactory,
  TaskSpecification,
} from '@berth/core';
import { BatchError } from '@berth/core';
import {
  parseJob,
  parseJobFile,
  parseJobSimulation,
  parsePool,
  parseTask,
  parseWorkflow,
} from '@berth/core/spec';
import { readDocument } from './document.ts';
import { aboutFile } from './job-file.ts';

/** What a simulation runs. Places of tasks: the factory's, then the others, then the job manager. */
export interface SimulatedJob {
  kind: 'job' | 'workflow';
  name: string;
  pool: PoolSpecification;
  job: JobSpecification;
  taskFactory?: TaskFactory;
  factoryCount: number;
  /** Those given one by one, and behind them the job manager, which comes with its job. */
  tasks: TaskSpecification[];
  bootTimeMs: number;
  durationMs(place: number): number;
  /** Of the n-th run, from 0. */
  exitCode(place: number, run: number): number;
  /** As the file has it. */
  idOf(place: number): string;
}

/** What the command says of the pool, in place of what the file says. */
export interface PoolChoice {
  nodes?: number;
  slots?: number;
  fill?: NodeFillType;
}

/**
 * Reads a job file with durations, or a recorded workflow.
 * @throws BatchError whose message begins with the file's name.
 */
export async function loadSimulatedJob(file: string, choice: PoolChoice): Promise<SimulatedJob> {
  const value = await readDocument(file);
  return aboutFile(file, () => simulatedJob(value, choice, basename(file, '.json')));
}

/**
 * The same of a document that has been read; `name` is for a workflow that has none.
 * @throws BatchError
 */
export function simulatedJob(value: unknown, choice: PoolChoice, name = ''): SimulatedJob {
  const document = propertiesOf(value);
  const isWorkflow = 'workflow' in document || 'schemaVersion' in document;
  if (isWorkflow) return ofWorkflow(value, name, choice);
  if ('pool' in document || 'job' in document) return ofJobFile(value, document, choice);
  throw new BatchError({
    code: 'InvalidRequestBody',
    message:
      'is neither a job file, which has pool, job and tasks, nor a recorded workflow in WfFormat, ' +
      'which has schemaVersion and workflow',
  });
}

function propertiesOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function ofJobFile(
  value: unknown,
  { simulation: section }: Record<string, unknown>,
  { nodes, slots, fill }: PoolChoice,
): SimulatedJob {
  // Nothing is fetched: a secret needs no place to be kept in.
  const file = parseJobFile(value, { seal: () => 'simulated' });
  const simulation = parseJobSimulation(section, file);
  const { factoryCount, durationsMs, exitCodes, factoryDurationsMs } = simulation;
  const { pool, job, tasks, taskFactory } = file;
  const firstId = taskFactory?.firstTaskId ?? 0;
  const all = job.jobManagerTask === undefined ? tasks : [...tasks, job.jobManagerTask];
  return {
    kind: 'job',
    name: job.id,
    pool: {
      ...(nodes === undefined ? pool : sizedByHand(pool, nodes)),
      ...(slots !== undefined && { taskSlotsPerNode: slots }),
      ...(fill !== undefined && { taskSchedulingPolicy: { nodeFillType: fill } }),
    },
    job,
    ...(taskFactory !== undefined && { taskFactory }),
    factoryCount,
    tasks: all,
    bootTimeMs: simulation.bootTimeMs,
    durationMs(place) {
      const inTurn = place < factoryCount ? factoryDurationsMs : [];
      const own = durationsMs.get(place) ?? inTurn[place % inTurn.length];
      // The door has seen to it that one of them is there.
      return own ?? simulation.durationMs ?? 0;
    },
    exitCode(place, run) {
      const codes = exitCodes.get(place) ?? [];
      return codes[Math.min(run, codes.length - 1)] ?? 0;
    },
    idOf: (place) =>
      place < factoryCount ? String(firstId + place) : (all[place - factoryCount]?.id ?? ''),
  };
}

/** So many nodes, whatever its formula says. */
function sizedByHand(
  { enableAutoScale: _on, autoScaleFormula: _formula, ...pool }: PoolSpecification,
  targetDedicatedNodes: number,
): PoolSpecification {
  return { ...pool, targetDedicatedNodes, targetLowPriorityNodes: 0 };
}

/** One node of one slot unless the command says otherwise; each task takes a slot. */
function ofWorkflow(
  value: unknown,
  fileName: string,
  { nodes = 1, slots = 1, fill = 'spread' }: PoolChoice,
): SimulatedJob {
  const { name = fileName, tasks } = parseWorkflow(value);
  const pool = parsePool({ id: 'simulated', vmSize: 'local', targetDedicatedNodes: nodes });
  const job = parseJob({
    id: 'workflow',
    poolInfo: { poolId: pool.id },
    onAllTasksComplete: 'terminatejob',
    usesTaskDependencies: true,
  });
  const template = parseTask({ id: '0', commandLine: 'recorded' });
  return {
    kind: 'workflow',
    name,
    pool: { ...pool, taskSlotsPerNode: slots, taskSchedulingPolicy: { nodeFillType: fill } },
    job,
    factoryCount: 0,
    // Ids of workflows need be none of the model.
    tasks: tasks.map(({ parents }, place) => ({
      ...template,
      id: String(place),
      ...(parents.length > 0 && { dependsOn: { taskIds: parents.map(String), taskIdRanges: [] } }),
    })),
    bootTimeMs: 0,
    durationMs: (place) => tasks[place]?.durationMs ?? 0,
    exitCode: () => 0,
    idOf: (place) => tasks[place]?.id ?? '',
  };
}
