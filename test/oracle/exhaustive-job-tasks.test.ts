import type { Command, JobSpecification } from '@berth/core';
import { EffectKind } from '@berth/core';
import { parseJob, parsePool, parseTask } from '@berth/core/spec';
import { describe, expect, test } from 'vitest';
import { timeout } from './check.ts';
import type { Place, SmallWorld } from './small-world.ts';
import { explore } from './small-world.ts';

// Job managers, preparations and releases (semantics §8, ruling 15), in every order in which things can happen.

const jobPreparationTask = { commandLine: 'unpack' };
const jobReleaseTask = { commandLine: 'clean' };
const jobManagerTask = { id: 'm', commandLine: 'manage' };
const node1 = { poolId: 'p', nodeId: 'node-1' };

function setup(nodes: number, tasks: object[], more: object = {}, pool: object = {}): Command[] {
  const poolInfo = { poolId: 'p' };
  return [
    {
      type: 'addPool',
      pool: parsePool({ id: 'p', vmSize: 'local', targetDedicatedNodes: nodes, ...pool }),
    },
    {
      type: 'addJob',
      job: parseJob({ id: 'j', poolInfo, jobPreparationTask, jobReleaseTask, ...more }),
    },
    {
      type: 'addTasks',
      jobId: 'j',
      tasks: tasks.map((task, index) =>
        parseTask({ id: String(index + 1), commandLine: 'run', ...task }),
      ),
    },
    { type: 'patchJob', jobId: 'j', patch: { onAllTasksComplete: 'terminatejob' } },
  ];
}

const tick: Command = { type: 'tick' };
const twice = {
  multiInstanceSettings: { numberOfInstances: 2, coordinationCommandLine: 'coordinate' },
};

const worlds: Record<string, SmallWorld> = {
  'a job prepared, disabled, enabled and released, on a node that is lost': {
    setup: setup(1, [{}]),
    commands: [
      { type: 'disableJob', jobId: 'j', disableTasks: 'requeue' },
      { type: 'enableJob', jobId: 'j' },
    ],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a job whose tasks wait for the preparation of two nodes, of which one is lost': {
    setup: setup(2, [{}, {}], { jobReleaseTask: undefined }),
    commands: [],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a job prepared and released on a node that is rebooted and reimaged, until its time is over': {
    setup: setup(1, [{}]),
    commands: [
      { type: 'rebootNode', ...node1, nodeRebootOption: 'requeue' },
      { type: 'reimageNode', ...node1, nodeReimageOption: 'taskcompletion' },
      { type: 'terminateJob', jobId: 'j' },
      tick,
    ],
    tickMs: 900_000,
    losses: 0,
    exitCodes: [0],
  },
  'a job deleted, also with force, while it is prepared and released': {
    setup: setup(1, [{}], {
      jobPreparationTask: { ...jobPreparationTask, constraints: { maxTaskRetryCount: 1 } },
      jobReleaseTask: { ...jobReleaseTask, maxTaskRetryCount: 1 },
    }),
    commands: [
      { type: 'deleteJob', jobId: 'j' },
      { type: 'deleteJob', jobId: 'j', force: true },
    ],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a gang whose nodes are prepared, lost and barred': {
    setup: setup(2, [twice], { jobReleaseTask: undefined }, { enableInterNodeCommunication: true }),
    commands: [],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a gang whose nodes are prepared, displaced by a job of higher priority, or terminated': {
    setup: [
      ...setup(
        2,
        [twice],
        { allowTaskPreemption: true, jobReleaseTask: undefined },
        { enableInterNodeCommunication: true },
      ),
      { type: 'addJob', job: parseJob({ id: 'k', priority: 1, poolInfo: { poolId: 'p' } }) },
    ],
    commands: [
      { type: 'addTasks', jobId: 'k', tasks: [parseTask({ id: '3', commandLine: 'run' })] },
      { type: 'terminateTask', jobId: 'j', taskId: '1' },
    ],
    losses: 0,
    exitCodes: [0],
  },
  'a job manager with its node for itself, that starts again after its node is lost': {
    setup: setup(2, [{}], {
      jobManagerTask,
      jobPreparationTask: undefined,
      jobReleaseTask: undefined,
    }),
    commands: [
      { type: 'disableJob', jobId: 'j', disableTasks: 'requeue' },
      { type: 'enableJob', jobId: 'j' },
    ],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a job manager that needs a preparation, and makes room for itself': {
    setup: setup(
      1,
      [{}, {}],
      {
        jobManagerTask: { ...jobManagerTask, runExclusive: false, killJobOnCompletion: false },
        jobReleaseTask: undefined,
        constraints: { maxTaskRetryCount: 1 },
      },
      { taskSlotsPerNode: 2 },
    ),
    commands: [],
    losses: 1,
    exitCodes: [0, 1],
  },
};

describe('every interleaving of commands, reports and losses keeps the rules of the tasks of a job', () => {
  for (const [name, world] of Object.entries(worlds)) {
    test(
      name,
      () => {
        const { states, moves, ends } = explore(world, (place, isEnd) => {
          const broken = [...place.engine.validate(), ...outOfOrder(place)];
          if (isEnd) broken.push(...unfinished(place));
          if (broken.length > 0) throw new Error(`${broken.join('\n')}\n${told(place)}`);
        });
        expect(states).toBeGreaterThan(20);
        console.log(`${name}: ${states} states, ${moves} moves, ${ends} ends`);
      },
      timeout,
    );
  }
});

/** What runs before it may: a task before the preparation or the manager of its job, a release beside a task. */
function outOfOrder({ engine }: Place): string[] {
  const { queries } = engine;
  const effects = engine.outstanding();
  const wrong: string[] = [];
  const nodesWithTasks = new Set<string>();
  for (let index = 0; index < effects.length; index++) {
    const sequence = effects.sequence(index);
    if (effects.kind(index) === EffectKind.startRun) {
      const { jobId, taskId, nodeId } = effects.catalog.run(effects.run(index), sequence) ?? {};
      if (jobId === undefined || taskId === undefined || nodeId === undefined) continue;
      nodesWithTasks.add(`${jobId} ${nodeId}`);
      const job: Partial<Pick<JobSpecification, 'jobPreparationTask' | 'jobManagerTask'>> =
        queries.job(jobId) ?? {};
      const preparation = queries.preparationOn(jobId, nodeId);
      const isPrepared = 'result' in preparation && preparation.result === 'success';
      if (job.jobPreparationTask !== undefined && !isPrepared) {
        wrong.push(`${jobId}/${taskId} runs on ${nodeId}, which is not prepared`);
      }
      const manager = queries.task(jobId, job.jobManagerTask?.id ?? '');
      if (manager?.state === 'active' && manager.executionInfo.startTime === undefined) {
        wrong.push(`${jobId}/${taskId} runs, and the manager has not started`);
      }
    }
    if (effects.kind(index) === EffectKind.runJobRelease) {
      const { jobId, nodeId } = effects.catalog.nodeTask(effects.run(index), sequence) ?? {};
      if (nodesWithTasks.has(`${jobId} ${nodeId}`)) wrong.push(`${jobId}: released beside a task`);
    }
  }
  return wrong;
}

/** Where nothing can happen any more, nothing may be left that could. */
function unfinished({ engine: { queries } }: Place): string[] {
  return queries.jobs().flatMap(({ id, state }) => {
    const preparing = queries.tasks(id)?.tasks.filter((task) => task.state === 'preparing') ?? [];
    const isGoing = ['disabling', 'terminating', 'deleting'].includes(state);
    return isGoing || preparing.length > 0
      ? [`job ${id}: ${state} for ever, ${preparing.length} preparing`]
      : [];
  });
}

function told({ path }: Place): string {
  return path.map((input) => JSON.stringify(input)).join('\n');
}
