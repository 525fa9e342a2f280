import type { AccountPatch, AccountSpecification } from './account-specification.ts';
import type { PolicyNames } from './policy.ts';
import type { RuleOptions } from './rule-options.ts';
import type {
  ApplicationPackageSpecification,
  ApplicationPatch,
  ApplicationSpecification,
  AutoScaleSettings,
  CertificateSpecification,
  DisableTasks,
  JobPatch,
  JobSchedulePatch,
  JobScheduleSpecification,
  JobSpecification,
  NodeDeallocationOption,
  NodeDisableSchedulingOption,
  NodeRemoval,
  NodeUserSpecification,
  PoolPatch,
  PoolProperties,
  PoolResize,
  PoolSpecification,
  TaskConstraints,
  TaskFactory,
  TaskSpecification,
} from './specification.ts';

/**
 * What callers ask of the engine. Each may be refused with an error, and then changes nothing. `accountName` is that
 * of the account that it acts in; absent: the default one, which `configure` names.
 */
export type Command = Request & {
  accountName?: string;
  /**
   * Of a command that changes a pool, job, task or job schedule that is there: the eTag that it must have, or `*`. With
   * another one the command is refused with `ConditionNotMet` (semantics §14.2).
   */
  ifMatch?: string;
};

type Request =
  /** The first input of every history: fixes the rules and the policies that it is replayed under. */
  | { type: 'configure'; rulesVersion: number; accountName: string; policies?: PolicyNames }
  | { type: 'addAccount'; account: AccountSpecification }
  | { type: 'patchAccount'; patch: AccountPatch }
  /** Only of an empty one. */
  | { type: 'deleteAccount' }
  /** (extension) Other options from now on. The runtime says so. */
  | { type: 'setOptions'; options: RuleOptions }
  | { type: 'addPool'; pool: PoolSpecification }
  | { type: 'deletePool'; poolId: string }
  | { type: 'patchPool'; poolId: string; patch: PoolPatch }
  | { type: 'updatePoolProperties'; poolId: string; properties: PoolProperties }
  | { type: 'resizePool'; poolId: string; resize: PoolResize }
  | { type: 'stopResize'; poolId: string }
  | { type: 'removeNodes'; poolId: string; removal: NodeRemoval }
  /** (extension) The versions of an OS family that an executor has, the newest last. The runtime says so. */
  | { type: 'setOSVersions'; executor: string; osFamily: string; versions: string[] }
  | { type: 'upgradeOS'; poolId: string; targetOSVersion: string }
  | { type: 'enableAutoScale'; poolId: string; settings: AutoScaleSettings }
  | { type: 'disableAutoScale'; poolId: string }
  | {
      type: 'disableScheduling';
      poolId: string;
      nodeId: string;
      nodeDisableSchedulingOption: NodeDisableSchedulingOption;
    }
  | { type: 'enableScheduling'; poolId: string; nodeId: string }
  | { type: 'addNodeUser'; poolId: string; nodeId: string; user: NodeUserSpecification }
  | { type: 'updateNodeUser'; poolId: string; nodeId: string; user: NodeUserSpecification }
  | { type: 'deleteNodeUser'; poolId: string; nodeId: string; userName: string }
  | {
      type: 'rebootNode';
      poolId: string;
      nodeId: string;
      nodeRebootOption: NodeDeallocationOption;
    }
  | {
      type: 'reimageNode';
      poolId: string;
      nodeId: string;
      nodeReimageOption: NodeDeallocationOption;
    }
  | {
      type: 'deallocateNode';
      poolId: string;
      nodeId: string;
      nodeDeallocateOption: NodeDeallocationOption;
    }
  | { type: 'startNode'; poolId: string; nodeId: string }
  | { type: 'addJob'; job: JobSpecification }
  | { type: 'patchJob'; jobId: string; patch: JobPatch }
  | { type: 'disableJob'; jobId: string; disableTasks: DisableTasks }
  | { type: 'enableJob'; jobId: string }
  /** `force` (semantics §2.4): it is over at once; what still runs keeps its slots until that has ended. */
  | { type: 'terminateJob'; jobId: string; terminateReason?: string; force?: true }
  | { type: 'deleteJob'; jobId: string; force?: true }
  /** Each task succeeds or fails by itself (semantics §14.5). */
  | { type: 'addTasks'; jobId: string; tasks: TaskSpecification[] }
  | { type: 'addTaskFactory'; jobId: string; factory: TaskFactory }
  | { type: 'updateTask'; jobId: string; taskId: string; constraints: TaskConstraints }
  | { type: 'terminateTask'; jobId: string; taskId: string }
  | { type: 'reactivateTask'; jobId: string; taskId: string }
  | { type: 'deleteTask'; jobId: string; taskId: string }
  | { type: 'addJobSchedule'; jobSchedule: JobScheduleSpecification }
  | { type: 'patchJobSchedule'; jobScheduleId: string; patch: JobSchedulePatch }
  | { type: 'disableJobSchedule'; jobScheduleId: string }
  | { type: 'enableJobSchedule'; jobScheduleId: string }
  | { type: 'terminateJobSchedule'; jobScheduleId: string; force?: true }
  | { type: 'deleteJobSchedule'; jobScheduleId: string; force?: true }
  | { type: 'addApplication'; application: ApplicationSpecification }
  | { type: 'patchApplication'; applicationId: string; patch: ApplicationPatch }
  | { type: 'deleteApplication'; applicationId: string }
  | {
      type: 'addApplicationPackage';
      applicationId: string;
      package: ApplicationPackageSpecification;
    }
  | { type: 'activateApplicationPackage'; applicationId: string; version: string }
  | { type: 'deleteApplicationPackage'; applicationId: string; version: string }
  | { type: 'addCertificate'; certificate: CertificateSpecification }
  | { type: 'deleteCertificate'; thumbprintAlgorithm: string; thumbprint: string }
  | { type: 'cancelCertificateDeletion'; thumbprintAlgorithm: string; thumbprint: string }
  /** Nothing but time passing. */
  | { type: 'tick' };
