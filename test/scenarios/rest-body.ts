import type { CommandLine } from './command-line.ts';
import { exitConditions } from './exit-condition-words.ts';
import { parseRange } from './id-list.ts';

/** Short options of the scenario language, and the properties of the REST body that they stand for. */
export type BodyOptions = Record<string, [path: string, read: (text: string) => unknown]>;

/** Properties come as JSON does; the door judges them. */
export const parseNumber = (text: string): unknown =>
  text === '' || Number.isNaN(Number(text)) ? text : Number(text);
const text = (value: string): unknown => value;
export const parseFlag = (value: string): unknown =>
  value === 'true' || value === 'false' ? value === 'true' : value;

export const poolPatchOptions: BodyOptions = {
  certificates: ['certificateReferences', certificateReferences],
  packages: ['applicationPackageReferences', packageReferences],
  startTask: ['startTask.commandLine', text],
  startRetries: ['startTask.maxTaskRetryCount', parseNumber],
  waitForSuccess: ['startTask.waitForSuccess', parseFlag],
  startTaskUser: ['startTask.userIdentity', userIdentity],
};

export const poolOptions: BodyOptions = {
  ...poolPatchOptions,
  nodes: ['targetDedicatedNodes', parseNumber],
  lowPriority: ['targetLowPriorityNodes', parseNumber],
  timeout: ['resizeTimeout', text],
  formula: ['autoScaleFormula', text],
  interval: ['autoScaleEvaluationInterval', text],
  slots: ['taskSlotsPerNode', parseNumber],
  interNode: ['enableInterNodeCommunication', parseFlag],
  fill: ['taskSchedulingPolicy.nodeFillType', text],
  order: ['taskSchedulingPolicy.jobDefaultOrder', text],
  size: ['vmSize', text],
  accounts: ['userAccounts', userAccounts],
  osType: ['virtualMachineConfiguration.osType', text],
  osFamily: ['cloudServiceConfiguration.osFamily', text],
  osVersion: ['cloudServiceConfiguration.targetOSVersion', text],
  executor: ['executor', text],
};

export const applicationPatchOptions: BodyOptions = {
  displayName: ['displayName', text],
  defaultVersion: ['defaultVersion', text],
  allowUpdates: ['allowUpdates', parseFlag],
};

export const applicationOptions: BodyOptions = {
  displayName: ['displayName', text],
  allowUpdates: ['allowUpdates', parseFlag],
};

export const certificateOptions: BodyOptions = {
  format: ['certificateFormat', text],
  password: ['password', text],
  data: ['data', text],
};

export const packageOptions: BodyOptions = {
  blob: ['content.blobName', text],
};

export const userOptions: BodyOptions = {
  name: ['name', text],
  isAdmin: ['isAdmin', parseFlag],
  expiryTime: ['expiryTime', text],
};

export const autoscaleOptions: BodyOptions = {
  formula: ['autoScaleFormula', text],
  interval: ['autoScaleEvaluationInterval', text],
};

export const removalOptions: BodyOptions = {
  timeout: ['resizeTimeout', text],
  option: ['nodeDeallocationOption', text],
};

export const resizeOptions: BodyOptions = {
  ...removalOptions,
  nodes: ['targetDedicatedNodes', parseNumber],
  lowPriority: ['targetLowPriorityNodes', parseNumber],
};

const constraintOptions: BodyOptions = {
  retries: ['constraints.maxTaskRetryCount', parseNumber],
  wallClock: ['constraints.maxWallClockTime', text],
};

export const jobPatchOptions: BodyOptions = {
  ...constraintOptions,
  priority: ['priority', parseNumber],
  onAllTasksComplete: ['onAllTasksComplete', text],
  maxParallelTasks: ['maxParallelTasks', parseNumber],
  allowTaskPreemption: ['allowTaskPreemption', parseFlag],
  pool: ['poolInfo.poolId', text],
};

/** Of the tasks that a job has of its own: `preparation="unpack" release="clean"`. */
export const jobTaskOptions: BodyOptions = {
  manager: ['jobManagerTask.id', text],
  managerSlots: ['jobManagerTask.requiredSlots', parseNumber],
  managerRetries: ['jobManagerTask.constraints.maxTaskRetryCount', parseNumber],
  killJobOnCompletion: ['jobManagerTask.killJobOnCompletion', parseFlag],
  runExclusive: ['jobManagerTask.runExclusive', parseFlag],
  allowLowPriorityNode: ['jobManagerTask.allowLowPriorityNode', parseFlag],
  managerUser: ['jobManagerTask.userIdentity', userIdentity],
  preparation: ['jobPreparationTask.commandLine', text],
  preparationUser: ['jobPreparationTask.userIdentity', userIdentity],
  preparationRetries: ['jobPreparationTask.constraints.maxTaskRetryCount', parseNumber],
  preparationWallClock: ['jobPreparationTask.constraints.maxWallClockTime', text],
  preparationWaitForSuccess: ['jobPreparationTask.waitForSuccess', parseFlag],
  preparationRerun: ['jobPreparationTask.rerunOnNodeRebootAfterSuccess', parseFlag],
  release: ['jobReleaseTask.commandLine', text],
  releaseUser: ['jobReleaseTask.userIdentity', userIdentity],
  releaseRetries: ['jobReleaseTask.maxTaskRetryCount', parseNumber],
  releaseWallClock: ['jobReleaseTask.maxWallClockTime', text],
};

export const jobOptions: BodyOptions = {
  ...jobPatchOptions,
  ...jobTaskOptions,
  environment: ['commonEnvironmentSettings', environmentSettings],
  onTaskFailure: ['onTaskFailure', text],
  usesTaskDependencies: ['usesTaskDependencies', parseFlag],
};

export const taskOptions: BodyOptions = {
  ...constraintOptions,
  retention: ['constraints.retentionTime', text],
  slots: ['requiredSlots', parseNumber],
  command: ['commandLine', text],
  environment: ['environmentSettings', environmentSettings],
  dependsOn: ['dependsOn', dependencies],
  affinity: ['affinityInfo.affinityId', text],
  instances: ['multiInstanceSettings', multiInstanceSettings],
  exitConditions: ['exitConditions', exitConditions],
  packages: ['applicationPackageReferences', packageReferences],
  user: ['userIdentity', userIdentity],
};

/** Of the tasks of a schedule's jobs: those that are no options of the jobs. */
export const scheduledTaskOptions: BodyOptions = {
  slots: ['requiredSlots', parseNumber],
  command: ['commandLine', text],
  dependsOn: ['dependsOn', dependencies],
  exitConditions: ['exitConditions', exitConditions],
};

export const taskUpdateOptions: BodyOptions = {
  retries: ['maxTaskRetryCount', parseNumber],
  wallClock: ['maxWallClockTime', text],
  retention: ['retentionTime', text],
};

export type Body = { [property: string]: unknown };

/** The body that the options of a command make, on top of what is there without them. */
export function restBody(line: CommandLine, options: BodyOptions, body: Body): Body {
  for (const [name, [path, read]] of Object.entries(options)) {
    const value = line.option(name);
    if (value !== undefined) setAt(body, path.split('.'), read(value));
  }
  return body;
}

function setAt(body: Body, [property, ...rest]: readonly string[], value: unknown): void {
  if (property === undefined) return;
  if (rest.length === 0) {
    body[property] = value;
    return;
  }
  const inner = (body[property] ?? {}) as Body;
  body[property] = inner;
  setAt(inner, rest, value);
}

/** `3`: so many instances. */
function multiInstanceSettings(instances: string): unknown {
  return { numberOfInstances: parseNumber(instances), coordinationCommandLine: 'coordinate' };
}

/** `a,1..3`: the task a and all of the integers. */
function dependencies(list: string): unknown {
  const items = list.split(',');
  return {
    taskIds: items.filter((item) => parseRange(item) === undefined),
    taskIdRanges: items.map(parseRange).filter((range) => range !== undefined),
  };
}

/** `A=x,B=`: B has an empty value. */
function environmentSettings(list: string): unknown {
  return list.split(',').map((setting) => {
    const [name, value] = setting.split('=');
    return { name, value };
  });
}

/** `admin`, `task`, `task+admin`: auto users; every other name is an account of the pool. */
function userIdentity(user: string): unknown {
  const words = user.split('+');
  if (!words.every((word) => word === 'admin' || word === 'task')) return { userName: user };
  return {
    autoUser: {
      scope: words.includes('task') ? 'task' : 'pool',
      elevationLevel: words.includes('admin') ? 'admin' : 'nonadmin',
    },
  };
}

/** `a,b@admin`: accounts of a pool; b has the rights of an administrator. */
function userAccounts(list: string): unknown {
  return list.split(',').map((item) => {
    const [name, elevationLevel] = item.split('@');
    const account = { name, password: `password of ${name}` };
    return elevationLevel === undefined ? account : { ...account, elevationLevel };
  });
}

/** `a@1,b`: version 1 of a, the default version of b. */
export function packageReferences(list: string): unknown {
  return list
    .split(',')
    .filter((item) => item !== '')
    .map((item) => {
      const [applicationId, version] = item.split('@');
      return version === undefined ? { applicationId } : { applicationId, version };
    });
}

/** `ab12,cd34`: thumbprints; `ab12@root` another store than `My`. */
export function certificateReferences(list: string): unknown {
  return list
    .split(',')
    .filter((item) => item !== '')
    .map((item) => {
      const [thumbprint, storeName] = item.split('@');
      const name = { thumbprintAlgorithm: 'sha1', thumbprint };
      return storeName === undefined ? name : { ...name, storeName };
    });
}
