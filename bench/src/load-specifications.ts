import type {
  JobSpecification,
  TaskConstraints,
  TaskSpecification,
  TaskTemplate,
} from '@berth/core';

/** How tasks are given: with ids and command lines of their own, or plain numbers and all alike. */
export type Submission = 'factory' | 'one by one' | 'one by one, alike';

/** What a factory of the load repeats. */
export function template(requiredSlots: number, constraints: TaskConstraints = {}): TaskTemplate {
  return {
    commandLine: 'process {0}',
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    constraints,
    requiredSlots,
  };
}

/** One of the tasks that are given one by one. */
export function oneTask(
  number: number,
  slots: number,
  constraints: TaskConstraints = {},
): TaskSpecification {
  return {
    ...template(slots, constraints),
    id: `task-${String(number).padStart(8, '0')}`,
    commandLine: `process --input slice-${number}.parquet --output result-${number}.json`,
  };
}

export function alikeTask(
  number: number,
  slots: number,
  constraints: TaskConstraints = {},
): TaskSpecification {
  return { ...template(slots, constraints), id: String(number + 1), commandLine: 'process' };
}

export function jobSpecification(id: string, priority: number): JobSpecification {
  return {
    id,
    priority,
    constraints: { maxTaskRetryCount: 0 },
    commonEnvironmentSettings: [],
    poolInfo: { poolId: 'pool' },
    onAllTasksComplete: 'noaction',
    usesTaskDependencies: false,
    metadata: [],
  };
}
