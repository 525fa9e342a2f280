import type { Load } from './dispatch-load.ts';
import { EngineLives, runEngine } from './dispatch-load.ts';
import { childInput } from './in-child.ts';
import { peakMegabytes } from './machine.ts';
import { bytesHeld } from './measure.ts';

/** What one way of submission holds, in a process of its own. */
export interface Held {
  /** Bytes a task when all have been submitted and none has run. */
  submitted: number;
  /** The same after all of them have run. */
  completed: number;
  peakMegabytes: number;
}

const load = childInput<Load>();
// What the first load compiles and makes for good is no part of the tasks', nor are the nodes.
runEngine({ ...load, tasks: Math.min(load.tasks, 10 * load.jobs) });
const lives = new EngineLives(load);
const empty = bytesHeld();
lives.submit();
const submitted = (bytesHeld() - empty) / load.tasks;
lives.run();
const completed = (bytesHeld() - empty) / load.tasks;
lives.audit();
console.log(JSON.stringify({ submitted, completed, peakMegabytes: peakMegabytes() }));
