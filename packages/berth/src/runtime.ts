import { join } from 'node:path';
import type {
  Applied,
  Command,
  CommandResult,
  DiagnosticEvent,
  EffectBatch,
  Engine,
  EngineEvent,
  EngineOptions,
  PolicyNames,
  Queries,
  Report,
  RuleOptions,
} from '@berth/core';
import {
  BatchError,
  currentRulesVersion,
  EffectKind,
  InputBatch,
  ReportKind,
  secretHandlesIn,
  withSecrets,
} from '@berth/core';
import type { Executor } from '@berth/executors';
import { capabilitiesOf } from '@berth/executors';
import type { BlobStore, Journal, SecretGroup, SecretStore, Transfers } from '@berth/storage';
import { routeEffects } from './effect-routing.ts';
import { Heartbeats } from './heartbeats.ts';
import { refuseNodes } from './node-refusals.ts';
import { restoreEngine, StateSnapshots } from './state-snapshots.ts';

export interface RuntimeOptions {
  /** Where executors keep theirs, one folder each. */
  directory: string;
  accountName: string;
  journal: Journal;
  transfers: Transfers;
  secretStore: SecretStore;
  executors: readonly Executor[];
  engineOptions: EngineOptions;
  /** {@link StateSnapshotsOptions.afterBytes}. */
  snapshotAfterBytes: number;
  nodeHeartbeatTimeoutMs: number;
  ruleOptions: RuleOptions;
  /** Milliseconds since the epoch. */
  now(): number;
  warn(message: string): void;
}

interface Waiting {
  resolve(result: CommandResult): void;
  reject(error: unknown): void;
}

/** setTimeout's longest; a later deadline is simply looked at again. */
const longestDelayMs = 0x7fff_ffff;

/**
 * Turns the loop with real time: gathers inputs, journals them, applies them, hands effects to the executors.
 * An input is written before any effect of it, and synced before its caller hears of it.
 */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #engine: Engine;
  readonly #snapshots: StateSnapshots;
  readonly #inputs = new InputBatch();
  #waiting: Waiting[] = [];
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  /** The first failure of the journal: nothing is accepted after it. */
  #broken: unknown;
  #closed = false;
  readonly #listeners = new Set<(events: readonly EngineEvent[]) => void>();
  readonly #diagnosers = new Set<(events: readonly DiagnosticEvent[]) => void>();
  readonly #watchers = new Set<() => void>();
  /** Secrets whose tasks are being added. */
  readonly #sealed = new Set<SecretGroup>();
  /** A command that may leave secrets to nobody awaits its turn. */
  #mayForget = false;
  readonly #heartbeats: Heartbeats;
  #silenceTimer: NodeJS.Timeout | undefined;
  #forgetting: Promise<void> = Promise.resolve();

  private constructor(options: RuntimeOptions, engine: Engine) {
    this.#options = options;
    this.#engine = engine;
    const { journal, snapshotAfterBytes: afterBytes, warn } = options;
    this.#snapshots = new StateSnapshots({ journal, engine, afterBytes, warn });
    this.#heartbeats = new Heartbeats(options.nodeHeartbeatTimeoutMs);
  }

  /** Restores the last snapshot and replays the journal since, then lets every executor find what still runs. */
  static async open(options: RuntimeOptions): Promise<Runtime> {
    const { journal, engineOptions, secretStore, warn } = options;
    const opened: Executor[] = [];
    let runtime: Runtime | undefined;
    try {
      const { engine, from } = await restoreEngine(journal, engineOptions, warn);
      runtime = new Runtime(options, engine);
      await runtime.#open(opened, from);
      return runtime;
    } catch (error) {
      if (runtime !== undefined) runtime.#closed = true;
      for (const executor of opened) await executor.close();
      await secretStore.close();
      await journal.close();
      throw error;
    }
  }

  async #open(opened: Executor[], from: number): Promise<void> {
    const options = this.#options;
    let bytes = 0;
    for await (const { frame } of options.journal.read(from)) {
      this.#engine.apply(frame);
      bytes += frame.length;
    }
    await options.secretStore.open(this.#engine.queries.secretHandles());
    if (options.journal.nextSequence === 0) {
      const { accountName } = options;
      const configured = this.submit({
        type: 'configure',
        rulesVersion: currentRulesVersion,
        accountName,
        ...namedPolicies(this.#engine),
      });
      this.#flush();
      await configured;
    }
    const { rest: outstanding, reports } = this.#refuseNodes(this.#engine.outstanding());
    const { catalog } = outstanding;
    const present = this.#engine.presentNodes();
    const routed = routeEffects(outstanding, this.#names());
    for (const executor of options.executors) {
      opened.push(executor);
      await executor.open({
        directory: join(options.directory, executor.name),
        blobStore: options.transfers.store,
        transfers: options.transfers,
        secrets: options.secretStore,
        report: (reports) => this.#report(reports),
        heartbeat: (nodes) => this.#hear(nodes),
        isMeasured: (account, poolId) =>
          this.queries.of(account).pool(poolId)?.enableAutoScale === true,
        setOSVersions: (osFamily, versions) =>
          this.#setOSVersions(executor.name, osFamily, versions),
        warn: (message) => options.warn(`${executor.name}: ${message}`),
      });
      await executor.attach(
        routed.get(executor.name) ?? outstanding,
        present.filter((node) => catalog.node(node).pool.executor === executor.name),
      );
    }
    this.#report(reports);
    this.#snapshots.applied(bytes);
    if (!sameOptions(this.queries.options(), options.ruleOptions)) {
      this.#command({ type: 'setOptions', options: options.ruleOptions });
    }
    this.#tellOSVersions();
    this.#flush();
    this.#arm();
  }

  /** Those of them that the engine has lost are to be said to be back. */
  #hear(nodes: readonly number[]): number[] {
    if (this.#closed || this.#broken !== undefined) return [];
    const now = this.#options.now();
    const lost = nodes.filter((node) => this.queries.nodeRequest(node)?.state === 'unknown');
    for (const node of nodes) this.#heartbeats.hear(node, now);
    this.#watchSilence();
    return lost;
  }

  #watchSilence(): void {
    const next = this.#heartbeats.nextSilence;
    if (next === undefined || this.#silenceTimer !== undefined) return;
    const delay = Math.min(Math.max(0, next - this.#options.now()), longestDelayMs);
    this.#silenceTimer = setTimeout(() => {
      this.#silenceTimer = undefined;
      const reports = this.#heartbeats.takeSilent(this.#options.now()).flatMap((node): Report[] => {
        const request = this.queries.nodeRequest(node);
        if (request === undefined) return [];
        return [{ kind: ReportKind.nodeLost, node, sequence: request.sequence }];
      });
      this.#report(reports);
      this.#watchSilence();
    }, delay).unref();
  }

  /** Of each OS family that an executor has, or has no more, where the engine does not know it yet. */
  #tellOSVersions(): void {
    for (const executor of this.#options.executors) {
      const has = capabilitiesOf(executor).osVersions;
      const known = this.queries.osVersions().filter((one) => one.executor === executor.name);
      const families = new Set([...Object.keys(has), ...known.map(({ osFamily }) => osFamily)]);
      for (const osFamily of families) {
        this.#setOSVersions(executor.name, osFamily, has[osFamily] ?? []);
      }
    }
  }

  #setOSVersions(executor: string, osFamily: string, versions: readonly string[]): void {
    if (this.#closed || this.#broken !== undefined) return;
    const before = this.queries
      .osVersions()
      .find((one) => one.executor === executor && one.osFamily === osFamily);
    if (JSON.stringify(before?.versions ?? []) === JSON.stringify(versions)) return;
    this.#command({ type: 'setOSVersions', executor, osFamily, versions: [...versions] });
  }

  /** One of the runtime's own: its result interests nobody. */
  #command(command: Command): void {
    this.#inputs.command(this.#options.now(), command);
    this.#waiting.push({ resolve: () => {}, reject: () => {} });
    this.#schedule();
  }

  #refuseNodes(effects: EffectBatch): ReturnType<typeof refuseNodes> {
    return refuseNodes(effects, (name) => this.executor(name));
  }

  get queries(): Queries {
    return this.#engine.queries;
  }

  executor(name: string): Executor | undefined {
    return this.#options.executors.find((executor) => executor.name === name);
  }

  get blobStore(): BlobStore {
    return this.#options.transfers.store;
  }

  get executorNames(): string[] {
    return this.#names();
  }

  /**
   * Resolves when the command is applied and synced.
   * @throws BatchError if the engine refuses it; nothing has changed then.
   */
  async submit(command: Command): Promise<CommandResult> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#closed) throw closed();
    const result = await new Promise<CommandResult>((resolve, reject) => {
      this.#inputs.command(this.#options.now(), command);
      this.#waiting.push({ resolve, reject });
      if (forgetful.has(command.type)) this.#mayForget = true;
      this.#schedule();
    });
    if (result.error !== undefined) throw new BatchError(result.error);
    return result;
  }

  /**
   * Submits what has the handles of a group: its secrets are durable before any input names them, and not taken
   * for unused before one does.
   */
  async keeping<Result>(group: SecretGroup, submit: () => Promise<Result>): Promise<Result> {
    if (group.secrets.length === 0) return submit();
    this.#sealed.add(group);
    try {
      await this.#options.secretStore.put(group);
      return await submit();
    } finally {
      this.#sealed.delete(group);
    }
  }

  /** A text with secrets in the places of their handles. */
  async reveal(text: string): Promise<string> {
    const secrets = new Map<string, string>();
    for (const handle of secretHandlesIn(text)) {
      secrets.set(handle, await this.#options.secretStore.get(handle));
    }
    return withSecrets(text, (handle) => secrets.get(handle) ?? '');
  }

  /** Calls `listener` with every change of state from now on, until `stop` is called. */
  listen(listener: (events: readonly EngineEvent[]) => void): () => void {
    this.#listeners.add(listener);
    this.#engine.listening = true;
    return () => {
      this.#listeners.delete(listener);
      this.#engine.listening = this.#listeners.size > 0;
    };
  }

  /** The same with every diagnostic event. */
  diagnose(listener: (events: readonly DiagnosticEvent[]) => void): () => void {
    this.#diagnosers.add(listener);
    this.#engine.diagnosing = true;
    return () => {
      this.#diagnosers.delete(listener);
      this.#engine.diagnosing = this.#diagnosers.size > 0;
    };
  }

  /**
   * Resolves when `holds` does and what it saw is synced; looked at after every batch of inputs. Rejects when
   * the signal aborts or the runtime closes.
   */
  async until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!holds()) await this.#change(holds, signal);
    await this.#options.journal.sync();
  }

  #change(holds: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        this.#watchers.delete(look);
        signal?.removeEventListener('abort', abort);
      };
      const look = (): void => {
        const failure = this.#broken ?? (this.#closed ? closed() : undefined);
        if (failure !== undefined) {
          stop();
          reject(failure);
        } else if (holds()) {
          stop();
          resolve();
        }
      };
      const abort = (): void => {
        stop();
        reject(signal?.reason);
      };
      this.#watchers.add(look);
      signal?.addEventListener('abort', abort, { once: true });
      // It may be over already: then nothing would ever be looked at again.
      look();
    });
  }

  /** Lets go of everything; what runs on nodes goes on and is found again by the next `open`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#broken === undefined) this.#flush();
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silenceTimer);
    for (const executor of this.#options.executors) await executor.close();
    for (const watcher of [...this.#watchers]) watcher();
    await this.#forgetting;
    await this.#snapshots.close();
    await this.#options.secretStore.close();
    await this.#options.journal.close();
  }

  #names(): string[] {
    return this.#options.executors.map(({ name }) => name);
  }

  #report(reports: readonly Report[]): void {
    // What comes after the end is in the nodes' logs, and read from there next time.
    if (this.#closed || this.#broken !== undefined) return;
    const at = this.#options.now();
    for (const report of reports) this.#inputs.report(at, report);
    if (reports.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#inputs.length === 0 || this.#broken !== undefined || this.#closed) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const frame = this.#inputs.bytes();
    try {
      this.#options.journal.append(frame);
    } catch (error) {
      this.#break(error, waiting);
      return;
    }
    const { gonePools } = this.#engine.queries;
    let applied: Applied;
    try {
      applied = this.#engine.apply(frame);
    } catch (error) {
      // A policy has failed. What is written is applied when the directory is opened with one that does not.
      this.#break(error, waiting);
      return;
    }
    const { results, effects, events, diagnostics } = applied;
    this.#inputs.clear();
    if (this.#engine.queries.gonePools > gonePools) this.#mayForget = true;
    this.#carryOut(effects);
    const synced = this.#options.journal.sync();
    if (this.#mayForget || hasJobGone(effects)) this.#forgetSecrets(synced);
    this.#mayForget = false;
    synced.then(
      () => {
        for (const [index, { resolve }] of waiting.entries()) resolve(results[index] ?? {});
      },
      (error: unknown) => this.#break(error, waiting),
    );
    if (events.length > 0) for (const listener of this.#listeners) listener(events);
    if (diagnostics.length > 0) for (const listener of this.#diagnosers) listener(diagnostics);
    for (const watcher of [...this.#watchers]) watcher();
    this.#snapshots.applied(frame.length);
    this.#arm();
  }

  /** Those of what is gone, when it cannot come back. */
  #forgetSecrets(synced: Promise<void>): void {
    const inUse = (): Set<string> => {
      const handles = this.#engine.queries.secretHandles();
      for (const group of this.#sealed) for (const handle of group.handles) handles.add(handle);
      return handles;
    };
    const forgotten = this.#options.secretStore.retain(inUse, synced).catch((error: unknown) => {
      if (this.#broken !== undefined) return;
      // They are removed when the directory is opened again.
      this.#options.warn(`secrets of what is gone are still there: ${String(error)}`);
    });
    this.#forgetting = Promise.all([this.#forgetting, forgotten]).then(() => {});
  }

  #carryOut(all: EffectBatch): void {
    const { rest: effects, reports } = this.#refuseNodes(all);
    this.#report(reports);
    if (effects.length === 0) return;
    const only = this.#options.executors[0];
    if (this.#options.executors.length === 1 && only?.onThisMachine === true) {
      only.carryOut(effects);
      return;
    }
    for (const [name, own] of routeEffects(effects, this.#names())) {
      const executor = this.executor(name);
      if (executor === undefined || own.length === 0) continue;
      if (executor.onThisMachine) executor.carryOut(own);
      else {
        this.#options.journal.sync().then(
          () => {
            if (!this.#closed) executor.carryOut(own);
          },
          (error: unknown) => this.#break(error, []),
        );
      }
    }
  }

  /** The journal or a policy failed: what has not been synced is not acknowledged, and nothing more is accepted. */
  #break(error: unknown, waiting: readonly Waiting[]): void {
    if (this.#broken === undefined) {
      this.#broken = error;
      const what = error instanceof BatchError ? 'a policy' : 'the journal';
      this.#options.warn(`${what} failed, nothing more is accepted: ${String(error)}`);
    }
    for (const { reject } of [...waiting, ...this.#waiting]) reject(error);
    this.#waiting = [];
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** One timer, for the first deadline. */
  #arm(): void {
    clearTimeout(this.#timer);
    const deadline = Math.min(this.#engine.nextDeadline(), this.#engine.nextExpiry());
    if (deadline === Infinity || this.#closed) return;
    const delay = Math.min(Math.max(0, deadline - this.#options.now()), longestDelayMs);
    this.#timer = setTimeout(() => {
      if (this.#closed || this.#broken !== undefined) return;
      if (this.#options.now() < deadline) return this.#arm();
      // A tick's result interests nobody, and it must not wait for a sync.
      this.#inputs.command(this.#options.now(), { type: 'tick' });
      this.#waiting.push({ resolve: () => {}, reject: () => {} });
      this.#flush();
    }, delay);
  }
}

function namedPolicies({ policies }: Engine): { policies?: PolicyNames } {
  return Object.keys(policies).length === 0 ? {} : { policies };
}

/** What takes away, or replaces, something that may have secrets of its own. */
const forgetful: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'addApplicationPackage',
  'deleteApplicationPackage',
  'deleteCertificate',
  'updateNodeUser',
  'deleteNodeUser',
]);

function sameOptions(one: RuleOptions, other: RuleOptions): boolean {
  return (
    one.nodeLostRequeueDelayMs === other.nodeLostRequeueDelayMs &&
    one.recentFailuresWindowMs === other.recentFailuresWindowMs &&
    one.keepsRecentTasks === other.keepsRecentTasks &&
    one.maxInternalRetryCount === other.maxInternalRetryCount
  );
}

function hasJobGone(effects: EffectBatch): boolean {
  for (let index = 0; index < effects.length; index++) {
    if (effects.kind(index) === EffectKind.removeJobFiles) return true;
  }
  return false;
}

function closed(): BatchError {
  return new BatchError({
    code: 'OperationInvalidForCurrentState',
    message: 'This Batch is closed; open it again.',
  });
}
