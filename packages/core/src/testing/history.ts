import fc from 'fast-check';
import type {
  AccountPatch,
  Command,
  ExitConditions,
  ExitOptions,
  JobManagerTask,
  JobPatch,
  JobPreparationTask,
  JobReleaseTask,
  JobSpecification,
  NodeDeallocationOption,
  PoolSpecification,
  Queries,
  Report,
  StartTask,
  TaskConstraints,
  TaskDependencies,
  TaskFactory,
  TaskSpecification,
  TaskTemplate,
} from '../index.ts';
import { ReportKind } from '../index.ts';
import { formulas } from './formulas.ts';
import type { Input, Ledger } from './ledger.ts';

/*
 * Random histories. A step says what kind of thing happens and picks its subject by a number; what the number
 * means is found out when the step is played, so that any part of a history can be left out in shrinking.
 */

export const firstTime = 1_700_000_000_000;

export type Step = { pass: number } & (
  | { is: 'command'; command: Command; pick: number }
  | {
      is: 'task';
      does: 'terminateTask' | 'reactivateTask' | 'deleteTask' | 'updateTask';
      pick: number;
      constraints: TaskConstraints;
    }
  | {
      is:
        | 'nodeReady'
        | 'nodeLost'
        | 'nodeBack'
        | 'nodeGone'
        | 'nodeUnusable'
        | 'nodePreempted'
        | 'nodeRefused'
        | 'nodeSample'
        | 'nodeDeallocated'
        | 'runLost';
      pick: number;
    }
  | { is: 'coordinated'; pick: number }
  | { is: 'startTaskEnded'; pick: number; ending: Ending }
  | { is: 'nodeTaskEnded'; pick: number; ending: Ending }
  | { is: 'runEnded'; pick: number; ending: Ending }
  | { is: 'again'; pick: number; ending: Ending }
);

type Ending = Pick<
  Report & { kind: typeof ReportKind.runEnded },
  'exitCode' | 'failure' | 'detail'
>;

const poolIds = ['p', 'q'];
const jobIds = ['a', 'b', 'c'];
const taskIds = ['x', 'y', 'Z', 'z', '1', '2', '3', '03', '3x', '4', '5'];

const slots = fc.constantFrom(1, 1, 1, 1, 2, 3);
const pick = fc.nat({ max: 40 });

const constraints: fc.Arbitrary<TaskConstraints> = fc.record(
  {
    maxTaskRetryCount: fc.constantFrom(-1, 0, 1, 2),
    maxWallClockTimeMs: fc.constantFrom(1, 1_000, 60_000),
  },
  { requiredKeys: [] },
);
const fewConstraints = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, constraints);

const dependsOn: fc.Arbitrary<TaskDependencies> = fc.record({
  taskIds: fc.array(fc.constantFrom(...taskIds, 'X', 'later'), { maxLength: 2 }),
  taskIdRanges: fc.array(
    fc
      .record({ start: fc.integer({ min: 0, max: 5 }), length: fc.integer({ min: 0, max: 3 }) })
      .map(({ start, length }) => ({ start, end: start + length })),
    { maxLength: 2 },
  ),
});

function rarely<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
}

const exitOptions: fc.Arbitrary<ExitOptions> = fc.record(
  {
    jobAction: fc.constantFrom('none', 'none', 'disable', 'terminate'),
    dependencyAction: fc.constantFrom('satisfy', 'satisfy', 'block'),
  },
  { requiredKeys: [] },
);
const exitConditions: fc.Arbitrary<ExitConditions> = fc.record(
  {
    exitCodes: fc.array(fc.record({ code: fc.constantFrom(0, 1, -1073741510), exitOptions }), {
      maxLength: 2,
    }),
    exitCodeRanges: fc.constantFrom(-1, 1).chain((start) =>
      fc.array(fc.record({ start: fc.constant(start), end: fc.constantFrom(1, 2), exitOptions }), {
        maxLength: 2,
      }),
    ),
    preProcessingError: exitOptions,
    fileUploadError: exitOptions,
    default: exitOptions,
  },
  { requiredKeys: [] },
);

const template: fc.Arbitrary<TaskTemplate> = fc
  .record({
    requiredSlots: slots,
    constraints: fewConstraints,
    dependsOn: rarely(dependsOn),
    exitConditions: rarely(exitConditions),
    instances: fc.constantFrom(...Array<undefined>(6), 1, 2, 2, 3),
    affinityId: fc.constantFrom(null, null, null, 'TVM:node-1', 'TVM:node-2', 'TVM:node-3', 'here'),
  })
  .map(({ dependsOn, exitConditions, instances, affinityId, ...rest }) => ({
    commandLine: 'run {0}',
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    ...rest,
    ...(dependsOn === null ? {} : { dependsOn }),
    ...(exitConditions === null ? {} : { exitConditions }),
    ...(affinityId === null ? {} : { affinityInfo: { affinityId } }),
    ...(instances === undefined ? {} : multiInstance(instances)),
  }));

function multiInstance(
  numberOfInstances: number,
): Pick<TaskTemplate, 'requiredSlots' | 'multiInstanceSettings'> {
  return {
    requiredSlots: 1,
    multiInstanceSettings: {
      numberOfInstances,
      coordinationCommandLine: 'coordinate',
      commonResourceFiles: [],
    },
  };
}

export const task: fc.Arbitrary<TaskSpecification> = fc
  .record({ id: fc.constantFrom(...taskIds), template })
  .map(({ id, template }) => ({ id, ...template }));

export const factory: fc.Arbitrary<TaskFactory> = fc.record({
  type: fc.constant('parametricSweep' as const),
  parameterSets: fc.constantFrom(
    [{ start: 0, end: 2, step: 1 }],
    [{ start: 3, end: 3, step: 1 }],
    // More than the first page of rows holds.
    [{ start: 1, end: 40, step: 1 }],
    [
      { start: 5, end: 2, step: -2 },
      { start: 0, end: 1, step: 1 },
    ],
  ),
  firstTaskId: fc.constantFrom(0, 2, 4, 10),
  repeatTask: template,
});

const formula = fc.constantFrom(...Object.values(formulas));
/** Shorter than a door lets in, so that much is evaluated; the longer one is retried before its time. */
const evaluationInterval = fc.constantFrom(45_000, 60_000, 400_000);

const startTask: fc.Arbitrary<StartTask> = fc.record({
  commandLine: fc.constant('prepare'),
  resourceFiles: fc.constant([]),
  environmentSettings: fc.constant([]),
  maxTaskRetryCount: fc.constantFrom(0, 0, 1, -1),
  waitForSuccess: fc.constantFrom(true, true, false),
});

const sizedByHand: fc.Arbitrary<PoolSpecification> = fc.record({
  id: fc.constantFrom(...poolIds, 'P'),
  vmSize: fc.constant('any'),
  targetDedicatedNodes: fc.constantFrom(0, 1, 2, 2, 3),
  targetLowPriorityNodes: fc.constantFrom(0, 0, 0, 1),
  taskSlotsPerNode: fc.constantFrom(1, 2, 3, 4),
  taskSchedulingPolicy: fc.record(
    {
      nodeFillType: fc.constantFrom('spread', 'pack'),
      jobDefaultOrder: fc.constant('creationtime' as const),
    },
    { requiredKeys: ['nodeFillType'] },
  ),
  metadata: fc.constant([]),
  executor: fc.constant('simulated'),
  durability: fc.constantFrom('written', 'synced'),
});

const plainPool: fc.Arbitrary<PoolSpecification> = fc.oneof(
  { weight: 3, arbitrary: sizedByHand },
  {
    weight: 1,
    arbitrary: fc
      .record({ sizedByHand, formula, evaluationInterval })
      .map(({ sizedByHand, formula, evaluationInterval }) => ({
        ...sizedByHand,
        targetDedicatedNodes: 0,
        targetLowPriorityNodes: 0,
        enableAutoScale: true as const,
        autoScaleFormula: formula,
        autoScaleEvaluationIntervalMs: evaluationInterval,
      })),
  },
);

const osFamily = '4';
const osVersions = fc.constantFrom(['1', '2'], ['1', '2', '3'], ['2', '1'], ['3', '1']);
const targetOSVersion = fc.constantFrom('*', '*', '1', '2', '3');

/** Of two ids, few nodes and few slots, sized by hand or by a formula. */
export const pool: fc.Arbitrary<PoolSpecification> = fc
  .record({
    plain: plainPool,
    startTask: fc.option(startTask, { freq: 3 }),
    targetOSVersion: fc.option(targetOSVersion, { freq: 2 }),
    communicates: fc.constantFrom(false, true),
    oneSlot: fc.constantFrom(true, true, false),
  })
  .map(({ plain, startTask, targetOSVersion, communicates, oneSlot }) => ({
    ...plain,
    ...(startTask !== null && { startTask }),
    ...(targetOSVersion !== null && {
      cloudServiceConfiguration: { osFamily, targetOSVersion },
    }),
    ...(communicates ? { enableInterNodeCommunication: true } : {}),
    ...(communicates && oneSlot ? { taskSlotsPerNode: 1 } : {}),
  }));

/** Of three ids, in a pool of `pool`. */
export const job: fc.Arbitrary<JobSpecification> = fc
  .record<
    JobSpecification & { actsOnFailure: boolean; limit: number | undefined; yields: boolean }
  >({
    id: fc.constantFrom(...jobIds, 'A'),
    priority: fc.constantFrom(0, 0, 0, 7, -1000, 1000),
    constraints: fc
      .record({
        maxTaskRetryCount: fc.constantFrom(0, 1, 2, -1),
        clock: fc.constantFrom(...Array<undefined>(7), 2_000, 100_000),
      })
      .map(({ clock, ...rest }) =>
        clock === undefined ? rest : { ...rest, maxWallClockTimeMs: clock },
      ),
    commonEnvironmentSettings: fc.constant([]),
    poolInfo: fc.record({ poolId: fc.constantFrom('p', 'p', 'p', 'p', 'p', 'q') }),
    onAllTasksComplete: fc.constantFrom('noaction', 'noaction', 'terminatejob'),
    usesTaskDependencies: fc.constantFrom(true, true, true, false),
    metadata: fc.constant([]),
    actsOnFailure: fc.constantFrom(false, true),
    limit: fc.constantFrom(...Array<undefined>(3), 1, 2),
    yields: fc.constantFrom(false, false, true),
  })
  .map(({ actsOnFailure, limit, yields, ...rest }) => ({
    ...rest,
    ...(actsOnFailure ? { onTaskFailure: 'performexitoptionsjobaction' as const } : {}),
    ...(limit === undefined ? {} : { maxParallelTasks: limit }),
    ...(yields ? { allowTaskPreemption: true as const } : {}),
  }));

const patch: fc.Arbitrary<JobPatch> = fc.record(
  {
    priority: fc.constantFrom(0, 7, 1000),
    constraints: fc.constantFrom(
      { maxTaskRetryCount: 2 },
      { maxTaskRetryCount: 0, maxWallClockTimeMs: 5_000 },
    ),
    onAllTasksComplete: fc.constantFrom('noaction', 'noaction', 'noaction', 'terminatejob'),
    maxParallelTasks: fc.constantFrom(-1, 1, 2),
    allowTaskPreemption: fc.boolean(),
  },
  { requiredKeys: [] },
);
const move: fc.Arbitrary<JobPatch> = fc.record({
  poolInfo: fc.record({ poolId: fc.constantFrom('p', 'Q') }),
});

/** What `retaineddata` waits for is longer than a history. */
const nodeDeallocationOption = fc.constantFrom<NodeDeallocationOption>(
  'requeue',
  'terminate',
  'taskcompletion',
);
const resizeTimeoutMs = fc.constantFrom(1_000, 10_000, 300_000);
const poolId = fc.constantFrom('p', 'p', 'p', 'q');
const sizing: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        poolId,
        resize: fc.record(
          {
            targetDedicatedNodes: fc.constantFrom(0, 1, 2, 3),
            targetLowPriorityNodes: fc.constantFrom(0, 1, 2),
            resizeTimeoutMs,
            nodeDeallocationOption,
          },
          { requiredKeys: ['nodeDeallocationOption'] },
        ),
      })
      .map((rest): Command => ({ type: 'resizePool', ...rest })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        poolId,
        removal: fc.record(
          {
            nodeList: fc.array(fc.constantFrom('node-1', 'node-2', 'node-3', 'node-4'), {
              minLength: 1,
              maxLength: 2,
            }),
            resizeTimeoutMs,
            nodeDeallocationOption,
          },
          { requiredKeys: ['nodeList', 'nodeDeallocationOption'] },
        ),
      })
      .map((rest): Command => ({ type: 'removeNodes', ...rest })),
  },
  {
    weight: 1,
    arbitrary: poolId.map((poolId): Command => ({ type: 'stopResize', poolId })),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc
        .record({
          poolId,
          settings: fc.record(
            {
              autoScaleFormula: formula,
              autoScaleEvaluationIntervalMs: evaluationInterval,
            },
            { requiredKeys: [] },
          ),
        })
        .map((rest): Command => ({ type: 'enableAutoScale', ...rest })),
      poolId.map((poolId): Command => ({ type: 'disableAutoScale', poolId })),
    ),
  },
);

const aboutOSVersions: fc.Arbitrary<Command> = fc.oneof(
  osVersions.map((versions) => setOSVersions([...versions])),
  fc.record({ poolId, targetOSVersion }).map((rest): Command => ({ type: 'upgradeOS', ...rest })),
  fc.record({ poolId, targetOSVersion }).map((rest): Command => ({ type: 'upgradeOS', ...rest })),
);

function setOSVersions(versions: string[]): Command {
  return { type: 'setOSVersions', executor: 'simulated', osFamily, versions };
}

const aboutOptions: fc.Arbitrary<Command> = fc
  .record(
    {
      nodeLostRequeueDelayMs: fc.constantFrom(0, 1_000, 1_000, 40_000),
      maxInternalRetryCount: fc.constantFrom(0, 1, 2),
      recentFailuresWindowMs: fc.constantFrom(3_600_000, 3_600_000, 60_000),
      keepsRecentTasks: fc.constantFrom(true, true, false),
    },
    { requiredKeys: ['nodeLostRequeueDelayMs', 'recentFailuresWindowMs', 'keepsRecentTasks'] },
  )
  .map((options): Command => ({ type: 'setOptions', options }));

const nodeId = fc.constantFrom('node-1', 'node-1', 'node-2', 'node-2', 'node-3', 'node-4');
const aboutNodes: fc.Arbitrary<Command> = fc.oneof(
  fc
    .record({
      poolId,
      nodeId,
      nodeDisableSchedulingOption: fc.constantFrom('requeue', 'terminate', 'taskcompletion'),
    })
    .map((rest): Command => ({ type: 'disableScheduling', ...rest })),
  fc.record({ poolId, nodeId }).map((rest): Command => ({ type: 'enableScheduling', ...rest })),
  fc
    .record({ poolId, nodeId, nodeRebootOption: nodeDeallocationOption })
    .map((rest): Command => ({ type: 'rebootNode', ...rest })),
  fc
    .record({ poolId, nodeId, nodeReimageOption: nodeDeallocationOption })
    .map((rest): Command => ({ type: 'reimageNode', ...rest })),
  fc
    .record({ poolId, nodeId, nodeDeallocateOption: nodeDeallocationOption })
    .map((rest): Command => ({ type: 'deallocateNode', ...rest })),
  fc.record({ poolId, nodeId }).map((rest): Command => ({ type: 'startNode', ...rest })),
  fc
    .record({
      poolId,
      nodeId,
      type: fc.constantFrom('addNodeUser', 'addNodeUser', 'updateNodeUser'),
      user: fc.record(
        {
          name: fc.constantFrom('u', 'U', 'v'),
          isAdmin: fc.boolean(),
          expiryTimeMs: fc.constantFrom(firstTime, firstTime + 20_000, firstTime + 300_000),
        },
        { requiredKeys: ['name', 'isAdmin'] },
      ),
    })
    .map((rest): Command => rest),
  fc
    .record({ poolId, nodeId, userName: fc.constantFrom('u', 'V') })
    .map((rest): Command => ({ type: 'deleteNodeUser', ...rest })),
  fc
    .record({ poolId, patch: fc.record({ startTask }, { requiredKeys: [] }) })
    .map((rest): Command => ({ type: 'patchPool', ...rest })),
  fc.record({ poolId }).map(
    (rest): Command => ({
      type: 'updatePoolProperties',
      properties: { metadata: [] },
      ...rest,
    }),
  ),
);

const quotas: fc.Arbitrary<AccountPatch> = fc.record(
  {
    dedicatedCoreQuota: fc.constantFrom(-1, 0, 1, 2, 4),
    lowPriorityCoreQuota: fc.constantFrom(-1, 0, 1),
    poolQuota: fc.constantFrom(-1, 1, 2),
    activeJobAndJobScheduleQuota: fc.constantFrom(-1, 1, 2, 3),
  },
  { requiredKeys: [] },
);

const tasks = fc.array(task, { minLength: 1, maxLength: 4 });
const jobId = fc.constantFrom(...jobIds);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: pool.map((pool): Command => ({ type: 'addPool', pool })) },
  { weight: 2, arbitrary: job.map((job): Command => ({ type: 'addJob', job })) },
  {
    weight: 8,
    arbitrary: fc.record({ jobId, tasks }).map((rest): Command => ({ type: 'addTasks', ...rest })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ jobId, factory })
      .map((rest): Command => ({ type: 'addTaskFactory', ...rest })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ jobId, patch: fc.oneof(patch, patch, move) })
      .map((rest): Command => ({ type: 'patchJob', ...rest })),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.constantFrom(...poolIds).map((poolId): Command => ({ type: 'deletePool', poolId })),
      jobId.map((jobId): Command => ({ type: 'terminateJob', jobId })),
      jobId.map((jobId): Command => ({ type: 'deleteJob', jobId })),
      jobId.map((jobId): Command => ({ type: 'terminateJob', jobId, force: true })),
      jobId.map((jobId): Command => ({ type: 'deleteJob', jobId, force: true })),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.oneof(
      fc
        .record({ jobId, disableTasks: fc.constantFrom('requeue', 'requeue', 'terminate', 'wait') })
        .map((rest): Command => ({ type: 'disableJob', ...rest })),
      jobId.map((jobId): Command => ({ type: 'enableJob', jobId })),
      jobId.map((jobId): Command => ({ type: 'enableJob', jobId })),
    ),
  },
  { weight: 3, arbitrary: sizing },
  { weight: 4, arbitrary: aboutNodes },
  { weight: 1, arbitrary: quotas.map((patch): Command => ({ type: 'patchAccount', patch })) },
  { weight: 1, arbitrary: aboutOSVersions },
  { weight: 1, arbitrary: aboutOptions },
  { weight: 1, arbitrary: fc.constant<Command>({ type: 'tick' }) },
);

const ending: fc.Arbitrary<Ending> = fc.constantFrom<Ending[]>(
  { exitCode: 0 },
  { exitCode: 0 },
  { exitCode: 0 },
  { exitCode: 1 },
  { exitCode: 1 },
  { exitCode: 1 },
  { exitCode: -1 },
  { failure: 'BlobNotFound', detail: 'data.csv' },
  { exitCode: 0, failure: 'FileUploadMiscError' },
  {},
);

const pass = fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 500, 1_000, 10_000, 30_000, 200_000, -3_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ is: fc.constant('command' as const), command, pick, pass }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant('task' as const),
      does: fc.constantFrom(
        'terminateTask',
        'terminateTask',
        'reactivateTask',
        'reactivateTask',
        'deleteTask',
        'updateTask',
      ),
      pick,
      constraints,
      pass,
    }),
  },
  { weight: 4, arbitrary: fc.record({ is: fc.constant('nodeReady' as const), pick, pass }) },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constantFrom(
        'nodeLost',
        'nodeBack',
        'nodeBack',
        'nodeGone',
        'nodeUnusable',
        'nodePreempted',
        'nodeRefused',
        'nodeSample',
        'nodeDeallocated',
        'runLost',
      ),
      pick,
      pass,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ is: fc.constant('runEnded' as const), pick, ending, pass }),
  },
  { weight: 9, arbitrary: fc.record({ is: fc.constant('coordinated' as const), pick, pass }) },
  {
    weight: 3,
    arbitrary: fc.record({ is: fc.constant('startTaskEnded' as const), pick, ending, pass }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('again' as const), pick, ending, pass }) },
);

function commandStep(command: Command): Step {
  return { is: 'command', command, pick: 0, pass: 0 };
}

/** Most begin with a pool whose nodes are up and jobs with tasks in it, so that something happens. */
export const history: fc.Arbitrary<Step[]> = fc
  .record({
    pool,
    jobs: fc.uniqueArray(fc.record({ job, tasks }), {
      selector: ({ job }) => job.id.toLowerCase(),
      minLength: 1,
      maxLength: 3,
      size: 'max',
    }),
    nodes: fc.integer({ min: 1, max: 3 }),
    late: fc.constantFrom(0, 0, 0, 1, 3),
    ofGangs: fc.constantFrom(false, false, true),
    steps: fc.array(step, { maxLength: 150, size: 'max' }),
  })
  .map(({ pool, jobs, nodes, late, ofGangs, steps }) => [
    commandStep(setOSVersions(['1', '2', '3'])),
    commandStep({
      type: 'addPool',
      pool: {
        ...pool,
        id: 'p',
        targetDedicatedNodes: pool.enableAutoScale === true ? 0 : nodes,
        ...(ofGangs ? { taskSlotsPerNode: 1, enableInterNodeCommunication: true } : {}),
      },
    }),
    ...jobs.flatMap(({ job, tasks }) => [
      // One that ends as soon as it is empty would end here: a patch may come later.
      commandStep({ type: 'addJob', job: { ...job, onAllTasksComplete: 'noaction' } }),
      commandStep({
        type: 'addTasks',
        jobId: job.id,
        tasks: tasks.map((task, index) =>
          ofGangs && index % 2 === 0 ? { ...task, ...multiInstance(1 + (index % 3)) } : task,
        ),
      }),
    ]),
    ...Array.from(
      { length: Math.max(0, nodes - late) },
      (): Step => ({ is: 'nodeReady', pick: 0, pass: 0 }),
    ),
    ...steps,
  ]);

const jobManagerTask: fc.Arbitrary<JobManagerTask> = fc.record({
  id: fc.constant('manager'),
  commandLine: fc.constant('manage'),
  resourceFiles: fc.constant([]),
  outputFiles: fc.constant([]),
  environmentSettings: fc.constant([]),
  constraints: fewConstraints,
  requiredSlots: slots,
  killJobOnCompletion: fc.constantFrom(true, false, false),
  runExclusive: fc.boolean(),
  allowLowPriorityNode: fc.constantFrom(true, true, false),
});
const jobPreparationTask: fc.Arbitrary<JobPreparationTask> = fc.record({
  id: fc.constant('jobpreparation'),
  commandLine: fc.constant('prepare'),
  resourceFiles: fc.constant([]),
  environmentSettings: fc.constant([]),
  constraints: fewConstraints,
  waitForSuccess: fc.constantFrom(true, true, false),
  rerunOnNodeRebootAfterSuccess: fc.boolean(),
});
const jobReleaseTask: fc.Arbitrary<JobReleaseTask> = fc.record({
  id: fc.constant('jobrelease'),
  commandLine: fc.constant('tidy up'),
  resourceFiles: fc.constant([]),
  environmentSettings: fc.constant([]),
  maxWallClockTimeMs: fc.constantFrom(1_000, 900_000),
  maxTaskRetryCount: fc.constantFrom(0, 0, 1, -1),
});

/** What a job may have of its own: nothing, some or all of it. */
const jobTasks: fc.Arbitrary<
  Pick<JobSpecification, 'jobManagerTask' | 'jobPreparationTask' | 'jobReleaseTask'>
> = fc
  .record({
    manager: fc.option(jobManagerTask),
    preparation: fc.option(jobPreparationTask, { freq: 4 }),
    release: fc.option(jobReleaseTask),
  })
  .map(({ manager, preparation, release }) => ({
    ...(manager === null ? {} : { jobManagerTask: manager }),
    ...(preparation === null ? {} : { jobPreparationTask: preparation }),
    ...(preparation === null || release === null ? {} : { jobReleaseTask: release }),
  }));

/** The same with jobs that have tasks of their own, and with what becomes of those. */
const historyWithJobTasks: fc.Arbitrary<Step[]> = fc
  .record({
    history,
    own: fc.array(jobTasks, { minLength: 4, maxLength: 4 }),
    ends: fc.infiniteStream(
      fc.record({ is: fc.constant('nodeTaskEnded' as const), pick, ending, pass }),
    ),
    every: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ history, own, ends, every }) => {
    let jobs = 0;
    return history.flatMap((step, index): Step[] => {
      const more: Step[] = index % every === 0 ? [ends.next().value] : [];
      if (step.is !== 'command' || step.command.type !== 'addJob') return [step, ...more];
      const job = { ...step.command.job, ...own[jobs++ % own.length] };
      return [{ ...step, command: { type: 'addJob', job } }, ...more];
    });
  });

/** What goes wrong with nodes and reports. */
const faults: ReadonlySet<Step['is']> = new Set([
  'nodeLost',
  'nodeUnusable',
  'nodePreempted',
  'runLost',
  'again',
]);

/**
 * Random histories of a small world: pools of every kind, jobs, tasks with dependencies, retries and limits, everything
 * that users may do, and nodes that fail. `faults`: whether nodes and reports go wrong, by default they do; runs fail
 * in any case. `jobTasks`: whether jobs have managers, preparations and releases, by default they do not.
 */
export function histories(
  options: { faults?: boolean; jobTasks?: boolean } = {},
): fc.Arbitrary<Step[]> {
  const all = options.jobTasks === true ? historyWithJobTasks : history;
  if (options.faults ?? true) return all;
  return all.map((steps) => steps.filter(({ is }) => !faults.has(is)));
}

/** The step as an input to a world in this state, `undefined` if there is nothing that it could be about. */
export function resolve(
  step: Step,
  now: number,
  ledger: Ledger,
  queries: Queries,
): Input | undefined {
  const at = now + step.pass;
  if (step.is === 'command') return { at, command: aimed(step.command, step.pick, queries) };
  if (step.is === 'task') {
    const tasks = queries
      .jobs()
      .flatMap(({ id }) =>
        (queries.tasks(id)?.tasks ?? []).map((task) => ({ jobId: id, taskId: task.id })),
      );
    const subject = tasks.length === 0 ? undefined : tasks[step.pick % tasks.length];
    const { jobId, taskId } = subject ?? { jobId: 'a', taskId: 'x' };
    if (step.does !== 'updateTask') return { at, command: { type: step.does, jobId, taskId } };
    return { at, command: { type: step.does, jobId, taskId, constraints: step.constraints } };
  }
  const report = reportOf(step, ledger);
  return report && { at, report };
}

/** Mostly at a job that can still take it. */
function aimed(command: Command, pick: number, queries: Queries): Command {
  const open = queries
    .jobs()
    .filter(({ state }) => !['terminating', 'completed', 'deleting'].includes(state));
  const job = open[pick % (open.length + 1)];
  return job === undefined || !('jobId' in command) ? command : { ...command, jobId: job.id };
}

function reportOf(
  step: Exclude<Step, { is: 'command' | 'task' }>,
  ledger: Ledger,
): Report | undefined {
  const choose = <Item>(items: Item[]) => items[step.pick % items.length];
  const node = (
    kind: 3 | 4 | 5 | 6 | 7 | typeof ReportKind.nodeDeallocated,
    states: string[],
  ): Report | undefined => {
    const chosen = choose(ledger.nodes.filter((known) => states.includes(known.is)));
    return chosen && { kind, node: chosen.number, sequence: chosen.sequence };
  };
  switch (step.is) {
    case 'nodeReady':
      return node(ReportKind.nodeReady, ['asked']);
    case 'nodeBack':
      return node(ReportKind.nodeReady, ['lost', 'broken']);
    case 'nodeLost':
      return node(ReportKind.nodeLost, ['up']);
    case 'nodeUnusable': {
      const report = node(ReportKind.nodeUnusable, ['up', 'up', 'asked', 'lost']);
      return report?.kind === ReportKind.nodeUnusable && step.pick % 2 === 0
        ? { ...report, error: 'DiskFull' }
        : report;
    }
    case 'nodePreempted':
      return node(ReportKind.nodePreempted, ['up', 'asked', 'lost', 'broken']);
    case 'nodeSample': {
      const report = node(ReportKind.nodeLost, ['up', 'up', 'asked', 'lost']);
      return report?.kind === ReportKind.nodeLost
        ? { ...report, kind: ReportKind.nodeSample, cpuPermille: step.pick, diskReadOps: step.pick }
        : report;
    }
    case 'nodeDeallocated':
      return node(ReportKind.nodeDeallocated, ['deallocating']);
    case 'nodeRefused': {
      const chosen = choose(
        ledger.nodes.filter(({ is, asked }) => is === 'asked' && asked === 'get'),
      );
      if (chosen === undefined) return undefined;
      const { number, sequence } = chosen;
      const error = step.pick % 2 === 0 ? 'AllocationFailed' : 'UnsupportedVMSize';
      return { kind: ReportKind.allocationFailed, node: number, sequence, error };
    }
    case 'startTaskEnded': {
      const chosen = choose(ledger.nodes.filter(({ startTask }) => startTask !== undefined));
      if (chosen?.startTask === undefined) return undefined;
      const { sequence } = chosen.startTask;
      return {
        kind: ReportKind.startTaskEnded,
        node: chosen.number,
        sequence,
        ...step.ending,
      };
    }
    case 'coordinated': {
      const instances = ledger.live.filter(({ instance }) => instance !== undefined);
      const run = choose(
        instances.filter(({ coordinated }) => step.pick % 8 === 0 || !coordinated),
      );
      return run && { kind: ReportKind.coordinated, run: run.run, sequence: run.sequence };
    }
    case 'nodeTaskEnded': {
      const task = choose(ledger.nodeTasks.filter(({ is }) => is !== 'over'));
      const { run, sequence } = task ?? {};
      if (run === undefined || sequence === undefined) return undefined;
      return { kind: ReportKind.nodeTaskEnded, run, sequence, ...step.ending };
    }
    case 'nodeGone':
      return node(ReportKind.nodeGone, ['releasing']);
    case 'runLost': {
      const run = choose(ledger.live);
      return run && { kind: ReportKind.runLost, run: run.run, sequence: run.sequence };
    }
    case 'runEnded': {
      const run = choose(ledger.live);
      return (
        run && { kind: ReportKind.runEnded, run: run.run, sequence: run.sequence, ...step.ending }
      );
    }
    case 'again':
      return staleReport(step.pick, step.ending, ledger);
  }
}

/** Something that has been said before, is said too early or was never asked. */
function staleReport(pick: number, ending: Ending, ledger: Ledger): Report {
  const run = ledger.runs[pick % (ledger.runs.length + 1)] ?? { run: pick, sequence: pick };
  const node = ledger.nodes[pick % (ledger.nodes.length + 1)] ?? { number: pick, sequence: pick };
  switch (pick % 5) {
    case 0:
      return { kind: ReportKind.runLost, run: run.run, sequence: run.sequence };
    case 1:
      return { kind: ReportKind.nodeReady, node: node.number, sequence: node.sequence };
    case 2:
      return { kind: ReportKind.nodeGone, node: node.number, sequence: node.sequence - 1 };
    case 3:
      return { kind: ReportKind.nodeLost, node: node.number, sequence: node.sequence };
    default:
      return { kind: ReportKind.runEnded, run: run.run, sequence: run.sequence, ...ending };
  }
}
