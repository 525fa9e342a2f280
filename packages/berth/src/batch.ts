import type {
  AutoScaleRunView,
  DiagnosticEvent,
  EngineEvent,
  JobView,
  NodeView,
  PoolNodeCounts,
  PoolStatistics,
  PoolView,
} from '@berth/core';
import { BatchError } from '@berth/core';
import {
  parseAutoScaleEvaluation,
  parseAutoScaleSettings,
  parseJob,
  parseNodeRemoval,
  parsePool,
  parsePoolPatch,
  parsePoolProperties,
  parsePoolResize,
  parseUpgradeOS,
} from '@berth/core/spec';
import type { Transfers } from '@berth/storage';
import { SecretGroup } from '@berth/storage';
import { AccountClient, AccountsClient } from './account-client.ts';
import { AccountRuntime } from './account-runtime.ts';
import { ApplicationsClient } from './application-client.ts';
import { CertificatesClient } from './certificate-client.ts';
import type { Condition } from './condition.ts';
import { conditionOf } from './condition.ts';
import { EventStream } from './event-stream.ts';
import { demandInstallOn, demandJobTasks } from './install-demands.ts';
import { JobClient } from './job-client.ts';
import { JobSchedulesClient } from './job-schedule-client.ts';
import { NodeClient } from './node-client.ts';
import { notFound } from './not-found.ts';
import type {
  AutoScaleParameters,
  JobParameters,
  NodeRemovalParameters,
  PoolParameters,
  PoolPatchParameters,
  PoolResizeParameters,
} from './parameters.ts';
import { demandExecutor, demandExecutorOf, demandSize, poolOptionsOf } from './pool-executor.ts';
import type { Runtime } from './runtime.ts';
import { StorageClient } from './storage-client.ts';

export class PoolClient {
  readonly #runtime: AccountRuntime;

  constructor(runtime: AccountRuntime) {
    this.#runtime = runtime;
  }

  /** @throws BatchError `PoolExists`, or what is wrong with the pool. */
  async add(pool: PoolParameters): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parsePool(pool, { ...poolOptionsOf(this.#runtime), seal: secrets.seal });
    demandExecutor(this.#runtime, parsed);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addPool', pool: parsed }),
    );
  }

  get(poolId: string): PoolView {
    const pool = this.#runtime.queries.pool(poolId);
    if (pool === undefined) throw notFound('Pool', poolId);
    return pool;
  }

  /** What it has used since it was made: the time of its nodes. */
  stats(poolId: string): PoolStatistics {
    const stats = this.#runtime.queries.poolStatistics(poolId);
    if (stats === undefined) throw notFound('Pool', poolId);
    return stats;
  }

  list(): PoolView[] {
    return this.#runtime.queries.pools();
  }

  nodes(poolId: string): NodeView[] {
    const nodes = this.#runtime.queries.nodes(poolId);
    if (nodes === undefined) throw notFound('Pool', poolId);
    return nodes.map((node) => this.#runtime.placed(node));
  }

  /** How many nodes of each pool are in which state (semantics §14.6). */
  nodeCounts(): PoolNodeCounts[] {
    return this.#runtime.queries.nodeCounts();
  }

  /** A client of the node; whether it exists shows when it is used. */
  node(poolId: string, nodeId: string): NodeClient {
    return new NodeClient(this.#runtime, poolId, nodeId);
  }

  /**
   * Changes what is given; nodes heed another start task from their next boot on. semantics §1.2
   * @throws BatchError `PoolBeingDeleted`, `PoolNotFound`, or what is wrong with it.
   */
  async patch(
    poolId: string,
    patch: PoolPatchParameters,
    condition: Condition = {},
  ): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parsePoolPatch(patch, { seal: secrets.seal });
    demandInstallOn(this.#runtime, poolId, parsed);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'patchPool', poolId, patch: parsed, ...conditionOf(condition) }),
    );
  }

  /** The same, but what is not given is taken away. */
  async updateProperties(
    poolId: string,
    properties: PoolPatchParameters,
    condition: Condition = {},
  ): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parsePoolProperties(properties, { seal: secrets.seal });
    demandInstallOn(this.#runtime, poolId, parsed);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({
        type: 'updatePoolProperties',
        poolId,
        properties: parsed,
        ...conditionOf(condition),
      }),
    );
  }

  /**
   * Gives the pool another size; resolves when that is accepted (see {@link steady}). semantics §2.1
   * @throws BatchError `PoolBeingResized`, `PoolBeingDeleted`, `PoolNotFound`, `OperationNotValidOnPool` while it follows
   * a formula, or for low-priority nodes of an executor that has none, or what is wrong with it.
   */
  async resize(
    poolId: string,
    resize: PoolResizeParameters,
    condition: Condition = {},
  ): Promise<void> {
    const parsed = parsePoolResize(resize);
    demandSize(this.#runtime, poolId, parsed);
    await this.#runtime.submit({
      type: 'resizePool',
      poolId,
      resize: parsed,
      ...conditionOf(condition),
    });
  }

  /**
   * Stops a resize where it is; the targets stay. semantics §2.1
   * @throws BatchError `OperationInvalidForCurrentState` if there is none.
   */
  async stopResize(poolId: string, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({ type: 'stopResize', poolId, ...conditionOf(condition) });
  }

  /**
   * Gives 1 to 100 nodes back and lowers the targets by as many. semantics §2.1
   * @throws BatchError `NodeNotFound`, `PoolBeingResized`, `PoolBeingDeleted`, or what is wrong with it.
   */
  async removeNodes(
    poolId: string,
    removal: NodeRemovalParameters,
    condition: Condition = {},
  ): Promise<void> {
    await this.#runtime.submit({
      type: 'removeNodes',
      poolId,
      removal: parseNodeRemoval(removal),
      ...conditionOf(condition),
    });
  }

  /**
   * Brings the pool to another version of its operating system: its nodes are reimaged, what runs is put back to the
   * queue, and nothing counts it. Resolves when that is accepted (see {@link upgraded}). semantics §2.1
   * @throws BatchError `PoolNotEligibleForOSVersionUpgrade`, `UpgradePoolVersionConflict`, `PoolBeingResized`,
   * `OSVersionNotFound`, `PoolVersionEqualsUpgradeVersion`, `PoolBeingDeleted`, `PoolNotFound`.
   */
  async upgradeOS(
    poolId: string,
    upgrade: { targetOSVersion: string },
    condition: Condition = {},
  ): Promise<void> {
    const { targetOSVersion } = parseUpgradeOS(upgrade);
    await this.#runtime.submit({
      type: 'upgradeOS',
      poolId,
      targetOSVersion,
      ...conditionOf(condition),
    });
  }

  /** Resolves when no change of the OS version is under way. */
  async upgraded(poolId: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#runtime.until(() => this.get(poolId).state !== 'upgrading', signal);
  }

  /**
   * The pool follows a formula from now on, or another one, or at another interval. semantics §6.7
   * @throws BatchError `PoolBeingResized`, `PoolBeingDeleted`, `PoolNotFound`, `MissingRequiredProperty` without a
   * formula, `TooManyEnableAutoScaleRequests` within 30 s, or what is wrong with it, as
   * `AutoScalingFormulaSyntaxError`.
   */
  async enableAutoScale(
    poolId: string,
    settings: AutoScaleParameters,
    condition: Condition = {},
  ): Promise<void> {
    await this.#runtime.submit({
      type: 'enableAutoScale',
      poolId,
      settings: parseAutoScaleSettings(settings),
      ...conditionOf(condition),
    });
  }

  /**
   * The pool stays as large as it is to be; also if it followed no formula. semantics §2.1
   * @throws BatchError `PoolBeingDeleted`, `PoolNotFound`.
   */
  async disableAutoScale(poolId: string, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({ type: 'disableAutoScale', poolId, ...conditionOf(condition) });
  }

  /**
   * What a formula comes to now on a pool that follows one; it is not applied. An evaluation that fails is an `error`
   * in what it resolves to. semantics §6.7
   * @throws BatchError `OperationNotValidOnPool` on a pool that follows none, `PoolBeingDeleted`, `PoolNotFound`,
   * `AutoScalingFormulaSyntaxError`.
   */
  async evaluateAutoScale(
    poolId: string,
    evaluation: { autoScaleFormula: string },
  ): Promise<AutoScaleRunView> {
    const { autoScaleFormula } = parseAutoScaleEvaluation(evaluation);
    // The engine knows no clock: samples and time() are of now once time has passed in it.
    await this.#runtime.submit({ type: 'tick' });
    const run = this.#runtime.queries.evaluateAutoScale(poolId, autoScaleFormula);
    if ('timestamp' in run) return run;
    throw new BatchError(run);
  }

  /** Resolves when no resize is under way; how it went is in `resizeErrors` of the pool. */
  async steady(poolId: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#runtime.until(() => this.get(poolId).allocationState === 'steady', signal);
  }

  /** Resolves when the deletion is accepted; the pool is gone when its last node is. */
  async delete(poolId: string, condition: Condition = {}): Promise<void> {
    await this.#runtime.submit({ type: 'deletePool', poolId, ...conditionOf(condition) });
  }

  async gone(poolId: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#runtime.until(() => this.#runtime.queries.pool(poolId) === undefined, signal);
  }
}

export class JobsClient {
  readonly #runtime: AccountRuntime;

  constructor(runtime: AccountRuntime) {
    this.#runtime = runtime;
  }

  /** @throws BatchError `JobExists`, or what is wrong with the job. */
  async add(job: JobParameters): Promise<JobClient> {
    const secrets = new SecretGroup();
    const options = { ...poolOptionsOf(this.#runtime), seal: secrets.seal };
    const parsed = parseJob(job, options, secrets);
    demandExecutorOf(this.#runtime, parsed.poolInfo, '');
    demandJobTasks(this.#runtime, parsed);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addJob', job: parsed }),
    );
    return this.get(parsed.id);
  }

  /** A client of the job; whether it exists shows when it is used. */
  get(jobId: string): JobClient {
    return new JobClient(this.#runtime, jobId);
  }

  list(): JobView[] {
    return this.#runtime.queries.jobs();
  }

  async gone(jobId: string, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#runtime.until(() => this.#runtime.queries.job(jobId) === undefined, signal);
  }
}

/** An open engine: a client whose shape follows the model. */
export class Batch {
  /** What is in the default account. */
  readonly pools: PoolClient;
  readonly jobs: JobsClient;
  readonly jobSchedules: JobSchedulesClient;
  readonly applications: ApplicationsClient;
  readonly certificates: CertificatesClient;
  readonly accounts: AccountsClient;
  /** The store of all accounts, `autoStorageContainerName` in specifications. */
  readonly storage: StorageClient;
  readonly #runtime: Runtime;
  readonly #release: () => Promise<void>;

  /** @internal */
  constructor(runtime: Runtime, { store }: Transfers, release: () => Promise<void>) {
    this.#runtime = runtime;
    this.#release = release;
    this.storage = new StorageClient(store);
    const own = new AccountRuntime(runtime);
    this.pools = new PoolClient(own);
    this.jobs = new JobsClient(own);
    this.jobSchedules = new JobSchedulesClient(own);
    this.applications = new ApplicationsClient(own);
    this.certificates = new CertificatesClient(own);
    this.accounts = new AccountsClient(runtime);
  }

  /** A client of an account, without a name of the default one; whether it exists shows when it is used. */
  account(accountName?: string): AccountClient {
    return new AccountClient(this.#runtime, accountName);
  }

  /** @internal for the command, which watches many things at once. */
  get runtime(): Runtime {
    return this.#runtime;
  }

  /** Every change of state in every account from now on, until you stop; what each goes back to is its `cause`. */
  events({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<EngineEvent> {
    return new EventStream(
      new AccountRuntime(this.#runtime),
      (listener) => this.#runtime.listen(listener),
      () => true,
      () => false,
      signal,
    );
  }

  /** The events of the Batch service's diagnostic log, from now on, until you stop. semantics §13.8 */
  diagnosticEvents({
    signal,
  }: {
    signal?: AbortSignal;
  } = {}): AsyncIterableIterator<DiagnosticEvent> {
    return new EventStream<DiagnosticEvent>(
      new AccountRuntime(this.#runtime),
      (listener) => this.#runtime.diagnose(listener),
      () => true,
      () => false,
      signal,
    );
  }

  /** Lets go; what runs goes on, and is found again when the directory is opened again. */
  async close(): Promise<void> {
    await this.#runtime.close();
    await this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
