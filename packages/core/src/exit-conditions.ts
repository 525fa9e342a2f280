import type { ExitConditions, ExitOptions } from './specification.ts';
import { Failure, reportedFrom, wallClockExitCode } from './task-failure.ts';

const success: Required<ExitOptions> = { jobAction: 'none', dependencyAction: 'satisfy' };
const failed: Required<ExitOptions> = { jobAction: 'terminate', dependencyAction: 'block' };

/**
 * What the end of a task means for its job and for those that depend on it (semantics §3.7). `failure`: its number,
 * {@link Failure}.none for a success; no exit code: it was never launched, or its end came before it had one.
 */
export function exitOptionsOf(
  conditions: ExitConditions | undefined,
  failure: number,
  exitCode: number | undefined,
): Required<ExitOptions> {
  if (failure === Failure.endedByUser || failure === Failure.jobWallClock) {
    const dependencyAction = conditions?.default?.dependencyAction ?? failed.dependencyAction;
    return { jobAction: 'none', dependencyAction };
  }
  const builtIn = failure === Failure.none ? success : failed;
  if (conditions === undefined) return builtIn;
  const code = failure === Failure.taskWallClock ? wallClockExitCode : exitCode;
  return { ...builtIn, ...matched(conditions, failure, code) };
}

/** An exit code that is listed wins over everything, also over an upload that failed after it. */
function matched(
  conditions: ExitConditions,
  failure: number,
  exitCode: number | undefined,
): ExitOptions | undefined {
  const { exitCodes = [], exitCodeRanges = [], preProcessingError, fileUploadError } = conditions;
  if (exitCode === undefined) return preProcessingError ?? conditions.default;
  const listed =
    exitCodes.find(({ code }) => code === exitCode) ??
    exitCodeRanges.find(({ start, end }) => start <= exitCode && exitCode <= end);
  if (listed !== undefined) return listed.exitOptions;
  if (failure >= reportedFrom) return fileUploadError ?? conditions.default;
  return failure === Failure.none ? undefined : conditions.default;
}

/** Whether any of them says anything of a half. */
export function mentions(conditions: ExitConditions, half: keyof ExitOptions): boolean {
  const { exitCodes = [], exitCodeRanges = [], preProcessingError, fileUploadError } = conditions;
  return [
    ...exitCodes.map(({ exitOptions }) => exitOptions),
    ...exitCodeRanges.map(({ exitOptions }) => exitOptions),
    preProcessingError,
    fileUploadError,
    conditions.default,
  ].some((options) => options?.[half] !== undefined);
}
