import { BatchError, Engine, InputBatch, parseFormula } from '@berth/core';
import {
  parseAutoScaleSettings,
  parseCertificate,
  parseJob,
  parseJobSchedule,
  parseNodeRemoval,
  parsePool,
  parsePoolResize,
  parseTask,
  parseTaskCollection,
} from '@berth/core/spec';
import { expect, test } from 'vitest';
import * as limits from '../src/limits.ts';

// Every limit of limits.ts: what stands at it is taken, what is beyond it is refused, each with its code.

interface Case {
  within: () => unknown;
  beyond?: () => unknown;
  code?: string;
}

const seal = (secret: string): string => `handle-of-${secret.length}`;
const x = (count: number): string => 'x'.repeat(count);
const list = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));
const pool = (more: object): unknown =>
  parsePool({ id: 'p', vmSize: 'A4', targetDedicatedNodes: 0, ...more });
const job = (more: object): unknown => parseJob({ id: 'j', poolInfo: { poolId: 'p' }, ...more });
const task = (more: object): unknown => parseTask({ id: 't', commandLine: 'true', ...more });
const autoPool = (autoPoolIdPrefix: string): unknown =>
  job({
    poolInfo: {
      autoPoolSpecification: {
        autoPoolIdPrefix,
        poolLifetimeOption: 'job',
        pool: { vmSize: 'A4', targetDedicatedNodes: 0 },
      },
    },
  });
const schedule = (recurrenceInterval: string): unknown =>
  parseJobSchedule({
    id: 's',
    schedule: { recurrenceInterval },
    jobSpecification: { poolInfo: { poolId: 'p' } },
  });
const settings = (autoScaleEvaluationInterval: string): unknown =>
  parseAutoScaleSettings({ autoScaleEvaluationInterval });
const resize = (resizeTimeout: string): unknown =>
  parsePoolResize({ targetDedicatedNodes: 0, resizeTimeout });
const mounts = (count: number): object => ({
  mountConfiguration: list(count, (n) => ({
    nfsMountConfiguration: { source: 's', relativeMountPath: `m${n}` },
  })),
});
const natPools = (count: number, { name = 'n', ports = 40, rules = 0 } = {}): object => ({
  networkConfiguration: {
    endpointConfiguration: {
      inboundNATPools: list(count, (n) => ({
        name: `${name}${n}`,
        protocol: 'tcp',
        backendPort: 80 + n,
        frontendPortRangeStart: 1000 * (n + 1),
        frontendPortRangeEnd: 1000 * (n + 1) + ports - 1,
        networkSecurityGroupRules: list(rules, (rule) => ({
          priority: 150 + rule,
          access: 'allow',
          sourceAddressPrefix: '*',
        })),
      })),
    },
  },
});
const metadata = (count: number): object => ({
  metadata: list(count, (n) => ({ name: `n${n}`, value: '' })),
});
const environment = (length: number): object => ({
  environmentSettings: [{ name: 'N', value: x(length - 1) }],
});
const startTask = (length: number): object => {
  const whole = (commandLine: string): object => ({
    commandLine,
    resourceFiles: [],
    environmentSettings: [],
    maxTaskRetryCount: 0,
    waitForSuccess: true,
  });
  return { startTask: whole(x(length - JSON.stringify(whole('')).length)) };
};
const ranges = (count: number): object => ({
  dependsOn: { taskIdRanges: list(count, (n) => ({ start: n, end: n })) },
});
/** So many characters of ids, of 64 each and a rest. */
const ids = (characters: number): object => ({
  dependsOn: {
    taskIds: list(Math.ceil(characters / 64), (n) => x(Math.min(64, characters - 64 * n))),
  },
});
const collection = (count: number, bytes = 1000): unknown =>
  parseTaskCollection({ value: list(count, (n) => ({ id: `${n}`, commandLine: 'true' })) }, bytes);
const certificate = (bytes: number): unknown =>
  parseCertificate(
    {
      thumbprintAlgorithm: 'sha1',
      thumbprint: 'ab12',
      data: Buffer.alloc(bytes).toString('base64'),
      certificateFormat: 'cer',
    },
    { seal },
  );
const formula = (length: number): string => `a = 1;${' '.repeat(length - 6)}`;
const packages = (count: number): object => ({
  applicationPackageReferences: list(count, (n) => ({ applicationId: `a${n}`, version: '1' })),
});

const cases: Record<keyof typeof limits, Case> = {
  longestId: { within: () => job({ id: x(64) }), beyond: () => job({ id: x(65) }) },
  longestDisplayName: {
    within: () => job({ displayName: x(1024) }),
    beyond: () => job({ displayName: x(1025) }),
  },
  longestAutoPoolIdPrefix: {
    within: () => autoPool(x(20)),
    beyond: () => autoPool(x(21)),
  },
  longestUserName: {
    within: () => task({ userIdentity: { userName: x(20) } }),
    beyond: () => task({ userIdentity: { userName: x(21) } }),
  },
  mostMounts: { within: () => pool(mounts(10)), beyond: () => pool(mounts(11)) },
  mostInboundNatPools: { within: () => pool(natPools(5)), beyond: () => pool(natPools(6)) },
  mostNetworkSecurityGroupRules: {
    within: () => pool(natPools(1, { rules: 25 })),
    beyond: () => pool(natPools(1, { rules: 26 })),
  },
  leastFrontendPorts: {
    within: () => pool(natPools(1, { ports: 40 })),
    beyond: () => pool(natPools(1, { ports: 39 })),
  },
  longestEndpointName: {
    within: () => pool(natPools(1, { name: x(76) })),
    beyond: () => pool(natPools(1, { name: x(77) })),
  },
  mostMetadataItems: {
    within: () => job(metadata(100)),
    beyond: () => job(metadata(101)),
    code: 'MetadataTooLarge',
  },
  longestCommandLine: {
    within: () => task({ commandLine: x(32_768) }),
    beyond: () => task({ commandLine: `${x(32_766)}é.` }),
  },
  largestEnvironment: {
    within: () => task(environment(32_768)),
    beyond: () => task(environment(32_769)),
  },
  longestStartTask: {
    within: () => pool(startTask(32_768)),
    beyond: () => pool(startTask(32_769)),
  },
  lowestPriority: {
    within: () => job({ priority: -1000 }),
    beyond: () => job({ priority: -1001 }),
    code: 'OutOfRangePriority',
  },
  highestPriority: {
    within: () => job({ priority: 1000 }),
    beyond: () => job({ priority: 1001 }),
    code: 'OutOfRangePriority',
  },
  leastTaskRetryCount: {
    within: () => task({ constraints: { maxTaskRetryCount: -1 } }),
    beyond: () => task({ constraints: { maxTaskRetryCount: -2 } }),
    code: 'InvalidConstraintValue',
  },
  taskSlotsPerCore: {
    within: () => pool({ taskSlotsPerNode: 32 }),
    beyond: () => pool({ taskSlotsPerNode: 33 }),
  },
  mostTaskSlotsPerNode: {
    within: () => pool({ vmSize: 'local', taskSlotsPerNode: 256 }),
    beyond: () =>
      parsePool(
        { id: 'p', vmSize: 'huge', targetDedicatedNodes: 0, taskSlotsPerNode: 257 },
        { nodeSizes: [{ name: 'huge', cores: 128 }] },
      ),
  },
  longestDependencyIdList: {
    within: () => task(ids(64_000)),
    beyond: () => task(ids(64_001)),
    code: 'TaskDependencyListTooLong',
  },
  mostDependencyRanges: {
    within: () => task(ranges(10_000)),
    beyond: () => task(ranges(10_001)),
    code: 'TaskDependencyRangesTooLong',
  },
  // The scenarios lifetime-* show it.
  taskLifetimeMs: { within: () => expect(limits.taskLifetimeMs).toBe(180 * 86_400_000) },
  mostTasksPerCollection: { within: () => collection(100), beyond: () => collection(101) },
  largestTaskCollection: {
    within: () => collection(1, 1_048_575),
    beyond: () => collection(1, 1_048_576),
    code: 'RequestBodyTooLarge',
  },
  leastResizeTimeoutMs: { within: () => resize('PT5M'), beyond: () => resize('PT4M59S') },
  defaultResizeTimeoutMs: {
    within: () =>
      expect(parsePoolResize({ targetDedicatedNodes: 0 })).toMatchObject({
        resizeTimeoutMs: 900_000,
      }),
  },
  mostNodesToRemove: {
    within: () => parseNodeRemoval({ nodeList: list(100, (n) => `node-${n}`) }),
    beyond: () => parseNodeRemoval({ nodeList: list(101, (n) => `node-${n}`) }),
  },
  longestFormula: {
    within: () => expect(parseFormula(formula(8192))).not.toHaveProperty('code'),
    beyond: () => refuse(parseFormula(formula(8193))),
    code: 'AutoScaleFormulaTooLong',
  },
  mostFormulaStatements: {
    within: () => expect(parseFormula('a = 1;'.repeat(100))).not.toHaveProperty('code'),
    beyond: () => refuse(parseFormula('a = 1;'.repeat(101))),
    code: 'AutoScalingFormulaSyntaxError',
  },
  leastEvaluationIntervalMs: { within: () => settings('PT5M'), beyond: () => settings('PT4M') },
  mostEvaluationIntervalMs: { within: () => settings('PT168H'), beyond: () => settings('PT169H') },
  defaultEvaluationIntervalMs: {
    within: () =>
      expect(
        parsePool({ id: 'p', vmSize: 'A1', enableAutoScale: true, autoScaleFormula: 'a = 1' }),
      ).toMatchObject({ autoScaleEvaluationIntervalMs: 900_000 }),
  },
  betweenEnableAutoScalesMs: {
    within: () => enabledTwice(30_000),
    beyond: () => enabledTwice(29_999),
    code: 'TooManyEnableAutoScaleRequests',
  },
  leastScheduleSpanMs: { within: () => schedule('PT1M'), beyond: () => schedule('PT59S') },
  // The scenario application-limits shows them.
  mostApplications: { within: () => expect(limits.mostApplications).toBe(20) },
  mostApplicationPackages: { within: () => expect(limits.mostApplicationPackages).toBe(40) },
  mostApplicationPackageReferences: {
    within: () => pool(packages(10)),
    beyond: () => pool(packages(11)),
  },
  largestCertificate: { within: () => certificate(10_240), beyond: () => certificate(10_241) },
};

test.each(Object.entries(cases))('%s', (_, { within, beyond, code = 'InvalidPropertyValue' }) => {
  within();
  if (beyond !== undefined) expect(beyond).toThrow(expect.objectContaining({ code }));
});

test('no limit is without its case', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(limits).sort());
});

function refuse(found: ReturnType<typeof parseFormula>): void {
  if ('code' in found) throw new BatchError({ code: found.code, message: found.reason });
}

function enabledTwice(afterMs: number): void {
  const engine = new Engine();
  const enableAutoScale = {
    type: 'enableAutoScale',
    poolId: 'p',
    settings: { autoScaleFormula: 'a = 1' },
  } as const;
  const { results } = engine.apply(
    new InputBatch()
      .command(0, {
        type: 'addPool',
        pool: parsePool({ id: 'p', vmSize: 'A1', targetDedicatedNodes: 0 }),
      })
      .command(0, enableAutoScale)
      .command(afterMs, enableAutoScale),
  );
  for (const { error } of results) if (error !== undefined) throw new BatchError(error);
}
