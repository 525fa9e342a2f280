import {
  addAccount,
  deleteAccount,
  enterAccount,
  nameDefaultAccount,
  patchAccount,
} from './account-rules.ts';
import {
  activateApplicationPackage,
  addApplication,
  addApplicationPackage,
  deleteApplication,
  deleteApplicationPackage,
  patchApplication,
} from './application-rules.ts';
import {
  addCertificate,
  cancelCertificateDeletion,
  deleteCertificate,
} from './certificate-rules.ts';
import type { Command } from './command.ts';
import { refuseUnmet } from './condition.ts';
import type { DiagnosticEvent } from './diagnostics.ts';
import { Diagnostics } from './diagnostics.ts';
import { displacedRunEnded } from './displacement.ts';
import type { EffectBatch } from './effect.ts';
import { EffectLog } from './effect-log.ts';
import type { BatchErrorBody } from './errors.ts';
import type { EngineEvent, EventCause } from './event-log.ts';
import { EventLog } from './event-log.ts';
import { coordinated, placeOfRun } from './gang.ts';
import type { InputVisitor } from './input-batch.ts';
import { failureCode, InputBatch, InputReader } from './input-batch.ts';
import { endRunAs, expire, killReason } from './job-end.ts';
import { expireNodeTask } from './job-release.ts';
import { addJob, disableJob, enableJob, patchJob, removeJob, terminateJob } from './job-rules.ts';
import {
  addJobSchedule,
  attendSchedule,
  deleteJobSchedule,
  disableJobSchedule,
  enableJobSchedule,
  followUpJobs,
  patchJobSchedule,
  terminateJobSchedule,
  warningOf,
} from './job-schedule-rules.ts';
import type { NodeError } from './node.ts';
import { deallocateNode, nodeDeallocated, startNode } from './node-deallocation.ts';
import {
  nodeGone,
  nodeLost,
  nodePreempted,
  nodeReady,
  nodeTaskEnded,
  nodeUnusable,
  startTaskEnded,
} from './node-life.ts';
import { disableScheduling, enableScheduling, restartNode } from './node-operations.ts';
import { noteMeasures } from './node-sample.ts';
import { expireSilence } from './node-silence.ts';
import { isUnderWay } from './node-task.ts';
import { addNodeUser, deleteNodeUser, expireNodeUsers, updateNodeUser } from './node-user.ts';
import { setOSVersions, upgradeOS } from './os-version.ts';
import { place } from './placement.ts';
import type { Policies, PolicyNames } from './policy.ts';
import { PolicySet } from './policy-set.ts';
import type { ResizeError } from './pool.ts';
import { noPool } from './pool.ts';
import { disableAutoScale, enableAutoScale, evaluateNow, takeSample } from './pool-autoscale.ts';
import { addPool, deletePool, patchPool, updatePoolProperties } from './pool-rules.ts';
import {
  allocationFailed,
  expireResize,
  removeNodes,
  resizePool,
  stopResize,
} from './pool-size.ts';
import { Queries } from './queries.ts';
import { refuse } from './refusal.ts';
import type { AllocationErrorCode } from './report.ts';
import {
  allocationErrorCodes,
  failureCodes,
  nodeErrorCodes,
  ReportKind as sharedReportKind,
} from './report.ts';
import { lookForFiles } from './retained-data.ts';
import { removeExpired } from './retention.ts';
import { setOptions } from './rule-options.ts';
import { endRun, lost } from './run-end.ts';
import { Ending } from './run-table.ts';
import { SnapshotReader, stateHash, writeSnapshot } from './snapshot-stream.ts';
import type { ScheduledJobSpecification } from './specification.ts';
import { ageTasks } from './task-age.ts';
import type { TaskRefusal } from './task-rules.ts';
import {
  addTaskFactory,
  addTasks,
  deleteTask,
  reactivateTask,
  terminateTask,
  updateTask,
} from './task-rules.ts';
import { validate } from './validate.ts';
import { currentRulesVersion, World } from './world.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const ReportKind: typeof sharedReportKind = sharedReportKind;
type ReportKind = sharedReportKind;

/** What became of one command. */
export interface CommandResult {
  /** Absent: accepted. */
  error?: BatchErrorBody;
  /** Of `addTasks`: those that were refused; the others are added. */
  refused?: TaskRefusal[];
  /** Of an accepted command: what the caller may not have meant, in a sentence. */
  warning?: string;
}

/** What a batch led to. */
export interface Applied {
  /** One per command of the batch, in order; reports have none. */
  results: CommandResult[];
  /** To be carried out in order; valid until the next `apply`. */
  effects: EffectBatch;
  /** Changes of state, in order; empty unless {@link Engine.listening}. */
  events: readonly EngineEvent[];
  /** In order; empty unless {@link Engine.diagnosing}. */
  diagnostics: readonly DiagnosticEvent[];
}

export interface EngineOptions {
  /** Default: each pool's own, which are built in. */
  policies?: Policies;
}

/** An engine that is being restored. */
export interface Restoring {
  /** The next chunk of its snapshot. */
  chunk(bytes: Uint8Array): void;
  /** The engine, after the last chunk. */
  end(): Engine;
}

/** The state itself, for what is part of the core and reads it run by run. */
export let worldOf: (engine: Engine) => World;

/**
 * The pure engine: inputs in, effects out. Deterministic: the same inputs give the same state and the same
 * effects on every machine, however they are cut into batches. It holds no clock, no file and no process;
 * `at`, milliseconds since the epoch, comes with every input.
 *
 * A refused command changes nothing but the time. A report is never refused: one that names something that
 * is over is ignored and counted ({@link Engine.ignoredReports}).
 */
export class Engine {
  #world: World;
  #results: CommandResult[] = [];
  #queries: Queries;
  /** Kept, since the compiler keeps what it makes of it only as long. */
  readonly #reader = new InputReader();
  /** Whether `apply` collects events. */
  listening = false;
  /** Whether `apply` collects diagnostic events (semantics §13.8). */
  diagnosing = false;
  #diagnostics: Diagnostics | undefined;
  /** The input at hand: its kind, and its time unless the reader has it. */
  #kind: Command['type'] | ReportKind = 'tick';
  #at: number | undefined;

  /** @throws BatchError `InvalidPropertyValue` for the name of a policy that is empty or that of one built in. */
  constructor({ policies }: EngineOptions = {}) {
    this.#world = new World(new PolicySet(policies));
    this.#queries = new Queries(this.#world);
  }

  static {
    worldOf = (engine) => engine.#world;
  }

  /**
   * Applies a batch, as bytes or as built.
   * @throws BatchError `InvalidInput` for bytes that are no batch; `PoliciesDiffer` for a `configure` that names other
   * policies; `PolicyFailed` when one throws or chooses what it may not, and from then on.
   */
  apply(batch: InputBatch | Uint8Array): Applied {
    const reader = this.#reader;
    reader.open(batch instanceof InputBatch ? batch.bytes() : batch);
    this.#begin();
    if (this.diagnosing) return this.#diagnosed(reader);
    while (reader.next()) {
      if (reader.isSuccess) this.#success(reader);
      else if (reader.isCommand) this.#command(reader.at, reader.command());
      else {
        this.#report(
          reader.at,
          reader.kind as ReportKind,
          reader.subject,
          reader.sequence,
          reader.exitCode,
          reader.failure,
          reader.detail(),
        );
      }
    }
    return this.#applied();
  }

  /** The same, with a look at what is stuck after each input. */
  #diagnosed(reader: InputReader): Applied {
    while (reader.next()) {
      const { at } = reader;
      if (reader.isCommand) this.#command(at, reader.command());
      else {
        const kind = reader.kind as ReportKind;
        const { subject, sequence, exitCode, failure } = reader;
        this.#report(at, kind, subject, sequence, exitCode, failure, reader.detail());
      }
      this.#diagnostics?.lookForStuck();
    }
    return this.#applied();
  }

  /** @internal As `apply`, for inputs that nobody keeps and so need no encoding: the simulation's. */
  applyGiven(give: (inputs: InputVisitor) => void): Applied {
    this.#begin();
    give(this.#inputs);
    return this.#applied();
  }

  readonly #inputs: InputVisitor = {
    command: (at, command) => {
      this.#given(at, command.type);
      this.#command(at, command);
    },
    report: (at, kind, subject, sequence, exitCode, failure, detail) => {
      this.#given(at, kind);
      this.#report(at, kind, subject, sequence, exitCode, failure, detail);
    },
  };

  #given(at: number, kind: Command['type'] | ReportKind): void {
    this.#world.inputCount++;
    this.#at = at;
    this.#kind = kind;
  }

  /** What events go back to; asked while an input is at hand. */
  readonly #cause = (): EventCause => {
    const reader = this.#reader;
    const { inputCount, isFallingDue } = this.#world;
    const isGiven = this.#at !== undefined;
    const kind = isGiven || reader.isCommand ? this.#kind : (reader.kind as ReportKind);
    return {
      inputNumber: isGiven ? inputCount : inputCount + reader.position,
      kind: typeof kind === 'number' ? reportNames[kind] : kind,
      at: this.#at ?? reader.at,
      ...(isFallingDue && { fellDue: true }),
    };
  };

  #begin(): void {
    const world = this.#world;
    const { failure } = world.policies;
    if (failure !== undefined) throw failure;
    this.#results = [];
    this.#at = undefined;
    world.effects.clear();
    if (!this.diagnosing) this.#diagnostics = undefined;
    else this.#diagnostics ??= new Diagnostics(world);
    world.events =
      this.listening || this.diagnosing
        ? new EventLog(world, this.#cause, this.#diagnostics)
        : undefined;
  }

  #applied(): Applied {
    const { effects, events } = this.#world;
    if (this.#at === undefined) this.#world.inputCount += this.#reader.position;
    return {
      results: this.#results,
      effects,
      events: this.listening ? (events?.events ?? []) : [],
      diagnostics: this.#diagnostics?.take() ?? [],
    };
  }

  #command(at: number, command: Command): void {
    this.#kind = command.type;
    this.#advance(at);
    const refusal = enterAccount(this.#world, command);
    this.#results.push(refusal === undefined ? this.#carryOut(command) : { error: refusal });
    this.#settle();
    this.#world.accounts.leave();
  }

  /** The report of a run that exited with 0. Its time is read here: as an argument it would be an object for each. */
  #success(reader: InputReader): void {
    const world = this.#world;
    const { subject: run, sequence } = reader;
    this.#advance(reader.at);
    if (world.runs.is(run, sequence)) endRun(world, run, 0, 0, undefined);
    else runWasOver(world, run, sequence);
    this.#settle();
  }

  #report(
    at: number,
    kind: ReportKind,
    subject: number,
    sequence: number,
    exitCode: number | undefined,
    failure: number,
    detail: string | undefined,
  ): void {
    this.#advance(at);
    if (!this.#heed(kind, subject, sequence, exitCode, failure, detail)) {
      this.#world.ignoredReports++;
    }
    this.#settle();
  }

  /** When the host should send the next `tick`; `Infinity`: no need. */
  nextDeadline(): number {
    const {
      clocks,
      jobDeadlines,
      jobScheduleDeadlines,
      poolDeadlines,
      nodeTaskDeadlines,
      nodeDeadlines,
      filesDeadlines,
      userDeadlines,
      evaluationDeadlines,
    } = this.#world;
    return Math.min(
      clocks.firstTime,
      jobDeadlines.firstTime,
      jobScheduleDeadlines.firstTime,
      poolDeadlines.firstTime,
      nodeTaskDeadlines.firstTime,
      nodeDeadlines.firstTime,
      filesDeadlines.firstTime,
      userDeadlines.firstTime,
      evaluationDeadlines.firstTime,
    );
  }

  /**
   * When files of completed tasks may have expired (semantics §3.12); `Infinity`: there are none. A host whose nodes
   * keep files sends a tick then as well; without one they go with the next input.
   */
  nextExpiry(): number {
    return this.#world.retentionDeadlines.firstTime;
  }

  /** Every effect that awaits an answer, nodes first, then runs in the order of their starts: for a host that comes back. */
  outstanding(): EffectBatch {
    const world = this.#world;
    const effects = new EffectLog(world);
    for (const node of world.nodes) {
      const { number, sequence, state } = node;
      if (state === 'creating' || state === 'preempted' || state === 'starting')
        effects.getNode(number, sequence);
      else if (state === 'leavingpool') effects.releaseNode(number, sequence);
      else if (state === 'deallocating') effects.deallocateNode(number, sequence);
      else if (state === 'rebooting') effects.rebootNode(number, sequence);
      else if (state === 'reimaging') effects.reimageNode(number, sequence);
    }
    for (const { number, users } of world.nodes) {
      if (users !== undefined) effects.setNodeUsers(number, users.sequence);
    }
    for (const { number, startTask, pool } of world.nodes) {
      if (startTask === undefined || startTask.sequence === 0) continue;
      effects.runStartTask(number, startTask.sequence, world.pools[pool]!.mustSync);
    }
    for (const { number, node, preparation, release } of world.jobsOnNodes.allUnderWay()) {
      const { mustSync } = world.pools[world.nodes[node]!.pool]!;
      const isPreparation = isUnderWay(preparation);
      const { sequence, ending } = isPreparation ? preparation : release!;
      if (isPreparation) effects.runJobPreparation(node, number, sequence, mustSync);
      else effects.runJobRelease(node, number, sequence, mustSync);
      if (ending !== undefined) effects.killNodeTask(node, number, sequence, ending);
    }
    for (const { run, sequence, node, gang } of world.displaced.all()) {
      effects.startRun(node, run, sequence, false);
      if (gang?.runsCommand === true) effects.startPrimary(node, run, sequence, false);
      effects.killRun(node, run, sequence, 'ended');
    }
    const { runs } = world;
    const byStart = [...runs].sort(
      (a, b) => runs.start(a) - runs.start(b) || runs.sequence(a) - runs.sequence(b),
    );
    for (const run of byStart) {
      if (runs.isPreparing(run)) continue;
      const node = world.runs.node(run);
      const sequence = world.runs.sequence(run);
      const mustSync = world.pools[world.nodes[node]!.pool]!.specification.durability === 'synced';
      effects.startRun(node, run, sequence, mustSync);
      if (placeOfRun(world, run)?.runsCommand === true) {
        effects.startPrimary(node, run, sequence, mustSync);
      }
      const ending = world.runs.ending(run);
      if (ending !== Ending.none) {
        effects.killRun(node, run, sequence, killReason(ending));
      }
    }
    return effects;
  }

  /** Numbers of the nodes that are there, for a host that comes back: got, and not asked to go. */
  presentNodes(): number[] {
    const there = new Set([
      'waitingforstarttask',
      'starttaskfailed',
      'idle',
      'running',
      'offline',
      'unknown',
      'unusable',
    ]);
    return this.#world.nodes.filter(({ state }) => there.has(state)).map(({ number }) => number);
  }

  /** Reads of the state. */
  get queries(): Queries {
    return this.#queries;
  }

  /** Names of the policies that it was given, as `configure` has to say them. */
  get policies(): PolicyNames {
    return this.#world.policies.names;
  }

  /** Latest time seen. */
  get now(): number {
    return this.#world.now;
  }

  /** Reports that named a run or a request that was over. */
  get ignoredReports(): number {
    return this.#world.ignoredReports;
  }

  /** 16 hexadecimal digits over the whole model. */
  stateHash(): string {
    return stateHash(this.#world);
  }

  /**
   * The state as chunks of some 1 MiB, at most 3 MB each. The engine may go on between two chunks: a page that changes is
   * copied first. One snapshot at a time.
   */
  snapshot(): IterableIterator<Uint8Array> {
    return writeSnapshot(this.#world);
  }

  /**
   * @throws BatchError `InvalidInput` if the chunks are no snapshot that this version reads; `PoliciesDiffer` if it was
   * made under other policies.
   */
  static restore(chunks: Iterable<Uint8Array>, options: EngineOptions = {}): Engine {
    const restoring = Engine.restoring(options);
    for (const chunk of chunks) restoring.chunk(chunk);
    return restoring.end();
  }

  /** The same for chunks that come one by one; errors as of {@link restore}, at the chunk that is to blame. */
  static restoring(options: EngineOptions = {}): Restoring {
    const engine = new Engine(options);
    const reader = new SnapshotReader(engine.#world.policies);
    return {
      chunk: (bytes) => reader.chunk(bytes),
      end: () => {
        engine.#world = reader.end();
        engine.#queries = new Queries(engine.#world);
        return engine;
      },
    };
  }

  /** Every invariant that is broken, as a sentence; none: all hold. Costs the whole state. */
  validate(): string[] {
    return validate(this.#world);
  }

  /** False: the report is about something that is over. */
  #heed(
    kind: ReportKind,
    subject: number,
    sequence: number,
    exitCode: number | undefined,
    failure: number,
    detail: string | undefined,
  ): boolean {
    const world = this.#world;
    if (kind === ReportKind.runEnded) {
      if (!world.runs.is(subject, sequence)) return displacedRunEnded(world, subject, sequence);
      if (failure === 0 && exitCode !== undefined) endRun(world, subject, exitCode, 0, detail);
      else {
        // An end without exit code needs a reason.
        const code = failure === 0 ? 'Unknown' : failureCode(failure);
        endRun(world, subject, exitCode, failureCodes.indexOf(code), detail);
      }
      return true;
    }
    if (kind === ReportKind.runLost) {
      if (!world.runs.is(subject, sequence)) return displacedRunEnded(world, subject, sequence);
      endRun(world, subject, undefined, lost, undefined);
      return true;
    }
    if (kind === ReportKind.coordinated) return coordinated(world, subject, sequence);
    if (kind === ReportKind.nodeTaskEnded) {
      return nodeTaskEnded(world, subject, sequence, { exitCode, reported: failure, detail });
    }
    const node = world.nodes[subject];
    if (node === undefined) return false;
    if (kind === ReportKind.startTaskEnded) {
      return startTaskEnded(world, node, sequence, exitCode, failure, detail);
    }
    if (node.sequence !== sequence) return false;
    switch (kind) {
      case ReportKind.nodeReady:
        return nodeReady(world, node);
      case ReportKind.nodeLost:
        return nodeLost(world, node);
      case ReportKind.nodeGone:
        return nodeGone(world, node);
      case ReportKind.nodeUnusable:
        return nodeUnusable(world, node, nodeError(failure, detail));
      case ReportKind.nodeSample:
        return noteMeasures(world, node, detail);
      case ReportKind.nodePreempted:
        return nodePreempted(world, node);
      case ReportKind.nodeDeallocated:
        return nodeDeallocated(world, node);
      case ReportKind.allocationFailed:
        // One that was deallocated is in its pool already, and may still come up later.
        return node.state === 'starting'
          ? nodeUnusable(world, node, undefined)
          : allocationFailed(world, node, allocationError(failure, detail));
      default:
        return false;
    }
  }

  #carryOut(command: Command): CommandResult {
    const world = this.#world;
    const unmet = refuseUnmet(world, command);
    if (unmet !== undefined) return { error: unmet };
    switch (command.type) {
      case 'configure':
        return result(configure(world, command));
      case 'addAccount':
        return result(addAccount(world, command.account));
      case 'patchAccount':
        return result(patchAccount(world, command.patch));
      case 'deleteAccount':
        return result(deleteAccount(world));
      case 'addPool':
        return result(addPool(world, command.pool));
      case 'deletePool':
        return result(deletePool(world, command.poolId));
      case 'patchPool':
        return result(patchPool(world, command.poolId, command.patch));
      case 'updatePoolProperties':
        return result(updatePoolProperties(world, command.poolId, command.properties));
      case 'resizePool':
        return result(resizePool(world, command.poolId, command.resize));
      case 'stopResize':
        return result(stopResize(world, command.poolId));
      case 'removeNodes':
        return result(removeNodes(world, command.poolId, command.removal));
      case 'setOptions':
        setOptions(world, command.options);
        return {};
      case 'setOSVersions': {
        const { executor, osFamily, versions } = command;
        setOSVersions(world, { executor, osFamily, versions });
        return {};
      }
      case 'upgradeOS':
        return result(upgradeOS(world, command.poolId, command.targetOSVersion));
      case 'enableAutoScale':
        return result(enableAutoScale(world, command.poolId, command.settings));
      case 'disableAutoScale':
        return result(disableAutoScale(world, command.poolId));
      case 'disableScheduling': {
        const { poolId, nodeId, nodeDisableSchedulingOption } = command;
        return result(disableScheduling(world, poolId, nodeId, nodeDisableSchedulingOption));
      }
      case 'enableScheduling':
        return result(enableScheduling(world, command.poolId, command.nodeId));
      case 'addNodeUser': {
        const { poolId, nodeId, user } = command;
        return result(addNodeUser(world, poolId, nodeId, user));
      }
      case 'updateNodeUser': {
        const { poolId, nodeId, user } = command;
        return result(updateNodeUser(world, poolId, nodeId, user));
      }
      case 'deleteNodeUser': {
        const { poolId, nodeId, userName } = command;
        return result(deleteNodeUser(world, poolId, nodeId, userName));
      }
      case 'rebootNode': {
        const { poolId, nodeId, nodeRebootOption } = command;
        return result(restartNode(world, poolId, nodeId, 'reboot', nodeRebootOption));
      }
      case 'reimageNode': {
        const { poolId, nodeId, nodeReimageOption } = command;
        return result(restartNode(world, poolId, nodeId, 'reimage', nodeReimageOption));
      }
      case 'deallocateNode': {
        const { poolId, nodeId, nodeDeallocateOption } = command;
        return result(deallocateNode(world, poolId, nodeId, nodeDeallocateOption));
      }
      case 'startNode':
        return result(startNode(world, command.poolId, command.nodeId));
      case 'addJob':
        return result(addJob(world, command.job));
      case 'patchJob':
        return result(patchJob(world, command.jobId, command.patch));
      case 'disableJob':
        return result(disableJob(world, command.jobId, command.disableTasks));
      case 'enableJob':
        return result(enableJob(world, command.jobId));
      case 'terminateJob':
        return result(
          terminateJob(
            world,
            command.jobId,
            command.terminateReason ?? 'UserTerminate',
            command.force,
          ),
        );
      case 'deleteJob':
        return result(removeJob(world, command.jobId, command.force));
      case 'addTasks': {
        const refused = addTasks(world, command.jobId, command.tasks);
        return Array.isArray(refused) ? { refused } : { error: refused };
      }
      case 'addTaskFactory':
        return result(addTaskFactory(world, command.jobId, command.factory));
      case 'updateTask':
        return result(updateTask(world, command.jobId, command.taskId, command.constraints));
      case 'terminateTask':
        return result(terminateTask(world, command.jobId, command.taskId));
      case 'reactivateTask':
        return result(reactivateTask(world, command.jobId, command.taskId));
      case 'deleteTask':
        return result(deleteTask(world, command.jobId, command.taskId));
      case 'addJobSchedule': {
        const { jobSchedule } = command;
        return warned(addJobSchedule(world, jobSchedule), jobSchedule.jobSpecification);
      }
      case 'patchJobSchedule': {
        const { jobScheduleId, patch } = command;
        return warned(patchJobSchedule(world, jobScheduleId, patch), patch.jobSpecification);
      }
      case 'disableJobSchedule':
        return result(disableJobSchedule(world, command.jobScheduleId));
      case 'enableJobSchedule':
        return result(enableJobSchedule(world, command.jobScheduleId));
      case 'terminateJobSchedule':
        return result(terminateJobSchedule(world, command.jobScheduleId, command.force));
      case 'deleteJobSchedule':
        return result(deleteJobSchedule(world, command.jobScheduleId, command.force));
      case 'addApplication':
        return result(addApplication(world, command.application));
      case 'patchApplication':
        return result(patchApplication(world, command.applicationId, command.patch));
      case 'deleteApplication':
        return result(deleteApplication(world, command.applicationId));
      case 'addApplicationPackage':
        return result(addApplicationPackage(world, command.applicationId, command.package));
      case 'activateApplicationPackage':
        return result(activateApplicationPackage(world, command.applicationId, command.version));
      case 'deleteApplicationPackage':
        return result(deleteApplicationPackage(world, command.applicationId, command.version));
      case 'addCertificate':
        return result(addCertificate(world, command.certificate));
      case 'deleteCertificate':
        return result(deleteCertificate(world, command));
      case 'cancelCertificateDeletion':
        return result(cancelCertificateDeletion(world, command));
      case 'tick':
        return {};
    }
  }

  /**
   * The same with samples, which are taken of what the last input has left, whenever the next one comes, and with
   * the ages of tasks: nobody has to wake up for them.
   */
  #nextDue(): number {
    const { ageDeadlines, sampleDeadlines, retentionDeadlines } = this.#world;
    return Math.min(
      this.nextDeadline(),
      ageDeadlines.firstTime,
      sampleDeadlines.firstTime,
      retentionDeadlines.firstTime,
    );
  }

  /**
   * Time passes: every deadline up to `at` falls due at its own moment, ages of tasks before jobs before schedules before
   * pools before preparations and releases before runs before samples before files that expire before formulas, and has
   * its consequences there.
   */
  #advance(at: number): void {
    const world = this.#world;
    if (at >= world.notBefore) this.#expire(at);
    if (at > world.now) world.now = at;
  }

  #expire(at: number): void {
    const world = this.#world;
    world.notBefore = Infinity;
    world.isFallingDue = true;
    for (let due = this.#nextDue(); due <= at; due = this.#nextDue()) {
      world.now = Math.max(world.now, due);
      if (world.ageDeadlines.firstTime === due) {
        ageTasks(world, world.jobs[world.ageDeadlines.firstKey]!);
      } else if (world.jobDeadlines.firstTime === due) {
        const job = world.jobs[world.jobDeadlines.firstKey]!;
        world.jobDeadlines.delete(job.number);
        expire(world, job);
      } else if (world.jobScheduleDeadlines.firstTime === due) {
        const schedule = world.jobSchedules[world.jobScheduleDeadlines.firstKey]!;
        world.jobScheduleDeadlines.delete(schedule.number);
        world.accounts.enter(world.accounts.of(schedule));
        attendSchedule(world, schedule);
      } else if (world.poolDeadlines.firstTime === due) {
        expireResize(world, world.pools[world.poolDeadlines.firstKey]!);
      } else if (world.nodeTaskDeadlines.firstTime === due) {
        expireNodeTask(world, world.jobsOnNodes.get(world.nodeTaskDeadlines.firstKey)!);
      } else if (world.nodeDeadlines.firstTime === due) {
        expireSilence(world, world.nodes[world.nodeDeadlines.firstKey]!);
      } else if (world.filesDeadlines.firstTime === due) {
        lookForFiles(world, world.nodes[world.filesDeadlines.firstKey]!);
      } else if (world.userDeadlines.firstTime === due) {
        expireNodeUsers(world, world.nodes[world.userDeadlines.firstKey]!);
      } else if (world.clocks.firstTime === due) {
        endRunAs(world, world.clocks.firstRun, Ending.taskWallClock);
      } else if (world.sampleDeadlines.firstTime === due) {
        takeSample(world, world.pools[world.sampleDeadlines.firstKey]!);
      } else if (world.retentionDeadlines.firstTime === due) {
        removeExpired(world, world.jobs[world.retentionDeadlines.firstKey]!);
      } else {
        evaluateNow(world, world.pools[world.evaluationDeadlines.firstKey]!);
      }
      this.#settle();
      world.accounts.leave();
    }
    world.isFallingDue = false;
    world.expect(this.#nextDue());
  }

  #settle(): void {
    const world = this.#world;
    if (world.endedJobs.length > 0) this.#followUp();
    else if (world.stirred !== noPool) this.#placeAll();
  }

  /** What a job has held back may start in the same step (semantics §7, rule 3). */
  #followUp(): void {
    const world = this.#world;
    while (world.endedJobs.length > 0) {
      followUpJobs(world);
      this.#placeAll();
    }
    world.accounts.leave();
  }

  #placeAll(): void {
    const world = this.#world;
    while (world.stirred !== noPool) {
      const pool = world.takeStirred();
      if (pool !== undefined) place(world, pool);
    }
  }
}

// The cast undoes what Object.entries does to numbers.
const reportNames = Object.fromEntries(
  Object.entries(ReportKind).map(([name, kind]) => [kind, name]),
) as Record<ReportKind, keyof typeof ReportKind>;

/** Apart from the way of all others, so that it stays short enough to be compiled into its caller. */
function runWasOver(world: World, run: number, sequence: number): void {
  if (!displacedRunEnded(world, run, sequence)) world.ignoredReports++;
}

/** Of the number in a report. */
function nodeError(number: number, detail: string | undefined): NodeError | undefined {
  if (number === 0) return undefined;
  const code = nodeErrorCodes[number] ?? 'Unknown';
  return { code, message: detail ?? `The node is unusable: ${code}.` };
}

/** Of the number in a report. */
function allocationError(number: number, detail: string | undefined): ResizeError {
  const named = allocationErrorCodes[number];
  const code: AllocationErrorCode =
    named === undefined || named === 'none' ? 'AllocationFailed' : named;
  return { code, message: detail ?? `The executor could not get a node: ${code}.` };
}

function configure(
  world: World,
  { rulesVersion, accountName, policies = {} }: Extract<Command, { type: 'configure' }>,
): BatchErrorBody | undefined {
  world.policies.demand(policies);
  if (rulesVersion < 1 || rulesVersion > currentRulesVersion) {
    return refuse(
      'InvalidPropertyValue',
      `The rules have version ${rulesVersion}; this version of Berth knows 1 to ${currentRulesVersion}.`,
    );
  }
  const refusal = nameDefaultAccount(world, accountName);
  if (refusal === undefined) world.rulesVersion = rulesVersion;
  return refusal;
}

function warned(
  error: BatchErrorBody | undefined,
  specification: ScheduledJobSpecification | undefined,
): CommandResult {
  const warning = error === undefined ? warningOf(specification) : undefined;
  return warning === undefined ? result(error) : { warning };
}

function result(error: BatchErrorBody | undefined): CommandResult {
  return error === undefined ? {} : { error };
}
