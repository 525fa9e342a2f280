import type { World } from './world.ts';

/** (extension) What of the rules a host may choose, part of the state. */
export interface RuleOptions {
  /** How long after a node is `unknown` what ran there is put back to the queue. 0: at once. semantics §2.2, §12 */
  nodeLostRequeueDelayMs: number;
  /** How often a task may be put back because its node or runner was lost; absent: any number. semantics §3.8 */
  maxInternalRetryCount?: number;
  /** How long a failed run counts in the `recentFailures` of its node, by whole minutes. semantics §1.3 */
  recentFailuresWindowMs: number;
  /** Whether nodes tell their `recentTasks`, for which each start writes some words. semantics §1.3 */
  keepsRecentTasks: boolean;
}

export const defaultRuleOptions: RuleOptions = {
  nodeLostRequeueDelayMs: 0,
  recentFailuresWindowMs: 3_600_000,
  keepsRecentTasks: false,
};

/** They count for what is lost from now on. */
export function setOptions(world: World, options: RuleOptions): void {
  world.options = options;
  world.recentStarts.turn(options.keepsRecentTasks, world.nodes.length);
}
