import { describe, expect, it } from 'vitest';
import { parseJob, parsePool, parseTask, parseTaskConstraints } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const pool = { id: 'p', vmSize: 'A4', targetDedicatedNodes: 2 };
const job = { id: 'j', poolInfo: { poolId: 'p' } };
const task = { id: 't', commandLine: 'true' };
const output = { filePattern: 'x' };

const inPool = (more: object): unknown => parsePool({ ...pool, ...more });
const inMachine = (more: object): unknown => inPool({ virtualMachineConfiguration: more });
const inPolicy = (taskSchedulingPolicy: object): unknown => inPool({ taskSchedulingPolicy });
const inJob = (more: object): unknown => parseJob({ ...job, ...more });
const inTask = (more: object): unknown => parseTask({ ...task, ...more });
const inResourceFile = (more: object): unknown =>
  inTask({ resourceFiles: [{ autoStorageContainerName: 'input', ...more }] });
const inContainer = (more: object): unknown =>
  inTask({
    outputFiles: [
      { ...output, destination: { container: { autoStorageContainerName: 'out', ...more } } },
    ],
  });

type Case = [where: (more: object) => unknown, name: string, asks: unknown];

const asking: Case[] = [
  [inMachine, 'containerConfiguration', { type: 'dockerCompatible' }],
  [inPool, 'applicationLicenses', ['maya']],
  [inPool, 'targetNodeCommunicationMode', 'simplified'],
  [inPool, 'upgradePolicy', { mode: 'manual' }],
  [inPool, 'resourceTags', { a: 'b' }],
  [inTask, 'authenticationTokenSettings', { access: ['job'] }],
  [inTask, 'containerSettings', { imageName: 'i' }],
  [inResourceFile, 'identityReference', { resourceId: 'r' }],
  [inContainer, 'identityReference', { resourceId: 'r' }],
  [inContainer, 'uploadHeaders', [{ name: 'a' }]],
];

const askingNothing: Case[] = [
  [inPool, 'enableAutoScale', false],
  [inPool, 'autoScaleEvaluationInterval', 'PT15M'],
  [inPool, 'enableInterNodeCommunication', false],
  [inPool, 'certificateReferences', []],
  [inPool, 'applicationPackageReferences', []],
  [inPool, 'userAccounts', []],
  [inPool, 'mountConfiguration', []],
  [inPool, 'targetNodeCommunicationMode', 'Default'],
  [inPool, 'startTask', null],
  [inMachine, 'dataDisks', []],
  [inPolicy, 'jobDefaultOrder', 'none'],
  [inJob, 'maxParallelTasks', -1],
  [inJob, 'allowTaskPreemption', false],
  [inJob, 'onTaskFailure', 'NoAction'],
  [inJob, 'jobManagerTask', null],
  [inTask, 'runElevated', false],
  [inTask, 'multiInstanceSettings', null],
  [inTask, 'exitConditions', {}],
  [inTask, 'applicationPackageReferences', []],
  [inTask, 'authenticationTokenSettings', { access: [] }],
  [inTask, 'userIdentity', { autoUser: { scope: 'pool', elevationLevel: 'nonAdmin' } }],
  [parseTaskConstraints, 'retentionTime', 'P7D'],
  [inContainer, 'uploadHeaders', []],
];

describe('a property of the Batch API that is not built yet', () => {
  it.each(asking)('%o %s: %j is refused as not supported yet', (where, name, value) => {
    const refusal = refusalOf(() => where({ [name]: value }));
    expect(refusal.code).toBe('UnsupportedProperty');
    expect(refusal.path.endsWith(name)).toBe(true);
    expect(refusal.message).toContain(`${name} is not supported yet`);
    expect(refusal.message).not.toContain('secret');
  });

  it.each(askingNothing)('%o %s: %j asks for nothing and is dropped', (where, name, value) => {
    expect(where({ [name]: value })).toEqual(where({}));
  });
});

describe('a property that the service sets', () => {
  it.each([
    [inPool, 'allocationState'],
    [inPool, 'eTag'],
    [inJob, 'executionInfo'],
    [inTask, 'nodeInfo'],
  ])('%o %s is refused as such', (where, name) => {
    expect(refusalOf(() => where({ [name]: 'x' })).message).toBe(
      `${name} is set by the service and cannot be given`,
    );
  });
});
