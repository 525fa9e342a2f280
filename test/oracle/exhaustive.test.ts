import type {
  Command,
  JobSpecification,
  PoolResize,
  PoolSpecification,
  StartTask,
  TaskSpecification,
} from '@berth/core';
import { applyTo, begin } from '@berth/core/testing';
import { describe, expect, test } from 'vitest';
import { thorough, timeout } from './check.ts';
import { engineView } from './engine-view.ts';
import { NaiveScheduler } from './naive-scheduler.ts';
import type { Place, SmallWorld } from './small-world.ts';
import { explore } from './small-world.ts';

const pool: PoolSpecification = {
  id: 'p',
  vmSize: 'any',
  targetDedicatedNodes: 2,
  taskSlotsPerNode: 1,
  taskSchedulingPolicy: { nodeFillType: 'spread' },
  metadata: [],
  executor: 'simulated',
  durability: 'written',
};
const job: JobSpecification = {
  id: 'j',
  priority: 0,
  constraints: { maxTaskRetryCount: 0 },
  commonEnvironmentSettings: [],
  poolInfo: { poolId: 'p' },
  onAllTasksComplete: 'noaction',
  usesTaskDependencies: true,
  metadata: [],
};

function task(id: string, more: Partial<TaskSpecification> = {}): TaskSpecification {
  return {
    id,
    commandLine: 'run',
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    constraints: {},
    requiredSlots: 1,
    ...more,
  };
}

function setup(
  tasks: TaskSpecification[],
  jobs: Partial<JobSpecification> = {},
  pools: Partial<PoolSpecification> = {},
): Command[] {
  return [
    { type: 'addPool', pool: { ...pool, ...pools } },
    { type: 'addJob', job: { ...job, ...jobs } },
    { type: 'addTasks', jobId: 'j', tasks },
    { type: 'patchJob', jobId: 'j', patch: { onAllTasksComplete: 'terminatejob' } },
  ];
}

const after = (id: string) => ({ dependsOn: { taskIds: [id], taskIdRanges: [] } });
const twice: Partial<TaskSpecification> = {
  multiInstanceSettings: {
    numberOfInstances: 2,
    coordinationCommandLine: 'coordinate',
    commonResourceFiles: [],
  },
};
const retryOnce = { constraints: { maxTaskRetryCount: 1 } };

const worlds: Record<string, SmallWorld> = {
  'a dependency, a retry, a terminated and a deleted task, a node lost': {
    setup: setup([task('1', retryOnce), task('2', after('1')), task('3')]),
    commands: [
      { type: 'terminateTask', jobId: 'j', taskId: '3' },
      { type: 'deleteTask', jobId: 'j', taskId: '2' },
    ],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a parent deleted, added again and reactivated': {
    setup: setup([
      task('1'),
      task('2', { dependsOn: { taskIds: [], taskIdRanges: [{ start: 1, end: 1 }] } }),
    ]),
    commands: [
      { type: 'deleteTask', jobId: 'j', taskId: '1' },
      { type: 'addTasks', jobId: 'j', tasks: [task('1'), task('3', after('1'))] },
      { type: 'reactivateTask', jobId: 'j', taskId: '1' },
      { type: 'terminateTask', jobId: 'j', taskId: '2' },
    ],
    losses: 0,
    exitCodes: [0, 1],
  },
  'a job disabled, enabled and ended while tasks run': {
    setup: setup([task('1', retryOnce), task('2')], {}, { targetDedicatedNodes: 1 }),
    commands: [
      { type: 'disableJob', jobId: 'j', disableTasks: 'requeue' },
      { type: 'disableJob', jobId: 'j', disableTasks: 'terminate' },
      { type: 'enableJob', jobId: 'j' },
      { type: 'enableJob', jobId: 'j' },
      { type: 'deleteJob', jobId: 'j' },
    ],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a task displaced, ended, lost and placed again': {
    setup: [
      ...setup(
        [task('1'), task('2')],
        { allowTaskPreemption: true },
        { taskSlotsPerNode: 2, targetDedicatedNodes: 1 },
      ),
      { type: 'addJob', job: { ...job, id: 'k', priority: 1 } },
    ],
    commands: [
      { type: 'addTasks', jobId: 'k', tasks: [task('3', { requiredSlots: 2 })] },
      { type: 'addTasks', jobId: 'k', tasks: [task('4', { requiredSlots: 2 })] },
      { type: 'deleteJob', jobId: 'j', force: true },
    ],
    losses: 1,
    exitCodes: [0],
  },
  'a gang coordinated, failed, lost, terminated and placed again': {
    setup: setup(
      [task('1', { ...retryOnce, ...twice }), task('2')],
      {},
      { enableInterNodeCommunication: true },
    ),
    commands: [{ type: 'terminateTask', jobId: 'j', taskId: '1' }],
    losses: 1,
    exitCodes: [0, 1],
  },
  'wall clocks of a task and a job': {
    setup: setup(
      [task('1', { constraints: { maxWallClockTimeMs: 1_000 } }), task('2')],
      { constraints: { maxTaskRetryCount: 1, maxWallClockTimeMs: 2_000 } },
      { targetDedicatedNodes: 1 },
    ),
    commands: [{ type: 'tick' }, { type: 'tick' }, { type: 'deleteJob', jobId: 'j' }],
    tickMs: 1_000,
    losses: 1,
    exitCodes: [0, 1],
  },
  'a pool deleted under two jobs, and added again': {
    setup: [
      ...setup(
        [task('1', { requiredSlots: 2 }), task('2')],
        { priority: 1 },
        { taskSlotsPerNode: 2 },
      ),
      { type: 'addJob', job: { ...job, id: 'k' } },
      { type: 'addTasks', jobId: 'k', tasks: [task('3')] },
    ],
    commands: [
      { type: 'deletePool', poolId: 'p' },
      { type: 'addPool', pool: { ...pool, targetDedicatedNodes: 1 } },
      { type: 'patchJob', jobId: 'k', patch: { priority: 2 } },
    ],
    losses: 0,
    exitCodes: [0],
  },
  'an OS version changed under a task and its retry, and the pool deleted': {
    setup: [
      { type: 'setOSVersions', executor: 'simulated', osFamily: '4', versions: ['1', '2'] },
      ...setup(
        [task('1', retryOnce)],
        {},
        { cloudServiceConfiguration: { osFamily: '4', targetOSVersion: '1' } },
      ),
    ],
    commands: [
      { type: 'upgradeOS', poolId: 'p', targetOSVersion: '*' },
      { type: 'deletePool', poolId: 'p' },
    ],
    losses: 0,
    exitCodes: [0, 1],
  },
};

const startTask: StartTask = {
  commandLine: 'prepare',
  resourceFiles: [],
  environmentSettings: [],
  maxTaskRetryCount: 1,
  waitForSuccess: true,
};
const node1 = { poolId: 'p', nodeId: 'node-1' };

const nodeWorlds: Record<string, SmallWorld> = {
  'a pool resized up and down, stopped in between, while its tasks run': {
    setup: setup([task('1'), task('2')], {}, { targetDedicatedNodes: 1 }),
    commands: [
      resize({ targetDedicatedNodes: 2, resizeTimeoutMs: 1_000 }),
      resize({ targetDedicatedNodes: 0, nodeDeallocationOption: 'taskcompletion' }),
      { type: 'stopResize', poolId: 'p' },
      { type: 'tick' },
    ],
    tickMs: 1_000,
    losses: 0,
    exitCodes: [0],
  },
  'nodes removed, lost and taken away, dedicated or not': {
    setup: setup(
      [task('1'), task('2')],
      {},
      { targetDedicatedNodes: 1, targetLowPriorityNodes: 1 },
    ),
    commands: [
      {
        type: 'removeNodes',
        poolId: 'p',
        removal: { nodeList: ['node-1'], nodeDeallocationOption: 'requeue' },
      },
      {
        type: 'removeNodes',
        poolId: 'p',
        removal: { nodeList: ['node-2'], nodeDeallocationOption: 'taskcompletion' },
      },
    ],
    losses: 1,
    falls: ['lost', 'preempted'],
    exitCodes: [0],
  },
  'a node rebooted, reimaged, broken and healed while its task runs': {
    setup: setup([task('1')], {}, { targetDedicatedNodes: 1 }),
    commands: [
      { type: 'rebootNode', ...node1, nodeRebootOption: 'requeue' },
      { type: 'rebootNode', ...node1, nodeRebootOption: 'taskcompletion' },
      { type: 'reimageNode', ...node1, nodeReimageOption: 'terminate' },
    ],
    losses: 2,
    falls: ['lost', 'broken', 'failed'],
    exitCodes: [0, 1],
  },
  'a node disabled, enabled and rebooted, with a task that is terminated or waited for': {
    setup: setup([task('1', retryOnce)], {}, { targetDedicatedNodes: 1 }),
    commands: [
      { type: 'disableScheduling', ...node1, nodeDisableSchedulingOption: 'taskcompletion' },
      { type: 'disableScheduling', ...node1, nodeDisableSchedulingOption: 'terminate' },
      { type: 'enableScheduling', ...node1 },
      { type: 'rebootNode', ...node1, nodeRebootOption: 'requeue' },
    ],
    losses: 1,
    exitCodes: [0, 1],
  },
  'a start task that fails and is tried again, on a node that breaks, is taken away or starts anew':
    {
      setup: setup(
        [task('1')],
        {},
        { targetDedicatedNodes: 0, targetLowPriorityNodes: 1, startTask },
      ),
      commands: [
        { type: 'rebootNode', ...node1, nodeRebootOption: 'requeue' },
        {
          type: 'patchPool',
          poolId: 'p',
          patch: { startTask: { ...startTask, waitForSuccess: false } },
        },
      ],
      losses: 1,
      falls: ['lost', 'broken', 'preempted'],
      exitCodes: [0, 1],
    },
};

function resize(more: Partial<PoolResize>): Command {
  return {
    type: 'resizePool',
    poolId: 'p',
    resize: { nodeDeallocationOption: 'requeue', ...more },
  };
}

describe('every interleaving of commands, reports and losses goes as the naive scheduler says', () => {
  for (const [name, world] of Object.entries({ ...worlds, ...nodeWorlds })) {
    test(
      name,
      () => {
        const { states, moves, ends } = explore(world, (place, isEnd) => {
          const broken = place.engine.validate();
          if (broken.length > 0) throw new Error(`${broken.join()}\n${compared(place)}`);
          if (isEnd) expect(unfinished(place)).toEqual([]);
          if (!isEnd && !thorough) return;
          const difference = compared(place);
          if (difference !== undefined) throw new Error(difference);
        });
        console.log(`${name}: ${states} states, ${moves} moves, ${ends} ends`);
      },
      timeout,
    );
  }
});

/**
 * The naive scheduler, told the same from the beginning, must have come to the same state. Asked at the ends,
 * and at every state if there is more time.
 */
function compared({ engine, path }: Place): string | undefined {
  const naive = new NaiveScheduler();
  const again = begin();
  for (const input of path) {
    if ('command' in input) naive.command(input.at, input.command);
    else naive.report(input.at, again.ledger.translate(input.report));
    applyTo(again, input);
  }
  const actual = JSON.stringify(engineView(engine));
  const expected = JSON.stringify(naive.view());
  return actual === expected ? undefined : `${again.history.join('\n')}\n${actual}\n${expected}`;
}

/** Where nothing can happen any more, nothing may be left that could. */
function unfinished({ engine: { queries } }: Place): string[] {
  return queries
    .jobs()
    .flatMap(({ id, state }) => (state === 'terminating' || state === 'deleting' ? [id] : []));
}
