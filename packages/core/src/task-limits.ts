import type { ExitConditions, TaskTemplate } from './specification.ts';

/** What starts and ends ask of a task's specification. */
export interface TaskLimits {
  requiredSlots: number;
  /** Of a multi-instance task, 0 of every other. */
  instances: number;
  maxWallClockTimeMs: number | undefined;
  /** Absent: the job's. */
  maxTaskRetryCount: number | undefined;
  /** How long its directory is kept at least; absent: a week. */
  retentionTimeMs: number | undefined;
  exitConditions: ExitConditions | undefined;
}

export function limitsOf(template: TaskTemplate): TaskLimits {
  return {
    requiredSlots: template.requiredSlots,
    instances: template.multiInstanceSettings?.numberOfInstances ?? 0,
    maxWallClockTimeMs: template.constraints.maxWallClockTimeMs,
    maxTaskRetryCount: template.constraints.maxTaskRetryCount,
    retentionTimeMs: template.constraints.retentionTimeMs,
    exitConditions: template.exitConditions,
  };
}
