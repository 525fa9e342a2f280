import { plainAccount } from './account-specification.ts';
import { nodeSizeOf } from './account-usage.ts';
import { Accounts, defaultAccount } from './accounts.ts';
import type { Application, ApplicationPackage } from './application.ts';
import { resolvePackages } from './application-references.ts';
import type { Certificate } from './certificate.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import type { InstancePlace } from './displaced-runs.ts';
import { DisplacedRuns } from './displaced-runs.ts';
import type {
  EffectCatalog,
  KillReason,
  NodeDetails,
  NodeTaskDetails,
  RunDetails,
  StartTaskDetails,
} from './effect.ts';
import { EffectLog } from './effect-log.ts';
import { touch } from './etag.ts';
import type { EventLog } from './event-log.ts';
import { Gangs, placeOfRun } from './gang.ts';
import type { Job } from './job.ts';
import type { JobSchedule } from './job-schedule.ts';
import { JobsOnNodes } from './jobs-on-nodes.ts';
import { InvalidTransition } from './machine.ts';
import type {
  AllocationTrigger,
  ApplicationPackageTrigger,
  CertificateTrigger,
  JobScheduleTrigger,
  JobTrigger,
  NodeTrigger,
  PoolTrigger,
  SchedulingTrigger,
} from './machines.ts';
import {
  allocationMachine,
  applicationPackageMachine,
  certificateMachine,
  jobMachine,
  jobScheduleMachine,
  nodeMachine,
  poolMachine,
  schedulingMachine,
} from './machines.ts';
import type { Node } from './node.ts';
import { nodeId } from './node.ts';
import { NodeTable } from './node-table.ts';
import { isUnderWay } from './node-task.ts';
import type { NodeUser } from './node-user.ts';
import type { OSVersions } from './os-version.ts';
import { PolicySet } from './policy-set.ts';
import type { Pool } from './pool.ts';
import { noPool, notStirred } from './pool.ts';
import { RecentStarts } from './recent-starts.ts';
import type { RuleOptions } from './rule-options.ts';
import { defaultRuleOptions } from './rule-options.ts';
import { RunClocks } from './run-clocks.ts';
import { RunTable } from './run-table.ts';
import type { EnvironmentSetting, TaskTemplate, UserIdentity } from './specification.ts';
import { TaskArena } from './task-arena.ts';
import { TaskClasses } from './task-classes.ts';
import { runUser } from './user-identity.ts';

/** The rules that this version of the engine decides by; part of the state. */
export const currentRulesVersion = 1;

/** Everything there is, and the moves that every rule shares. The rules themselves are in the files beside it. */
export class World implements EffectCatalog {
  /** Latest time seen: it never goes back (ruling 31). */
  now = 0;
  rulesVersion: number = currentRulesVersion;
  readonly accounts: Accounts = new Accounts();
  options: RuleOptions = defaultRuleOptions;
  readonly policies: PolicySet;
  /** Of runs and node requests; positive, 31 bits, starts again at 1. */
  #sequence = 0;

  /** By number; `undefined` when gone. */
  readonly pools: (Pool | undefined)[] = [];
  readonly nodes: Node[] = [];
  readonly jobs: (Job | undefined)[] = [];
  readonly jobSchedules: (JobSchedule | undefined)[] = [];
  /** Rows and classes of all jobs, the hot words of nodes, runs. */
  readonly arena: TaskArena = new TaskArena();
  readonly classes: TaskClasses = new TaskClasses();
  readonly nodeTable: NodeTable = new NodeTable();
  readonly recentStarts: RecentStarts = new RecentStarts();
  readonly runs: RunTable = new RunTable(this.classes);
  /** Nothing falls due before this. */
  notBefore: number = Infinity;
  readonly clocks: RunClocks = new RunClocks(this.runs, (time) => this.expect(time));
  /** Wall clocks of jobs, by number. */
  readonly jobDeadlines: DeadlineHeap = new DeadlineHeap();
  /** When resizes time out, by number of the pool. */
  readonly poolDeadlines: DeadlineHeap = new DeadlineHeap();
  /** When what runs on nodes that are not heard of is put back, by number of the node. */
  readonly nodeDeadlines: DeadlineHeap = new DeadlineHeap();
  /** When nodes that wait for the files of tasks are looked at, by number of the node. */
  readonly filesDeadlines: DeadlineHeap = new DeadlineHeap();
  /** When users of nodes expire, by number of the node. */
  readonly userDeadlines: DeadlineHeap = new DeadlineHeap();
  /** When pools that follow a formula are sampled, and when they are evaluated, by number. */
  readonly sampleDeadlines: DeadlineHeap = new DeadlineHeap();
  readonly evaluationDeadlines: DeadlineHeap = new DeadlineHeap();
  readonly jobsOnNodes: JobsOnNodes = new JobsOnNodes();
  /** When preparations and releases have taken too long, by number of the job on the node. */
  readonly nodeTaskDeadlines: DeadlineHeap = new DeadlineHeap();
  /** Jobs whose tasks may be displaced, by number. */
  readonly displaceable: Set<number> = new Set();
  /** When the oldest tasks of jobs are too old to start, by number. */
  readonly ageDeadlines: DeadlineHeap = new DeadlineHeap();
  readonly displaced: DisplacedRuns = new DisplacedRuns();
  /** When the files of completed tasks have to be looked at, by number of the job (retention.ts). */
  readonly retentionDeadlines: DeadlineHeap = new DeadlineHeap();
  /** Multi-instance tasks that run, or of which some instance still does. */
  readonly gangs: Gangs = new Gangs();
  /** There has been a job whose tasks may be displaced, or a multi-instance task: placement looks for them. */
  hasExceptions = false;
  /** When schedules have to be looked at, by number. */
  readonly jobScheduleDeadlines: DeadlineHeap = new DeadlineHeap();
  /** Jobs that have ended, to be followed up before this input is done with: by what they held back, or had alone. */
  readonly endedJobs: Job[] = [];
  /** Of each executor and OS family that has any. */
  osVersions: OSVersions[] = [];
  /** Reports that named something that is over. */
  ignoredReports = 0;

  readonly effects: EffectLog = new EffectLog(this);
  /** Set while somebody listens. */
  events: EventLog | undefined;
  /** Inputs of all batches before this one. */
  inputCount = 0;
  /** What happens now has fallen due before the present input. */
  isFallingDue = false;
  /**
   * Pools in which a task may have become placeable since placement last ran: number of the last of a chain,
   * {@link noPool}: none. Numbers, since storing an object costs the collector's bookkeeping.
   */
  stirred: number = noPool;

  constructor(policies: PolicySet = new PolicySet()) {
    this.policies = policies;
    this.accounts.add({
      number: defaultAccount,
      specification: plainAccount('berth'),
      creationTime: 0,
      state: 'enabled',
      applications: [],
      certificates: [],
    });
  }

  get lastSequence(): number {
    return this.#sequence;
  }

  set lastSequence(sequence: number) {
    this.#sequence = sequence;
  }

  /** Something falls due then. */
  expect(time: number): void {
    if (time < this.notBefore) this.notBefore = time;
  }

  setJobDeadline(job: number, time: number): void {
    this.jobDeadlines.set(job, time);
    this.expect(time);
  }

  setPoolDeadline(pool: number, time: number): void {
    this.poolDeadlines.set(pool, time);
    this.expect(time);
  }

  setAgeDeadline(job: number, time: number): void {
    this.ageDeadlines.set(job, time);
    this.expect(time);
  }

  setNodeDeadline(node: Node, time: number | undefined): void {
    if (time === undefined && node.givenUpAt === undefined) return;
    node.givenUpAt = time;
    if (time === undefined) this.nodeDeadlines.delete(node.number);
    else {
      this.nodeDeadlines.set(node.number, time);
      this.expect(time);
    }
  }

  setUserDeadline(node: number, time: number): void {
    this.userDeadlines.set(node, time);
    this.expect(time);
  }

  setFilesDeadline(node: Node, time: number | undefined): void {
    if (time === undefined && node.filesUntil === undefined) return;
    node.filesUntil = time;
    if (time === undefined) this.filesDeadlines.delete(node.number);
    else {
      this.filesDeadlines.set(node.number, time);
      this.expect(time);
    }
  }

  setSampleDeadline(pool: number, time: number): void {
    this.sampleDeadlines.set(pool, time);
    this.expect(time);
  }

  setEvaluationDeadline(pool: number, time: number): void {
    this.evaluationDeadlines.set(pool, time);
    this.expect(time);
  }

  setJobScheduleDeadline(schedule: number, time: number): void {
    this.jobScheduleDeadlines.set(schedule, time);
    this.expect(time);
  }

  setRetentionDeadline(job: number, time: number): void {
    this.retentionDeadlines.set(job, time);
    this.expect(time);
  }

  stir(pool: Pool): void {
    if (pool.stirredBefore !== notStirred) return;
    pool.stirredBefore = this.stirred;
    this.stirred = pool.number;
  }

  /** Takes the last of the chain, which is at rest from now on. There is one. */
  takeStirred(): Pool | undefined {
    const pool = this.pools[this.stirred];
    this.stirred = pool?.stirredBefore ?? noPool;
    if (pool !== undefined) pool.stirredBefore = notStirred;
    return pool;
  }

  nextSequence(): number {
    this.#sequence = this.#sequence === 0x7fff_ffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  /** Ids are looked up in the account that is acted in: by commands, and by what has entered one. */
  pool(id: string): Pool | undefined {
    return this.accounts.current.pool(id);
  }

  job(id: string): Job | undefined {
    return this.accounts.current.job(id);
  }

  jobSchedule(id: string): JobSchedule | undefined {
    return this.accounts.current.jobSchedule(id);
  }

  /** Of the account that is acted in, by id in lower case, by creation. */
  get applications(): Map<string, Application> {
    return this.accounts.current.applications;
  }

  /** The same by algorithm and thumbprint. */
  get certificates(): Map<string, Certificate> {
    return this.accounts.current.certificates;
  }

  poolOf(job: Job): Pool | undefined {
    return job.pool === -1 ? undefined : this.pools[job.pool];
  }

  movePool(pool: Pool, trigger: PoolTrigger): void {
    const to = poolMachine.next(pool.state, trigger);
    if (to === undefined) {
      throw new InvalidTransition('pool', pool.specification.id, pool.state, trigger);
    }
    const poolId = pool.specification.id;
    this.events?.tell({
      entity: 'pool',
      accountName: this.accounts.nameOf(pool),
      poolId,
      from: pool.state,
      to,
    });
    stamp(pool, to, this.now);
    touch(pool, this.now);
  }

  moveAllocation(pool: Pool, trigger: AllocationTrigger): void {
    const to = allocationMachine.next(pool.allocationState, trigger);
    if (to === undefined) {
      throw new InvalidTransition(
        'allocation',
        pool.specification.id,
        pool.allocationState,
        trigger,
      );
    }
    const { allocationState: from } = pool;
    this.events?.tell({
      entity: 'allocation',
      accountName: this.accounts.nameOf(pool),
      poolId: pool.specification.id,
      from,
      to,
    });
    pool.allocationState = to;
    pool.allocationStateTransitionTime = this.now;
    touch(pool, this.now);
  }

  moveNode(node: Node, trigger: NodeTrigger): void {
    const to = nodeMachine.next(node.state, trigger);
    if (to === undefined) throw new InvalidTransition('node', nodeId(node), node.state, trigger);
    this.events?.tell({
      entity: 'node',
      accountName: this.accounts.nameOf(this.pools[node.pool]!),
      poolId: node.poolId,
      nodeId: nodeId(node),
      from: node.state,
      to,
    });
    stamp(node, to, this.now);
  }

  moveScheduling(node: Node, trigger: SchedulingTrigger): void {
    const { poolId, schedulingState: from } = node;
    const to = schedulingMachine.next(from, trigger);
    if (to === undefined) throw new InvalidTransition('scheduling', nodeId(node), from, trigger);
    this.events?.tell({
      entity: 'scheduling',
      accountName: this.accounts.nameOf(this.pools[node.pool]!),
      poolId,
      nodeId: nodeId(node),
      from,
      to,
    });
    node.schedulingState = to;
  }

  moveJob(job: Job, trigger: JobTrigger): void {
    const to = jobMachine.next(job.state, trigger);
    if (to === undefined) {
      throw new InvalidTransition('job', job.specification.id, job.state, trigger);
    }
    const jobId = job.specification.id;
    this.events?.tell({
      entity: 'job',
      accountName: this.accounts.nameOf(job),
      jobId,
      from: job.state,
      to,
    });
    stamp(job, to, this.now);
    touch(job, this.now);
  }

  moveJobSchedule(schedule: JobSchedule, trigger: JobScheduleTrigger): void {
    const jobScheduleId = schedule.specification.id;
    const to = jobScheduleMachine.next(schedule.state, trigger);
    if (to === undefined) {
      throw new InvalidTransition('job schedule', jobScheduleId, schedule.state, trigger);
    }
    const { state: from } = schedule;
    this.events?.tell({
      entity: 'jobSchedule',
      accountName: this.accounts.nameOf(schedule),
      jobScheduleId,
      from,
      to,
    });
    stamp(schedule, to, this.now);
    touch(schedule, this.now);
  }

  moveApplicationPackage(
    { specification: { id: applicationId } }: Application,
    version: ApplicationPackage,
    trigger: ApplicationPackageTrigger,
  ): void {
    const { state: from } = version;
    const to = applicationPackageMachine.next(from, trigger);
    if (to === undefined) {
      throw new InvalidTransition('application package', version.version, from, trigger);
    }
    this.events?.tell({
      entity: 'applicationPackage',
      accountName: this.accounts.current.name,
      applicationId,
      version: version.version,
      from,
      to,
    });
    version.state = to;
    version.stateTransitionTime = this.now;
  }

  moveCertificate(certificate: Certificate, trigger: CertificateTrigger): void {
    const { thumbprintAlgorithm, thumbprint } = certificate.specification;
    const { state: from } = certificate;
    const to = certificateMachine.next(from, trigger);
    if (to === undefined) throw new InvalidTransition('certificate', thumbprint, from, trigger);
    const at = this.now;
    this.events?.tell({
      entity: 'certificate',
      accountName: this.accounts.current.name,
      thumbprintAlgorithm,
      thumbprint,
      from,
      to,
    });
    stamp(certificate, to, at);
  }

  /** Others may be placed in the place of the job's tasks (semantics §3.5). */
  letDisplace(job: Job): void {
    this.displaceable.add(job.number);
    this.hasExceptions = true;
  }

  kill(run: number, reason: KillReason): void {
    this.effects.killRun(this.runs.node(run), run, this.runs.sequence(run), reason);
  }

  node(number: number): NodeDetails {
    const node = this.nodes[number];
    const pool = node === undefined ? undefined : this.pools[node.pool];
    if (node === undefined || pool === undefined) throw new RangeError(`no node ${number}`);
    const { poolId, isDedicated, install } = node;
    const isLost = node.state === 'unknown';
    const nodeSize = nodeSizeOf(this.accounts.of(pool), pool);
    return {
      accountName: this.accounts.nameOf(pool),
      poolId,
      nodeId: nodeId(node),
      sequence: node.sequence,
      isDedicated,
      ...(pool.osVersion !== undefined && { osVersion: pool.osVersion }),
      pool: pool.specification,
      ...(nodeSize !== undefined && { nodeSize }),
      certificates: install?.certificates ?? [],
      applicationPackages: install?.applicationPackages.packages ?? [],
      isLost,
    };
  }

  nodeUsers(number: number): readonly NodeUser[] {
    return this.nodes[number]?.users?.users ?? [];
  }

  startTask(number: number, sequence: number): StartTaskDetails | undefined {
    const node = this.nodes[number];
    if (node?.startTask === undefined || node.startTask.sequence !== sequence) return undefined;
    const { commandLine, resourceFiles, environmentSettings, userIdentity } =
      node.startTask.specification;
    const { poolId } = node;
    const pool = this.pools[node.pool]!;
    const accountName = this.accounts.nameOf(pool);
    return {
      poolId,
      nodeId: nodeId(node),
      commandLine,
      resourceFiles,
      environmentSettings,
      accountName,
      ...runUser(pool.specification, userIdentity),
    };
  }

  run(run: number, sequence: number): RunDetails | undefined {
    if (this.runs.is(run, sequence)) {
      const { runs } = this;
      const place = placeOfRun(this, run);
      return this.#details(runs.job(run), runs.task(run), runs.node(run), place);
    }
    const displaced = this.displaced.get(run, sequence);
    if (displaced === undefined) return undefined;
    return this.#details(displaced.job, displaced.task, displaced.node, displaced.gang);
  }

  nodeTask(number: number, sequence: number): NodeTaskDetails | undefined {
    const onNode = this.jobsOnNodes.underWay(number, sequence);
    const job = this.jobs[onNode?.job ?? -1];
    const node = this.nodes[onNode?.node ?? -1];
    if (onNode === undefined || job === undefined || node === undefined) return undefined;
    const { id, jobPreparationTask, jobReleaseTask } = job.specification;
    const isPreparation = isUnderWay(onNode.preparation);
    const task = isPreparation ? jobPreparationTask : jobReleaseTask;
    if (task === undefined || jobPreparationTask === undefined) return undefined;
    return {
      kind: isPreparation ? 'jobPreparation' : 'jobRelease',
      poolId: node.poolId,
      nodeId: nodeId(node),
      jobId: id,
      taskId: task.id,
      commandLine: task.commandLine,
      resourceFiles: task.resourceFiles,
      environmentSettings: mergedEnvironment(
        job.specification.commonEnvironmentSettings,
        task.environmentSettings,
      ),
      accountName: this.accounts.nameOf(job),
      ...this.#wishes(job, node, task.userIdentity),
      // Its own directory it has by other names (ruling 28).
      ...(isPreparation ? {} : { jobPreparationTaskId: jobPreparationTask.id }),
    };
  }

  #details(
    jobNumber: number,
    row: number,
    nodeNumber: number,
    gang: InstancePlace | undefined,
  ): RunDetails {
    const job = this.jobs[jobNumber]!;
    const node = this.nodes[nodeNumber]!;
    const template = job.templateOf(row);
    const details: RunDetails = {
      poolId: node.poolId,
      nodeId: nodeId(node),
      jobId: job.specification.id,
      taskId: job.idOf(row),
      commandLine: template.commandLine,
      resourceFiles: template.resourceFiles,
      outputFiles: template.outputFiles,
      environmentSettings: mergedEnvironment(
        job.specification.commonEnvironmentSettings,
        template.environmentSettings,
      ),
      accountName: this.accounts.nameOf(job),
      ...this.#multiInstance(template, gang),
      ...this.#wishes(job, node, template.userIdentity),
      ...(job.specification.jobPreparationTask !== undefined && {
        jobPreparationTaskId: job.specification.jobPreparationTask.id,
      }),
    };
    const { applicationPackageReferences } = template;
    if (applicationPackageReferences === undefined) return details;
    const applicationPackages = resolvePackages(
      this.accounts.of(job).applications,
      applicationPackageReferences,
    );
    return { ...details, applicationPackages };
  }

  /** What few jobs and tasks ask for. */
  #wishes(
    { specification: { networkConfiguration } }: Job,
    node: Node,
    identity: UserIdentity | undefined,
  ): Pick<RunDetails, 'user' | 'networkConfiguration'> {
    const pool = this.pools[node.pool];
    return {
      ...(pool && runUser(pool.specification, identity)),
      ...(networkConfiguration !== undefined && { networkConfiguration }),
    };
  }

  #multiInstance(
    { multiInstanceSettings: settings }: TaskTemplate,
    gang: InstancePlace | undefined,
  ): Pick<RunDetails, 'multiInstance'> {
    if (settings === undefined || gang === undefined) return {};
    const nodeIds = gang.nodes.map((node) => nodeId(this.nodes[node]!));
    return { multiInstance: { ...settings, instance: gang.instance, nodeIds } };
  }
}

function stamp<State>(
  entity: {
    state: State;
    stateTransitionTime: number;
    previousState: State | undefined;
    previousStateTransitionTime: number | undefined;
  },
  to: State,
  at: number,
): void {
  entity.previousState = entity.state;
  entity.previousStateTransitionTime = entity.stateTransitionTime;
  entity.state = to;
  entity.stateTransitionTime = at;
}

/** The later setting of a name wins (semantics §1.14). */
export function mergedEnvironment(
  common: readonly EnvironmentSetting[],
  own: readonly EnvironmentSetting[],
): readonly EnvironmentSetting[] {
  if (common.length === 0) return own;
  const names = new Set(own.map(({ name }) => name));
  return [...common.filter(({ name }) => !names.has(name)), ...own];
}
