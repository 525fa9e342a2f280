import { Failure, reportedFrom, wallClockExitCode } from './task-failure.ts';
import type { World } from './world.ts';

/*
 * What a node runs besides tasks: start, preparation and release tasks (semantics §2.3). They take no slot.
 */

/** One run of such a task, its retries included. */
export interface NodeTaskRun {
  /** Of the try under way; 0: there is none. */
  sequence: number;
  state: 'running' | 'completed';
  /** Of the latest try. */
  startTime: number;
  /** Of the latest try that is over. */
  endTime?: number | undefined;
  exitCode?: number | undefined;
  /** As in task rows (task-failure.ts). */
  failure?: number | undefined;
  failureDetail?: string | undefined;
  retryCount: number;
  lastRetryTime?: number;
  /** The try has been told to end: that decides what becomes of it. */
  ending?: 'ended' | 'wallClock' | undefined;
}

/** How a try came to its end, as reported; neither exit code nor failure: it was lost. */
export interface TryEnd {
  exitCode: number | undefined;
  /** Number of a failure code, 0: none. */
  reported: number;
  detail: string | undefined;
}

export function newNodeTaskRun(world: World): NodeTaskRun {
  return { sequence: 0, state: 'running', startTime: world.now, retryCount: 0 };
}

export function isUnderWay(run: NodeTaskRun | undefined): run is NodeTaskRun {
  return run !== undefined && run.sequence !== 0;
}

/**
 * A try is over. `again`: another is to follow, since this one was lost, which counts nowhere, or has a retry left:
 * only a non-zero exit code is retried, as with tasks (semantics §3.8).
 */
export function endTry(
  world: World,
  run: NodeTaskRun,
  maxTaskRetryCount: number,
  { exitCode, reported, detail }: TryEnd,
): 'succeeded' | 'failed' | 'again' {
  const ended = run;
  const { ending } = ended;
  if (ending === undefined && exitCode === undefined && reported === 0) return 'again';
  ended.sequence = 0;
  ended.endTime = world.now;
  ended.exitCode = ending === 'wallClock' ? wallClockExitCode : exitCode;
  ended.failure = reported > 0 ? reportedFrom + reported : undefined;
  ended.failureDetail = detail;
  ended.ending = undefined;
  if (ending !== undefined) {
    ended.failure = ending === 'wallClock' ? Failure.taskWallClock : Failure.endedByUser;
  } else if (reported === 0 && exitCode !== 0) {
    if (maxTaskRetryCount === -1 || ended.retryCount < maxTaskRetryCount) {
      ended.retryCount++;
      ended.lastRetryTime = world.now;
      return 'again';
    }
    ended.failure = Failure.exitCode;
  }
  ended.state = 'completed';
  return ended.failure === undefined ? 'succeeded' : 'failed';
}
