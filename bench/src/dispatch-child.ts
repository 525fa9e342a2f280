import { engineContender, floorContender } from './dispatch-contenders.ts';
import type { Load } from './dispatch-load.ts';
import { runEngine } from './dispatch-load.ts';
import { childInput } from './in-child.ts';
import { peakMegabytes } from './machine.ts';
import type { Contender } from './measure.ts';
import { measure } from './measure.ts';

/*
 * The lives of one load, in a process of their own: beside the floor for the time, or the engine alone and
 * once for the peak of memory.
 */

export interface DispatchInput {
  load: Load;
  /** Absent: the engine alone. */
  turns?: number;
}

/** Warm-up never takes more than this. */
const mostWarmUpTasks = 1_000_000;
const mostWarmUpJobs = 500;

function contenders(load: Load): Contender[] {
  return [floorContender(load), engineContender(load)];
}

const { load, turns } = childInput<DispatchInput>();
if (turns === undefined) {
  runEngine(load);
  console.log(peakMegabytes());
} else {
  const warmUp = contenders({
    ...load,
    tasks: Math.min(load.tasks, mostWarmUpTasks),
    jobs: Math.min(load.jobs, mostWarmUpJobs),
    blockedJobs: Math.min(load.blockedJobs, mostWarmUpJobs),
  });
  console.log(JSON.stringify(await measure(contenders(load), load.tasks, turns, warmUp)));
}
