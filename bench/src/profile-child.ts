import type { Load } from './dispatch-load.ts';
import { EngineLives, runEngine } from './dispatch-load.ts';
import { childInput } from './in-child.ts';
import { timesByFunction } from './profiler.ts';

/* Where the time of one load of dispatch goes. */

const warmUpTasks = 1_000_000;
const warmUpJobs = 500;

const load = childInput<Load>();
for (let round = 0; round < 3; round++) {
  runEngine({
    ...load,
    tasks: Math.min(load.tasks, warmUpTasks),
    jobs: Math.min(load.jobs, warmUpJobs),
    blockedJobs: Math.min(load.blockedJobs, warmUpJobs),
  });
}
const lives = new EngineLives(load);
const rows = await timesByFunction(load.tasks, () => {
  lives.submit();
  lives.run();
});
lives.audit();
console.log(JSON.stringify(rows));
