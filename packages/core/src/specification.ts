/**
 * Normalised specifications: what the door (`@berth/core/spec`) makes of JSON in the REST spelling,
 * and the only form that commands carry. Every default is filled in, durations are integer
 * milliseconds (`undefined` = no limit), names are today's, secrets are handles.
 * An absent optional property is absent, never `undefined`.
 */

export interface MetadataItem {
  name: string;
  value: string;
}

export interface EnvironmentSetting {
  name: string;
  value: string;
}

/** semantics §1.10, §10 */
export interface ApplicationSpecification {
  id: string;
  displayName?: string;
  /** False: its versions can be neither updated nor deleted. */
  allowUpdates: boolean;
}

/** What PATCH may change of an application; an absent element stays as it is. */
export interface ApplicationPatch {
  displayName?: string;
  /** Of one of its packages. */
  defaultVersion?: string;
  allowUpdates?: boolean;
}

/** Where the zip file of a package lies; of a URL's secrets there are marks (secret-mark.ts) only. */
export type ApplicationPackageContent =
  | { httpUrl: string }
  | { autoStorageContainerName: string; blobName: string };

export interface ApplicationPackageSpecification {
  version: string;
  content: ApplicationPackageContent;
}

/** Of a pool or a task. semantics §10 */
export interface ApplicationPackageReference {
  applicationId: string;
  /** Absent: the default version at the time of the installation. */
  version?: string;
}

/** semantics §1.11 */
export interface CertificateSpecification {
  /** At most 40 hexadecimal digits. */
  thumbprint: string;
  thumbprintAlgorithm: 'sha1';
  certificateFormat: 'pfx' | 'cer';
  /** The mark (secret-mark.ts) of its base64. */
  data: string;
  /** Of a pfx: the mark of its password. */
  password?: string;
}

export type CertificateVisibility = 'starttask' | 'task' | 'remoteuser';

/** Of a pool. semantics §1.11 */
export interface CertificateReference {
  thumbprint: string;
  thumbprintAlgorithm: 'sha1';
  storeLocation: 'currentuser' | 'localmachine';
  storeName: string;
  /** Who may use it. */
  visibility: CertificateVisibility[];
}

export type NodeFillType = 'spread' | 'pack';
export type OnAllTasksComplete = 'noaction' | 'terminatejob';
/** What becomes of the tasks that run when a job is disabled (semantics §2.4). */
export type DisableTasks = 'requeue' | 'terminate' | 'wait';

export type OsType = 'linux' | 'windows';

/** An image of the marketplace, or one by its resource id (semantics §1.2). */
export interface ImageReference {
  publisher?: string;
  offer?: string;
  sku?: string;
  version?: string;
  virtualMachineImageId?: string;
}

/** What the nodes of a pool run (semantics §1.2). */
export interface VirtualMachineConfiguration {
  /** (extension) absent in what is given: windows if `nodeAgentSKUId` says so, else linux. */
  osType: OsType;
  nodeAgentSKUId?: string;
  imageReference?: ImageReference;
}

/** An operating system by family and version, of which the executor has several (semantics §1.2). */
export interface CloudServiceConfiguration {
  osFamily: string;
  /** `*`: always the newest. */
  targetOSVersion: string;
}

export type ElevationLevel = 'nonadmin' | 'admin';

/** A user of its own that each node of a pool has (semantics §1.2). */
export interface UserAccount {
  /** At most 20 characters. */
  name: string;
  /** The mark (secret-mark.ts) of its password. */
  password: string;
  elevationLevel: ElevationLevel;
  /** Both ids, or none; absent: the system chooses. `sshPrivateKey`: a mark. */
  linuxUserConfiguration?: { uid?: number; gid?: number; sshPrivateKey?: string };
  windowsUserConfiguration?: { loginMode?: 'batch' | 'interactive' };
}

/**
 * Who runs a command line: one of the accounts of the pool, or an auto user; that of scope `task` is there for this task
 * alone. Absent where it may stand: the auto user of scope `pool` without rights (semantics §1.5, ruling 18).
 */
export type UserIdentity =
  | { userName: string }
  | { autoUser: { scope: 'pool' | 'task'; elevationLevel: ElevationLevel } };

/** A file system that each node of a pool mounts; keys and passwords are marks (secret-mark.ts). semantics §1.2 */
export type MountConfiguration =
  | {
      azureBlobFileSystemConfiguration: {
        accountName: string;
        containerName: string;
        /** One of the two. */
        accountKey?: string;
        sasKey?: string;
        blobfuseOptions?: string;
        relativeMountPath: string;
      };
    }
  | { nfsMountConfiguration: { source: string; relativeMountPath: string; mountOptions?: string } }
  | {
      cifsMountConfiguration: {
        userName: string;
        password: string;
        source: string;
        relativeMountPath: string;
        mountOptions?: string;
      };
    }
  | {
      azureFileShareConfiguration: {
        accountName: string;
        azureFileUrl: string;
        accountKey: string;
        relativeMountPath: string;
        mountOptions?: string;
      };
    };

export interface NetworkSecurityGroupRule {
  /** 150 to 4096, each once in a pool; the lowest that applies decides. */
  priority: number;
  access: 'allow' | 'deny';
  sourceAddressPrefix: string;
  sourcePortRanges?: string[];
}

/** How a port of each node is reached from outside (semantics §1.2). */
export interface InboundNatPool {
  name: string;
  protocol: 'tcp' | 'udp';
  backendPort: number;
  frontendPortRangeStart: number;
  frontendPortRangeEnd: number;
  networkSecurityGroupRules?: NetworkSecurityGroupRule[];
}

/** Of a pool. semantics §1.2 */
export interface NetworkConfiguration {
  subnetId?: string;
  dynamicVNetAssignmentScope?: 'none' | 'job';
  endpointConfiguration?: { inboundNATPools: InboundNatPool[] };
  publicIPAddressConfiguration?: {
    provision?: 'batchmanaged' | 'usermanaged' | 'nopublicipaddresses';
    ipAddressIds?: string[];
  };
  enableAcceleratedNetworking?: boolean;
}

/** Of a job. semantics §1.4 */
export interface JobNetworkConfiguration {
  subnetId: string;
  skipWithdrawFromVNet?: boolean;
}

/** semantics §1.2 */
export interface PoolSpecification {
  id: string;
  displayName?: string;
  vmSize: string;
  /** Absent: linux, whatever the executor has. */
  virtualMachineConfiguration?: VirtualMachineConfiguration;
  /** Instead of it. */
  cloudServiceConfiguration?: CloudServiceConfiguration;
  /** Its nodes can reach one another (semantics §1.2); what multi-instance tasks need. */
  enableInterNodeCommunication?: true;
  targetDedicatedNodes: number;
  /** Absent: 0. */
  targetLowPriorityNodes?: number;
  /** Of the latest sizing by hand. Absent: no limit. */
  resizeTimeoutMs?: number;
  /** Its size follows the formula; the targets are what that last gave. Absent: sized by hand. */
  enableAutoScale?: true;
  autoScaleFormula?: string;
  /** Five minutes to 168 hours. */
  autoScaleEvaluationIntervalMs?: number;
  taskSlotsPerNode: number;
  /** `jobDefaultOrder` absent: `none`, equal priorities take turns; `creationtime`: the older job first. */
  taskSchedulingPolicy: { nodeFillType: NodeFillType; jobDefaultOrder?: 'creationtime' };
  /** Absent: none. */
  startTask?: StartTask;
  /** What its nodes install when they start. Absent: nothing. */
  applicationPackageReferences?: ApplicationPackageReference[];
  /** What its nodes have from their start on. Absent: nothing. */
  certificateReferences?: CertificateReference[];
  /** Those that command lines may name. Absent: none. */
  userAccounts?: UserAccount[];
  /** Absent: nothing. */
  mountConfiguration?: MountConfiguration[];
  /** Absent: what the executor has. */
  networkConfiguration?: NetworkConfiguration;
  metadata: MetadataItem[];
  /** (extension) name of the executor that gets this pool's nodes. */
  executor: string;
  /**
   * (extension) what must have happened to the input that causes a start before the start leaves:
   * `written` for nodes of this machine, `synced` for all others. The runtime sets it from what the executor says.
   */
  durability: 'written' | 'synced';
}

/** What becomes of the tasks of nodes that leave (semantics §2.2). */
export type NodeDeallocationOption = 'requeue' | 'terminate' | 'taskcompletion' | 'retaineddata';

/** What enableautoscale sets; an absent one stays as it is (semantics §2.1). */
export interface AutoScaleSettings {
  autoScaleFormula?: string;
  /** Five minutes to 168 hours. */
  autoScaleEvaluationIntervalMs?: number;
}

/** A sizing by hand; an absent target stays as it is (semantics §2.1). */
export interface PoolResize {
  targetDedicatedNodes?: number;
  targetLowPriorityNodes?: number;
  /** Absent: no limit. */
  resizeTimeoutMs?: number;
  nodeDeallocationOption: NodeDeallocationOption;
}

/** Nodes that are to leave (semantics §2.1). */
export interface NodeRemoval {
  /** `node-<n>`, 1 to 100. */
  nodeList: string[];
  /** Absent: no limit. */
  resizeTimeoutMs?: number;
  nodeDeallocationOption: NodeDeallocationOption;
}

export type NodeDisableSchedulingOption = Exclude<NodeDeallocationOption, 'retaineddata'>;

/** An account for logging in to a node (semantics §1.3); a password or a key. */
export interface NodeUserSpecification {
  /** At most 20 characters. */
  name: string;
  isAdmin: boolean;
  /** Milliseconds since the epoch; absent: a day from now. */
  expiryTimeMs?: number;
  /** The mark of it (secret-mark.ts). */
  password?: string;
  sshPublicKey?: string;
}

/** What PATCH may change of a pool; an absent element stays as it is (semantics §1.2). */
export interface PoolPatch {
  startTask?: StartTask;
  applicationPackageReferences?: ApplicationPackageReference[];
  certificateReferences?: CertificateReference[];
  metadata?: MetadataItem[];
}

/** What may change of a pool, all of it: what is absent is taken away (semantics §1.2). */
export interface PoolProperties {
  startTask?: StartTask;
  applicationPackageReferences?: ApplicationPackageReference[];
  certificateReferences?: CertificateReference[];
  metadata: MetadataItem[];
}

/** What each node runs when it starts (semantics §4.3). */
export interface StartTask {
  commandLine: string;
  resourceFiles: ResourceFile[];
  environmentSettings: EnvironmentSetting[];
  /** Absent: the auto user of scope `pool` without rights. */
  userIdentity?: UserIdentity;
  /** −1: unlimited. */
  maxTaskRetryCount: number;
  /** Whether the node takes no tasks before it has succeeded. */
  waitForSuccess: boolean;
}

/** semantics §1.6 */
export interface JobConstraints {
  maxWallClockTimeMs?: number;
  /** −1: unlimited. Default 0. */
  maxTaskRetryCount: number;
}

/** The task of a job that is made with it and starts before all others. semantics §1.7, ruling 15 */
export interface JobManagerTask {
  id: string;
  displayName?: string;
  commandLine: string;
  resourceFiles: ResourceFile[];
  outputFiles: OutputFile[];
  environmentSettings: EnvironmentSetting[];
  /** Absent: the auto user of scope `pool` without rights. */
  userIdentity?: UserIdentity;
  /** Absent maxTaskRetryCount: the job's. */
  constraints: TaskConstraints;
  requiredSlots: number;
  applicationPackageReferences?: ApplicationPackageReference[];
  /** Whether its completion ends the job. */
  killJobOnCompletion: boolean;
  /** Whether it has its node for itself. */
  runExclusive: boolean;
  allowLowPriorityNode: boolean;
}

/** Before, or beside, the first tasks of its job on a node. semantics §1.7, §8 */
export interface JobPreparationTask {
  id: string;
  commandLine: string;
  resourceFiles: ResourceFile[];
  environmentSettings: EnvironmentSetting[];
  /** Absent: the auto user of scope `pool` without rights. */
  userIdentity?: UserIdentity;
  /** Absent maxTaskRetryCount: 0. */
  constraints: TaskConstraints;
  /** Whether the job's tasks on the node wait for it, and go elsewhere if it fails. */
  waitForSuccess: boolean;
  /** Whether it runs again, before the next task, after the node was rebooted. */
  rerunOnNodeRebootAfterSuccess: boolean;
}

/** When its job ends, on every node where a task of the job has started. semantics §1.7, §8 */
export interface JobReleaseTask {
  id: string;
  commandLine: string;
  resourceFiles: ResourceFile[];
  environmentSettings: EnvironmentSetting[];
  /** Absent: the auto user of scope `pool` without rights. */
  userIdentity?: UserIdentity;
  /** Of all attempts on a node together: 15 minutes at most, which is the default. */
  maxWallClockTimeMs: number;
  /** −1: unlimited. Default 0. */
  maxTaskRetryCount: number;
  /** How long its directory is kept at least; it stays until the job or the node goes. Absent: a week. */
  retentionTimeMs?: number;
}

/** semantics §1.9 */
export interface AutoPoolSpecification {
  autoPoolIdPrefix?: string;
  /** Whose pool it is: each job's, or that of all jobs of a schedule. */
  poolLifetimeOption: 'job' | 'jobschedule';
  /** Whether it stays when its owner is over. */
  keepAlive: boolean;
  pool: Omit<PoolSpecification, 'id'>;
}

/** A pool by its id, or one that is made with the job. */
export type PoolInfo = { poolId: string } | { autoPoolSpecification: AutoPoolSpecification };

/** semantics §1.4 */
export interface JobSpecification {
  id: string;
  displayName?: string;
  /** −1000…1000, default 0. */
  priority: number;
  constraints: JobConstraints;
  commonEnvironmentSettings: EnvironmentSetting[];
  poolInfo: PoolInfo;
  onAllTasksComplete: OnAllTasksComplete;
  /** Absent: no action. */
  onTaskFailure?: 'performexitoptionsjobaction';
  /** How many of its tasks may run at a time, at least 1; absent: any number. */
  maxParallelTasks?: number;
  /** Tasks of jobs of higher priority may displace its own (semantics §3.5). */
  allowTaskPreemption?: true;
  usesTaskDependencies: boolean;
  /** Absent: none. */
  jobManagerTask?: JobManagerTask;
  /** Absent: none. */
  jobPreparationTask?: JobPreparationTask;
  /** Absent: none. Only with a preparation task. */
  jobReleaseTask?: JobReleaseTask;
  /** Absent: that of its pool. */
  networkConfiguration?: JobNetworkConfiguration;
  metadata: MetadataItem[];
}

/** What PATCH may change of a job; an absent element stays as it is (semantics §1.4). */
export interface JobPatch {
  priority?: number;
  /** −1: any number. */
  maxParallelTasks?: number;
  allowTaskPreemption?: boolean;
  /** Only while the job is disabled. */
  poolInfo?: PoolInfo;
  constraints?: JobConstraints;
  onAllTasksComplete?: OnAllTasksComplete;
  metadata?: MetadataItem[];
}

/** Exactly one source; of a URL's secrets there are marks (secret-mark.ts) only. semantics §1.12 */
export type ResourceFile =
  | { httpUrl: string; filePath: string; fileMode?: string }
  | ({ autoStorageContainerName: string } & ResourceFilesOfContainer)
  | ({ storageContainerUrl: string } & ResourceFilesOfContainer);

interface ResourceFilesOfContainer {
  blobPrefix?: string;
  /** Target directory below the working directory; absent: the working directory itself. */
  filePath?: string;
  fileMode?: string;
}

/** semantics §1.13, §5 */
export interface OutputFile {
  filePattern: string;
  destination: {
    container: (
      | {
          /** (extension) a container of the account's own store, instead of a containerUrl. */
          autoStorageContainerName: string;
        }
      | {
          /** Of its secrets there are marks (secret-mark.ts) only. */
          containerUrl: string;
        }
    ) & { path?: string };
  };
  uploadOptions: { uploadCondition: 'tasksuccess' | 'taskfailure' | 'taskcompletion' };
}

/** semantics §1.6; an absent maxTaskRetryCount is the job's. */
export interface TaskConstraints {
  maxWallClockTimeMs?: number;
  /**
   * How long its directory is kept at least when it is completed (semantics §3.12). Absent: a week (ruling 19);
   * 922337203685477, the longest duration there is: no limit.
   */
  retentionTimeMs?: number;
  maxTaskRetryCount?: number;
}

export interface TaskIdRange {
  start: number;
  end: number;
}

/** semantics §3.6 */
export interface TaskDependencies {
  taskIds: string[];
  taskIdRanges: TaskIdRange[];
}

/** semantics §3.7; an absent half is the built-in one. */
export interface ExitOptions {
  jobAction?: 'none' | 'disable' | 'terminate';
  dependencyAction?: 'satisfy' | 'block';
}

/** What an end of the task means for its job and for those that depend on it. semantics §3.7 */
export interface ExitConditions {
  exitCodes?: { code: number; exitOptions: ExitOptions }[];
  /** Both ends belong to a range. */
  exitCodeRanges?: { start: number; end: number; exitOptions: ExitOptions }[];
  /** Its files, its packages or its launch failed. */
  preProcessingError?: ExitOptions;
  fileUploadError?: ExitOptions;
  /** Every other end but a success. */
  default?: ExitOptions;
}

/** What makes a task run on several nodes at once. semantics §9 */
export interface MultiInstanceSettings {
  /** At least 1; each on a node of its own. */
  numberOfInstances: number;
  /** Every instance runs it and has to exit; when all have exited with 0 the primary runs the task's commandLine. */
  coordinationCommandLine: string;
  /** Every instance has them, in the directory of the task. */
  commonResourceFiles: ResourceFile[];
}

/** All of a task but its id: what a factory repeats. semantics §1.5 */
export interface TaskTemplate {
  displayName?: string;
  commandLine: string;
  resourceFiles: ResourceFile[];
  outputFiles: OutputFile[];
  environmentSettings: EnvironmentSetting[];
  /** Absent: the auto user of scope `pool` without rights. */
  userIdentity?: UserIdentity;
  constraints: TaskConstraints;
  requiredSlots: number;
  /** The node where it runs if that has room: the affinityId of a node, or of the node of a task. semantics §3.4 */
  affinityInfo?: { affinityId: string };
  exitConditions?: ExitConditions;
  /** Absent: it runs on one node. */
  multiInstanceSettings?: MultiInstanceSettings;
  dependsOn?: TaskDependencies;
  /** What its node installs before it runs there. Absent: nothing. semantics §10 */
  applicationPackageReferences?: ApplicationPackageReference[];
}

export interface TaskSpecification extends TaskTemplate {
  id: string;
}

/** start, start+step, … up to and including end. step ≠ 0; negative counts down. Integers. */
export interface ParameterSet {
  start: number;
  end: number;
  step: number;
}

/**
 * (extension, as in the Batch CLI extensions) A parametric sweep: one task per combination of the
 * parameter sets, the last set varying fastest. Ids are the plain integers from `firstTaskId` on.
 * `{n}` in any string of repeatTask is the value of the n-th set, `{n:w}` the same padded with zeros to
 * w digits, `{{n}}` a literal `{n}`; everything else stays as written.
 */
export interface TaskFactory {
  type: 'parametricSweep';
  parameterSets: ParameterSet[];
  firstTaskId: number;
  repeatTask: TaskTemplate;
}

/** semantics §1.8, §7. Times are milliseconds since the epoch. */
export interface Schedule {
  /** The first moment at which a job may be made. Absent: that at which this is set. */
  doNotRunUntilMs?: number;
  /** After it no job is made, and the schedule completes. */
  doNotRunAfterMs?: number;
  /** How long after its due time a job may still be made; absent: until the next due time. */
  startWindowMs?: number;
  /** Between two due times; absent: there is one. */
  recurrenceIntervalMs?: number;
}

/** What a schedule makes its jobs of. */
export interface ScheduledJobSpecification extends Omit<JobSpecification, 'id'> {
  /** (extension) the tasks of each job, added with it. */
  taskFactory?: TaskFactory;
}

/** semantics §1.8 */
export interface JobScheduleSpecification {
  id: string;
  displayName?: string;
  schedule: Schedule;
  jobSpecification: ScheduledJobSpecification;
  metadata: MetadataItem[];
}

/** What may change of a job schedule; an absent element stays as it is, and PUT gives them all (semantics §1.8). */
export interface JobSchedulePatch {
  schedule?: Schedule;
  jobSpecification?: ScheduledJobSpecification;
  metadata?: MetadataItem[];
}
