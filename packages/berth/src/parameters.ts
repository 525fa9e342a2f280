import type {
  AccountKeys,
  ApplicationPackageContent,
  ApplicationPackageReference,
  CertificateReference,
  ElevationLevel,
  ExitConditions,
  JobNetworkConfiguration,
  MetadataItem,
  MountConfiguration,
  NetworkConfiguration,
  NodeDeallocationOption,
  NodeFillType,
  NodeSize,
  OnAllTasksComplete,
  OutputFile,
  ParameterSet,
  ResourceFile,
  TaskIdRange,
  VirtualMachineConfiguration,
} from '@berth/core';

/*
 * What callers write: the JSON of the Batch REST API as far as it is built, by today's names (job files may
 * use those of 2016 as well). Durations are ISO 8601 (`PT1H`). Defaults and rules: semantics §1.
 */

/** What an account may hold; without a quota there is no limit (semantics §1.1, §12). */
export interface AccountQuotaParameters {
  /** Cores of the dedicated nodes of all its pools; −1: no limit. */
  dedicatedCoreQuota?: number;
  lowPriorityCoreQuota?: number;
  poolQuota?: number;
  /** Jobs and job schedules that are not completed, together. */
  activeJobAndJobScheduleQuota?: number;
}

export interface AccountPatchParameters extends AccountQuotaParameters {
  state?: 'enabled' | 'disabled';
  /** Base64. They go into the secret store; one that is not given stays. */
  keys?: AccountKeys;
  /** Before the built-in sizes of the same name. */
  nodeSizes?: NodeSize[];
}

export interface AccountParameters extends Omit<AccountPatchParameters, 'state'> {
  /** 1 to 64 letters, digits, hyphens and underscores; unique in any case. */
  accountName: string;
  /** Default batchservice; with usersubscription core quotas do not limit. */
  poolAllocationMode?: 'batchservice' | 'usersubscription';
}

export interface EnvironmentSettingParameters {
  name: string;
  /** Default: empty. */
  value?: string;
}

/** Default uploadCondition: taskcompletion. */
export type OutputFileParameters = Omit<OutputFile, 'uploadOptions'> &
  Partial<Pick<OutputFile, 'uploadOptions'>>;

export interface ApplicationParameters {
  id: string;
  displayName?: string;
  /** Default true. False: its versions can be neither updated nor deleted. */
  allowUpdates?: boolean;
}

export interface ApplicationPatchParameters {
  displayName?: string;
  /** What a reference without version means. */
  defaultVersion?: string;
  allowUpdates?: boolean;
}

export interface ApplicationPackageParameters {
  version: string;
  /** (extension) where its zip file lies. */
  content: ApplicationPackageContent;
}

export interface CertificateParameters {
  /** At most 40 hexadecimal digits. */
  thumbprint: string;
  thumbprintAlgorithm: 'sha1';
  /** Base64, of at most 10 KB. */
  data: string;
  /** Default pfx. */
  certificateFormat?: 'pfx' | 'cer';
  /** Of a pfx only. */
  password?: string;
}

/** Default: the store My of the current user, for everybody. */
export type CertificateReferenceParameters = Pick<
  CertificateReference,
  'thumbprint' | 'thumbprintAlgorithm'
> &
  Partial<CertificateReference>;

export interface UserAccountParameters {
  /** At most 20 characters. */
  name: string;
  /** It goes into the secret store. */
  password: string;
  /** Default nonadmin. */
  elevationLevel?: ElevationLevel;
  /** Both ids or none; the key goes into the secret store. */
  linuxUserConfiguration?: { uid?: number; gid?: number; sshPrivateKey?: string };
  windowsUserConfiguration?: { loginMode?: 'batch' | 'interactive' };
}

/** Who runs a command line. Default: the auto user of scope pool, without rights. */
export interface IdentityParameters {
  /** One of the pool's userAccounts, or an auto user. */
  userIdentity?:
    | { userName: string }
    | { autoUser: { scope?: 'pool' | 'task'; elevationLevel?: ElevationLevel } };
  /** The name of 2016 for the auto user with the rights of an administrator. */
  runElevated?: boolean;
}

export interface PoolParameters {
  id: string;
  displayName?: string;
  /** One of the sizes of semantics §1.2, or `local`. */
  vmSize: string;
  /** Required unless there are targetLowPriorityNodes. */
  targetDedicatedNodes?: number;
  /** Default 0. */
  targetLowPriorityNodes?: number;
  /** Default PT15M, at least PT5M. */
  resizeTimeout?: string;
  /** Default false. With it autoScaleFormula is required, and targets are not given. */
  enableAutoScale?: boolean;
  autoScaleFormula?: string;
  /** Default PT15M, PT5M to PT168H. */
  autoScaleEvaluationInterval?: string;
  /** Default 1. */
  taskSlotsPerNode?: number;
  /** Default spread. */
  taskSchedulingPolicy?: {
    nodeFillType?: NodeFillType;
    /** Default none: jobs of equal priority take turns. */
    jobDefaultOrder?: 'none' | 'creationtime';
  };
  startTask?: StartTaskParameters;
  /** At most 10. */
  applicationPackageReferences?: ApplicationPackageReference[];
  certificateReferences?: CertificateReferenceParameters[];
  userAccounts?: UserAccountParameters[];
  /** At most 10; keys and passwords go into the secret store. */
  mountConfiguration?: MountConfiguration[];
  networkConfiguration?: NetworkConfiguration;
  metadata?: MetadataItem[];
  /** What its nodes run; default: linux, as the executor has it. */
  virtualMachineConfiguration?: Partial<VirtualMachineConfiguration>;
  /** Instead of it: an operating system of which the executor has several versions. */
  cloudServiceConfiguration?: {
    osFamily: string /** Default `*`: always the newest. */;
    targetOSVersion?: string;
  };
  /** Default false. True: its nodes can reach one another, if the executor can do that. */
  enableInterNodeCommunication?: boolean;
  /** (extension) Default `local`. */
  executor?: string;
}

/** A formula, another interval, or both; what is left out stays as it is. */
export interface AutoScaleParameters {
  /** Required where autoscale is not enabled yet. */
  autoScaleFormula?: string;
  /** PT5M to PT168H; PT15M where autoscale is not enabled yet. */
  autoScaleEvaluationInterval?: string;
}

export interface StartTaskParameters extends IdentityParameters {
  /** Not run under a shell. */
  commandLine: string;
  resourceFiles?: ResourceFile[];
  environmentSettings?: EnvironmentSettingParameters[];
  /** Default 0; −1: unlimited. */
  maxTaskRetryCount?: number;
  /** Default true. */
  waitForSuccess?: boolean;
}

export interface PoolPatchParameters {
  startTask?: StartTaskParameters;
  applicationPackageReferences?: ApplicationPackageReference[];
  certificateReferences?: CertificateReferenceParameters[];
  metadata?: MetadataItem[];
}

/** With a password or a key. */
export interface NodeUserParameters {
  /** At most 20 characters. */
  name: string;
  /** Default false. */
  isAdmin?: boolean;
  /** ISO 8601; default: a day from now. */
  expiryTime?: string;
  password?: string;
  sshPublicKey?: string;
}

/** At least one target; the other stays as it is. */
export interface PoolResizeParameters {
  targetDedicatedNodes?: number;
  targetLowPriorityNodes?: number;
  /** Default PT15M, at least PT5M. */
  resizeTimeout?: string;
  /** Default requeue. */
  nodeDeallocationOption?: NodeDeallocationOption;
}

export interface NodeRemovalParameters {
  /** `node-<n>`, 1 to 100. */
  nodeList: string[];
  /** Default PT15M, at least PT5M. */
  resizeTimeout?: string;
  /** Default requeue. */
  nodeDeallocationOption?: NodeDeallocationOption;
}

/** A pool that is made with the job, and goes with its owner unless `keepAlive` (semantics §1.9). */
export interface AutoPoolParameters {
  /** At most 20 characters. */
  autoPoolIdPrefix?: string;
  /** `jobschedule` in job schedules only: one pool for all of its jobs. */
  poolLifetimeOption: 'job' | 'jobschedule';
  /** Default false. */
  keepAlive?: boolean;
  pool: Omit<PoolParameters, 'id'>;
}

export type PoolInfoParameters = { poolId: string } | { autoPoolSpecification: AutoPoolParameters };

export interface JobConstraintParameters {
  maxWallClockTime?: string;
  maxTaskRetryCount?: number;
}

/** A task as others are; it starts before them. Default of constraints.maxTaskRetryCount: the job's. */
export interface JobManagerTaskParameters
  extends Pick<
    TaskParameters,
    | 'id'
    | 'displayName'
    | 'commandLine'
    | 'resourceFiles'
    | 'outputFiles'
    | 'environmentSettings'
    | 'constraints'
    | 'requiredSlots'
    | 'applicationPackageReferences'
    | 'userIdentity'
    | 'runElevated'
  > {
  /** Default true: its completion ends the job. */
  killJobOnCompletion?: boolean;
  /** Default true: it has its node for itself. */
  runExclusive?: boolean;
  /** Default true. */
  allowLowPriorityNode?: boolean;
}

export interface JobPreparationTaskParameters extends IdentityParameters {
  /** Default `jobpreparation`. */
  id?: string;
  /** Not run under a shell. */
  commandLine: string;
  resourceFiles?: ResourceFile[];
  environmentSettings?: EnvironmentSettingParameters[];
  /** Default of maxTaskRetryCount: 0. */
  constraints?: TaskConstraintParameters;
  /** Default true: the job's tasks on the node wait for it, and go elsewhere if it fails. */
  waitForSuccess?: boolean;
  /** Default true. */
  rerunOnNodeRebootAfterSuccess?: boolean;
}

export interface JobReleaseTaskParameters extends IdentityParameters {
  /** Default `jobrelease`. */
  id?: string;
  /** Not run under a shell. */
  commandLine: string;
  resourceFiles?: ResourceFile[];
  environmentSettings?: EnvironmentSettingParameters[];
  /** Of all attempts on a node together. Default and most: PT15M. */
  maxWallClockTime?: string;
  /** Default 0. */
  maxTaskRetryCount?: number;
  /** How long its directory is kept at least. Default P7D. */
  retentionTime?: string;
}

export interface JobParameters {
  id: string;
  displayName?: string;
  priority?: number;
  constraints?: JobConstraintParameters;
  commonEnvironmentSettings?: EnvironmentSettingParameters[];
  poolInfo: PoolInfoParameters;
  onAllTasksComplete?: OnAllTasksComplete;
  /** Default noaction. */
  onTaskFailure?: 'noaction' | 'performexitoptionsjobaction';
  /** Default −1: any number. */
  maxParallelTasks?: number;
  /** Default false. Tasks of jobs of higher priority may displace its own. */
  allowTaskPreemption?: boolean;
  usesTaskDependencies?: boolean;
  jobManagerTask?: JobManagerTaskParameters;
  jobPreparationTask?: JobPreparationTaskParameters;
  /** Only with a jobPreparationTask. */
  jobReleaseTask?: JobReleaseTaskParameters;
  networkConfiguration?: JobNetworkConfiguration;
  metadata?: MetadataItem[];
}

export interface JobPatchParameters {
  priority?: number;
  constraints?: JobConstraintParameters;
  onAllTasksComplete?: OnAllTasksComplete;
  maxParallelTasks?: number;
  allowTaskPreemption?: boolean;
  /** Only while the job is disabled. */
  poolInfo?: PoolInfoParameters;
  metadata?: MetadataItem[];
}

export interface JobUpdateParameters extends JobPatchParameters {
  /** While the job is not disabled, the one that it has. */
  poolInfo: PoolInfoParameters;
}

export interface TaskConstraintParameters {
  maxWallClockTime?: string;
  /** How long its directory is kept at least when it is completed. Default P7D. */
  retentionTime?: string;
  maxTaskRetryCount?: number;
}

export interface MultiInstanceParameters {
  /** Default 1. */
  numberOfInstances?: number;
  /** Of every instance, before the primary runs the commandLine. */
  coordinationCommandLine: string;
  commonResourceFiles?: ResourceFile[];
}

export interface TaskTemplateParameters extends IdentityParameters {
  displayName?: string;
  /** Not run under a shell. */
  commandLine: string;
  resourceFiles?: ResourceFile[];
  outputFiles?: OutputFileParameters[];
  environmentSettings?: EnvironmentSettingParameters[];
  constraints?: TaskConstraintParameters;
  requiredSlots?: number;
  exitConditions?: ExitConditions;
  /** Several nodes at once (semantics §9). */
  multiInstanceSettings?: MultiInstanceParameters;
  /** Of a node, or of the nodeInfo of a task: it runs there if there is room. */
  affinityInfo?: { affinityId: string };
  applicationPackageReferences?: ApplicationPackageReference[];
  dependsOn?: { taskIds?: string[]; taskIdRanges?: TaskIdRange[] };
}

export interface TaskParameters extends TaskTemplateParameters {
  id: string;
}

/** (extension) A parametric sweep. */
export interface TaskFactoryParameters {
  type: 'parametricSweep';
  parameterSets: (Omit<ParameterSet, 'step'> & { step?: number })[];
  /** Default 0. */
  firstTaskId?: number;
  repeatTask: TaskTemplateParameters;
}

/** Dates and times are ISO 8601 with `Z` or an offset. */
export interface ScheduleParameters {
  /** The first moment at which a job may be made. Default: now. */
  doNotRunUntil?: string;
  /** After it no job is made. Default: none. */
  doNotRunAfter?: string;
  /** How long after its due time a job may still be made, at least PT1M. Default: until the next due time. */
  startWindow?: string;
  /** Between two due times, at least PT1M. Default: there is one. */
  recurrenceInterval?: string;
}

export interface ScheduledJobParameters extends Omit<JobParameters, 'id'> {
  /** (extension) the tasks of each job. */
  taskFactory?: TaskFactoryParameters;
}

export interface JobSchedulePatchParameters {
  schedule?: ScheduleParameters;
  jobSpecification?: ScheduledJobParameters;
  metadata?: MetadataItem[];
}

export interface JobScheduleUpdateParameters extends JobSchedulePatchParameters {
  jobSpecification: ScheduledJobParameters;
}

export interface JobScheduleParameters extends JobScheduleUpdateParameters {
  id: string;
  displayName?: string;
}
