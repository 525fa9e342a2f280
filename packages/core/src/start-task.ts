import type { Node } from './node.ts';
import type { StartTask } from './specification.ts';
import { Failure, reportedFrom } from './task-failure.ts';
import type { World } from './world.ts';

/*
 * What a node runs before, or beside, its first tasks (semantics §2.3, §4.3). It takes no slot.
 */

/** The start task of one boot; what its pool says later counts from the next boot on. */
export interface StartTaskRun {
  readonly specification: StartTask;
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
}

/** What became of a try. */
export type StartTaskEnd = 'succeeded' | 'failed' | 'goesOn';

export function beginStartTask(world: World, node: Node, specification: StartTask): void {
  node.startTask = {
    specification,
    sequence: 0,
    state: 'running',
    startTime: world.now,
    retryCount: 0,
  };
  run(world, node, node.startTask);
}

/** The same try once more: it was lost with what ran it, which counts nowhere. */
export function rerunStartTask(world: World, node: Node): void {
  const { startTask } = node;
  if (startTask?.state === 'running') run(world, node, startTask);
}

/** Only a non-zero exit code is retried, as with tasks (semantics §3.8). Neither exit code nor failure: it was lost. */
export function endStartTask(
  world: World,
  node: Node,
  startTask: StartTaskRun,
  exitCode: number | undefined,
  reported: number,
  detail: string | undefined,
): StartTaskEnd {
  if (exitCode === undefined && reported === 0) {
    run(world, node, startTask);
    return 'goesOn';
  }
  const { maxTaskRetryCount } = startTask.specification;
  const ended = startTask;
  ended.sequence = 0;
  ended.endTime = world.now;
  ended.exitCode = exitCode;
  ended.failure = reported > 0 ? reportedFrom + reported : undefined;
  ended.failureDetail = detail;
  if (reported === 0 && exitCode !== 0) {
    if (maxTaskRetryCount === -1 || ended.retryCount < maxTaskRetryCount) {
      ended.retryCount++;
      ended.lastRetryTime = world.now;
      run(world, node, ended);
      return 'goesOn';
    }
    ended.failure = Failure.exitCode;
  }
  ended.state = 'completed';
  return ended.failure === undefined ? 'succeeded' : 'failed';
}

function run(world: World, node: Node, startTask: StartTaskRun): void {
  startTask.sequence = world.nextSequence();
  startTask.startTime = world.now;
  world.effects.runStartTask(node.number, startTask.sequence, world.pools[node.pool]!.mustSync);
}
