import type { Node } from './node.ts';
import type { World } from './world.ts';

/*
 * How many runs have failed on a node lately (semantics §1.3, extension), by minute: exact to the minute, and however
 * many fail it keeps no more than one number for each. Nothing but a failure touches it.
 */

const minuteMs = 60_000;

/** Of one minute in which runs have failed. */
export interface FailuresOfMinute {
  /** Minutes since the epoch. */
  minute: number;
  count: number;
}

/**
 * A run has failed by itself: not because it was told to end, nor because it was lost. What does not count any more is
 * forgotten with the first failure of a minute, so that a longer window later does not bring it back.
 */
export function noteFailure(world: World, node: Node): void {
  const minute = Math.floor(world.now / minuteMs);
  const last = node.failures.at(-1);
  if (last?.minute === minute) {
    last.count++;
    return;
  }
  node.failures = [...node.failures.filter(isRecent(world)), { minute, count: 1 }];
}

export function recentFailures(world: World, node: Node): number {
  return node.failures.filter(isRecent(world)).reduce((sum, { count }) => sum + count, 0);
}

/** Whether a minute is one of the last that count: the present one, and as many before it as make up the window. */
function isRecent({ now, options }: World): (one: FailuresOfMinute) => boolean {
  const oldest = Math.floor(now / minuteMs) - Math.ceil(options.recentFailuresWindowMs / minuteMs);
  return ({ minute }) => minute > oldest;
}
