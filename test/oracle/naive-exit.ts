import type { ExitConditions, ExitOptions } from '@berth/core';

/** How a task came to its end, as 3.7 tells ends apart. */
export type NaiveEnd =
  | { by: 'exit'; exitCode: number }
  | { by: 'failure'; exitCode?: number }
  | { by: 'taskClock' | 'jobClock' | 'user' };

/** 3.7, step by step. */
export function naiveExitOptions(
  conditions: ExitConditions = {},
  end: NaiveEnd,
): { jobAction: string; dependencyAction: string } {
  const success = end.by === 'exit' && end.exitCode === 0;
  const builtIn = success
    ? { jobAction: 'none', dependencyAction: 'satisfy' }
    : { jobAction: 'terminate', dependencyAction: 'block' };
  // 0.
  if (end.by === 'user' || end.by === 'jobClock') {
    return { jobAction: 'none', dependencyAction: conditions.default?.dependencyAction ?? 'block' };
  }
  const found = ((): ExitOptions | undefined => {
    const code =
      end.by === 'taskClock' ? -1073741510 : 'exitCode' in end ? end.exitCode : undefined;
    // 1.
    if (code === undefined) return conditions.preProcessingError ?? conditions.default;
    // 2.
    for (const one of conditions.exitCodes ?? []) if (one.code === code) return one.exitOptions;
    for (const one of conditions.exitCodeRanges ?? []) {
      if (code >= one.start && code <= one.end) return one.exitOptions;
    }
    // 3.
    if (end.by === 'failure') return conditions.fileUploadError ?? conditions.default;
    // 4.
    return code === 0 ? undefined : conditions.default;
  })();
  return {
    jobAction: found?.jobAction ?? builtIn.jobAction,
    dependencyAction: found?.dependencyAction ?? builtIn.dependencyAction,
  };
}
