import type { TaskTemplate } from './specification.ts';

/** What the hot path asks of a task's specification. */
export interface TaskLimits {
  requiredSlots: number;
  maxWallClockTimeMs: number | undefined;
  /** Absent: the job's. */
  maxTaskRetryCount: number | undefined;
}

export function limitsOf(template: TaskTemplate): TaskLimits {
  return {
    requiredSlots: template.requiredSlots,
    maxWallClockTimeMs: template.constraints.maxWallClockTimeMs,
    maxTaskRetryCount: template.constraints.maxTaskRetryCount,
  };
}
