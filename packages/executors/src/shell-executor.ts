import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type {
  EffectBatch,
  EffectCatalog,
  KillReason,
  NodeDetails,
  NodeUser,
  Report,
} from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { ExecutorCapabilities } from './capabilities.ts';
import { ContainerStores } from './container-stores.ts';
import type { Executor, ExecutorHost, RemoteLoginSettings } from './executor.ts';
import type { HostProvider } from './host.ts';
import { HostDownError, HostLostError, HostUnusableError, NoHostError } from './host.ts';
import type { HostCounts } from './host-measures.ts';
import { measuresOf } from './host-measures.ts';
import { nodeRefusal, nodeTaskRefusal, runRefusal, startTaskRefusal } from './install-refusal.ts';
import type { LocalOptions } from './local-host.ts';
import { LocalHostProvider } from './local-host.ts';
import type { NodePlace } from './multi-instance.ts';
import { setAccounts } from './node-accounts.ts';
import { messageOf } from './run-failure.ts';
import { nodeTaskDetails, startTaskDetails, startTaskRun } from './running.ts';
import type { NodeContext, Outstanding } from './shell-node.ts';
import { ShellNode } from './shell-node.ts';
import { jobDirectory, taskDirectory } from './task-environment.ts';

/** What every host can. */
const common = { applicationPackages: true, certificates: true, deallocate: true };
const lookEveryMs = 1_000;
/** A host that does not answer when the executor closes is not waited for longer. */
const letGoMs = 5_000;

export interface ShellExecutorOptions {
  /** A node that has not been reached for so long is lost: its tasks run elsewhere (semantics §2.2). Default 60 000. */
  nodeHeartbeatTimeoutMs?: number;
  /** Default 30 000, as often as pools are sampled (semantics §6.6). */
  measureEveryMs?: number;
  /** How long after a failure a host is tried again. Default 5 000. */
  retryAfterMs?: number;
}

/** Runs tasks on this machine. A node is a directory; all nodes share the machine. */
export function localExecutor(options?: LocalOptions): Executor {
  return new ShellExecutor(new LocalHostProvider(options));
}

/** Makes a complete executor of a host provider: all that Batch does on a node, over a shell and files. */
export class ShellExecutor implements Executor {
  readonly name: string;
  readonly onThisMachine: boolean;
  readonly capabilities: Partial<ExecutorCapabilities>;
  readonly #provider: HostProvider;
  readonly #heartbeatTimeoutMs: number;
  readonly #retryAfterMs: number;
  #host: ExecutorHost | undefined;
  #context: NodeContext | undefined;
  /** Nodes that something was asked of in this life. */
  readonly #nodes = new Map<number, Promise<ShellNode>>();
  /** The same, once they are there: the way of almost every effect. */
  readonly #ready = new Map<number, ShellNode>();
  /** What reports about a node name: its last request. */
  readonly #requests = new Map<number, number>();
  /** Nodes that have been there and are not reached now. */
  readonly #away = new Map<number, { isLost: boolean; timer: NodeJS.Timeout | undefined }>();
  /** Runs whose node has to be reached first: of an earlier life, or of an earlier connection. */
  readonly #owed = new Map<number, Outstanding[]>();
  /** Nodes that are being given back, and what is answered when they are gone. */
  readonly #releasing = new Map<number, Gone>();
  /** Reboots and reimages under way. */
  readonly #restarts = new Map<number, Promise<void>>();
  #reports: Report[] = [];
  readonly #warned = new Set<string>();
  /** Who may log in to nodes that were given accounts: told to each connection anew. */
  readonly #users = new Map<number, readonly NodeUser[]>();
  /** One change after the other. */
  #accounts: Promise<void> = Promise.resolve();
  /** By account, pool and id. */
  readonly #places = new Map<string, NodePlace>();
  #timer: NodeJS.Timeout | undefined;
  readonly #measureEveryMs: number;
  #measureTimer: NodeJS.Timeout | undefined;
  /** Of each node, at its latest sample. */
  readonly #counts = new Map<number, HostCounts>();
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(provider: HostProvider, options: ShellExecutorOptions = {}) {
    this.#provider = provider;
    this.#heartbeatTimeoutMs = options.nodeHeartbeatTimeoutMs ?? 60_000;
    this.#retryAfterMs = options.retryAfterMs ?? 5_000;
    this.#measureEveryMs = options.measureEveryMs ?? 30_000;
    this.name = provider.name;
    this.onThisMachine = provider.onThisMachine;
    this.capabilities = { ...common, ...provider.capabilities };
  }

  async open(host: ExecutorHost): Promise<void> {
    await this.#provider.open(host.directory, (message) => host.warn(message));
    this.#host = host;
    const downloads = join(host.directory, 'downloads');
    rmSync(downloads, { recursive: true, force: true }); // of an engine that was killed
    this.#context = {
      downloads,
      blobStore: host.blobStore,
      secrets: host.secrets,
      transfers: host.transfers,
      stores: new ContainerStores({
        blobStore: host.blobStore,
        secrets: host.secrets,
        transfers: host.transfers,
        onThisMachine: this.onThisMachine,
      }),
      report: (report) => this.#report(report),
      warn: (message) => host.warn(message),
      measured: (node, counts) => this.#measured(node, counts),
      placeOf: (...node) => this.#places.get(node.join('/')),
    };
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, lookEveryMs).unref();
    this.#measureTimer = setInterval(() => this.#measure(), this.#measureEveryMs).unref();
  }

  async attach(outstanding: EffectBatch, presentNodes: readonly number[]): Promise<void> {
    const { catalog } = outstanding;
    const released = new Set<number>();
    const runs = new Map(presentNodes.map((node) => [node, new Map<string, Outstanding>()]));
    for (let i = 0; i < outstanding.length; i++) {
      const node = outstanding.node(i);
      const run = outstanding.run(i);
      const sequence = outstanding.sequence(i);
      const kind = outstanding.kind(i);
      if (kind === EffectKind.releaseNode || kind === EffectKind.deallocateNode) released.add(node);
      if (!isRun(kind)) continue;
      const known = runs.get(node) ?? new Map<string, Outstanding>();
      runs.set(node, known);
      if (kind === EffectKind.runStartTask) {
        const startTask = catalog.startTask(node, sequence);
        if (startTask === undefined) continue;
        const refusal = startTaskRefusal(this, node, sequence, startTask);
        if (refusal !== undefined) {
          this.#report(refusal);
          continue;
        }
        const details = startTaskDetails(startTask);
        const startTaskOwed = { run: startTaskRun, sequence, details, is: 'startTask' } as const;
        known.set('start task', { ...startTaskOwed, kill: undefined });
        continue;
      }
      if (isNodeTask(kind)) {
        const key = `node task ${run}-${sequence}`;
        const nodeTask = catalog.nodeTask(run, sequence);
        if (nodeTask === undefined) continue;
        const refusal = nodeTaskRefusal(this, run, sequence, nodeTask);
        if (refusal !== undefined) {
          if (kind !== EffectKind.killNodeTask) this.#report(refusal);
          continue;
        }
        const isKill = kind === EffectKind.killNodeTask;
        const kill = isKill ? outstanding.killReason(i) : known.get(key)?.kill;
        const details = nodeTaskDetails(nodeTask);
        known.set(key, { run, sequence, details, is: 'nodeTask', kill });
        continue;
      }
      const key = `${run}-${sequence}`;
      const details = known.get(key)?.details ?? catalog.run(run, sequence);
      if (details === undefined) continue;
      const refusal = runRefusal(this, run, sequence, details);
      if (refusal !== undefined) {
        if (kind === EffectKind.startRun) this.#report(refusal);
        continue;
      }
      const kill = kind === EffectKind.killRun ? outstanding.killReason(i) : known.get(key)?.kill;
      const isPrimary = kind === EffectKind.startPrimary || known.get(key)?.isPrimary === true;
      known.set(key, { run, sequence, details, is: 'task', kill, isPrimary });
    }
    for (const [node, known] of runs) {
      if (released.has(node)) continue;
      const details = catalog.node(node);
      this.#owed.set(node, [...known.values()]);
      this.#requests.set(node, details.sequence);
      this.#reach(node, details);
    }
    for (let i = 0; i < outstanding.length; i++) {
      if (!isRun(outstanding.kind(i))) this.#carryOut(outstanding, i);
    }
    await Promise.allSettled(this.#nodes.values());
  }

  carryOut(effects: EffectBatch): void {
    for (let i = 0; i < effects.length; i++) this.#carryOut(effects, i);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    clearInterval(this.#measureTimer);
    await this.#looking;
    for (const { timer } of this.#away.values()) clearTimeout(timer);
    await Promise.all([...this.#nodes.values()].map((opened) => this.#letGo(opened)));
    this.#flush();
    await this.#provider.close();
  }

  async #letGo(opened: Promise<ShellNode>): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const given = new Promise<void>((resolve) => {
      late = setTimeout(resolve, letGoMs);
    });
    const node = await Promise.race([opened.catch(() => undefined), given]);
    if (node !== undefined) {
      const done = node.letGo();
      await (node.host.lost === undefined ? done : Promise.race([done, given])).catch(ignore);
    }
    clearTimeout(late);
  }

  #carryOut(effects: EffectBatch, i: number): void {
    const node = effects.node(i);
    const sequence = effects.sequence(i);
    switch (effects.kind(i)) {
      case EffectKind.startRun:
        this.#start(node, effects.run(i), sequence, effects.catalog);
        return;
      case EffectKind.startPrimary:
        this.#startPrimary(node, effects.run(i), sequence);
        return;
      case EffectKind.killRun:
      case EffectKind.killNodeTask:
        this.#kill(node, effects.run(i), sequence, effects.killReason(i), effects.catalog);
        return;
      case EffectKind.getNode:
        this.#get(node, sequence, effects.catalog.node(node));
        return;
      case EffectKind.rebootNode:
        this.#restart(node, sequence, effects.catalog.node(node), false);
        return;
      case EffectKind.reimageNode:
        this.#restart(node, sequence, effects.catalog.node(node), true);
        return;
      case EffectKind.runStartTask:
        this.#startTask(node, sequence, effects.catalog);
        return;
      case EffectKind.runJobPreparation:
      case EffectKind.runJobRelease:
        this.#nodeTask(node, effects.run(i), sequence, effects.catalog);
        return;
      case EffectKind.releaseNode:
      case EffectKind.deallocateNode: {
        const isGone = effects.kind(i) === EffectKind.releaseNode;
        const kind = isGone ? ReportKind.nodeGone : ReportKind.nodeDeallocated;
        this.#release(node, { kind, sequence }, effects.catalog.node(node));
        return;
      }
      case EffectKind.setNodeUsers:
        this.#users.set(node, effects.catalog.nodeUsers(node));
        this.#setAccounts(node);
        return;
      case EffectKind.removeTaskFiles:
      case EffectKind.removeJobFiles: {
        const { accountName, poolId, jobId, taskId } = effects.removal(i);
        const directory = taskId === undefined ? jobDirectory(jobId) : taskDirectory(jobId, taskId);
        this.#provider.discard(accountName, poolId, `workitems/${directory}`);
        return;
      }
      default:
    }
  }

  nodeRoot(accountName: string, poolId: string, nodeId: string): string | undefined {
    for (const { details, host } of this.#ready.values()) {
      const { poolId: pool, nodeId: node } = details;
      if (details.accountName === accountName && pool === poolId && node === nodeId)
        return host.root;
    }
    return undefined;
  }

  nodeAddress(accountName: string, poolId: string, nodeId: string): string | undefined {
    return this.#places.get(`${accountName}/${poolId}/${nodeId}`)?.address;
  }

  async remoteLogin(
    accountName: string,
    poolId: string,
    nodeId: string,
  ): Promise<RemoteLoginSettings | undefined> {
    for (const { details } of this.#ready.values()) {
      const { poolId: pool, nodeId: node } = details;
      if (details.accountName === accountName && pool === poolId && node === nodeId)
        return await this.#provider.remoteLogin?.(details);
    }
    return undefined;
  }

  #start(node: number, run: number, sequence: number, catalog: EffectCatalog): void {
    const details = catalog.run(run, sequence);
    if (details === undefined) return;
    const refusal = runRefusal(this, run, sequence, details);
    if (refusal !== undefined) {
      this.#report(refusal);
      return;
    }
    const ready = this.#ready.get(node);
    if (ready !== undefined) {
      ready.start(run, sequence, details);
      return;
    }
    if (this.#owe(node, { run, sequence, details, is: 'task', kill: undefined })) return;
    this.#node(node, catalog.node(node)).then(
      (opened) => opened.start(run, sequence, details),
      () => this.#later(() => this.#report({ kind: ReportKind.runLost, run, sequence })),
    );
  }

  /** Of a run that its node has, or is told of when it is reached. */
  #startPrimary(node: number, run: number, sequence: number): void {
    const ready = this.#ready.get(node);
    if (ready !== undefined) {
      ready.startPrimary(run, sequence);
      return;
    }
    const owed = this.#owed.get(node)?.find((o) => o.run === run && o.sequence === sequence);
    if (owed !== undefined) owed.isPrimary = true;
    else this.#nodes.get(node)?.then((there) => there.startPrimary(run, sequence), ignore);
  }

  /** Of a node that is reached; one that is not is told when it is. */
  #setAccounts(node: number): void {
    const there = this.#ready.get(node);
    if (there === undefined || this.#host === undefined || !this.#users.has(node)) return;
    const { secrets } = this.#host;
    const { nodeId, poolId } = there.details;
    this.#accounts = this.#accounts.then(async () => {
      try {
        // As they are by now.
        await setAccounts(there.host, this.#users.get(node) ?? [], secrets);
      } catch (error) {
        if (this.#closed || error instanceof HostLostError) return;
        this.#warn(`Node ${nodeId} of pool ${poolId}: ${messageOf(error)}`);
      }
    });
  }

  /** Its accounts are no more: what they run ends with them. */
  async #removeAccounts(node: number, { host }: ShellNode): Promise<void> {
    if (this.#host === undefined || !this.#users.has(node)) return;
    await this.#accounts;
    await setAccounts(host, [], this.#host.secrets);
    this.#users.delete(node);
  }

  #startTask(node: number, sequence: number, catalog: EffectCatalog): void {
    const details = catalog.startTask(node, sequence);
    if (details === undefined) return;
    const refusal = startTaskRefusal(this, node, sequence, details);
    if (refusal !== undefined) {
      this.#report(refusal);
      return;
    }
    const asRun = startTaskDetails(details);
    const owed = { run: startTaskRun, sequence, details: asRun, is: 'startTask' } as const;
    if (this.#owe(node, { ...owed, kill: undefined })) return;
    this.#node(node, catalog.node(node)).then(
      (opened) => opened.startTask(sequence, details),
      () => this.#later(() => this.#report({ kind: ReportKind.startTaskEnded, node, sequence })),
    );
  }

  #nodeTask(node: number, run: number, sequence: number, catalog: EffectCatalog): void {
    const details = catalog.nodeTask(run, sequence);
    if (details === undefined) return;
    const refusal = nodeTaskRefusal(this, run, sequence, details);
    if (refusal !== undefined) {
      this.#report(refusal);
      return;
    }
    const ready = this.#ready.get(node);
    if (ready !== undefined) {
      ready.nodeTask(run, sequence, details);
      return;
    }
    const owed = { run, sequence, details: nodeTaskDetails(details), is: 'nodeTask' } as const;
    if (this.#owe(node, { ...owed, kill: undefined })) return;
    this.#node(node, catalog.node(node)).then(
      (opened) => opened.nodeTask(run, sequence, details),
      () => this.#later(() => this.#report({ kind: ReportKind.nodeTaskEnded, run, sequence })),
    );
  }

  #kill(
    node: number,
    run: number,
    sequence: number,
    reason: KillReason,
    catalog: EffectCatalog,
  ): void {
    const ready = this.#ready.get(node);
    if (ready !== undefined) ready.kill(run, sequence, reason);
    else {
      const owed = this.#owed.get(node)?.find((o) => o.run === run && o.sequence === sequence);
      if (owed !== undefined) owed.kill = reason;
      const opened = this.#node(node, catalog.node(node));
      opened.then((there) => there.kill(run, sequence, reason), ignore);
    }
  }

  #get(node: number, sequence: number, details: NodeDetails): void {
    const refusal = nodeRefusal(this, node, sequence, details);
    if (refusal !== undefined) {
      this.#report(refusal);
      return;
    }
    this.#requests.set(node, sequence);
    const opened = this.#node(node, details, sequence).then((there) => there.install(false));
    opened.then(
      () => this.#report({ kind: ReportKind.nodeReady, node, sequence }),
      (error: unknown) => {
        if (this.#refuse(node, sequence, error)) return;
        this.#later(() => this.#releasing.has(node) || this.#get(node, sequence, details));
      },
    );
  }

  /** Whether it is of no use to try again: then that is said. */
  #refuse(node: number, sequence: number, error: unknown): boolean {
    if (error instanceof NoHostError) {
      const [kind, code] = [ReportKind.allocationFailed, 'AllocationFailed'] as const;
      this.#report({ kind, node, sequence, error: code, detail: error.message });
      return true;
    }
    if (!(error instanceof HostUnusableError)) return false;
    const { code, message } = error;
    const kind = ReportKind.nodeUnusable;
    this.#report({ kind, node, sequence, error: code, detail: message });
    return true;
  }

  /** A node with runs of an earlier life: they are neither lost nor to be started before it has answered. */
  #reach(node: number, details: NodeDetails): void {
    this.#miss(node, details);
    this.#node(node, details).catch(() => {
      this.#later(() => this.#away.has(node) && this.#reach(node, details));
    });
  }

  /** From now on there is no word from it. */
  #miss(node: number, details: NodeDetails): void {
    if (this.#closed || this.#away.has(node)) return;
    const lose = (): void => {
      this.#away.set(node, { isLost: true, timer: undefined });
      this.#owed.delete(node);
      const sequence = this.#requests.get(node);
      if (sequence !== undefined) this.#report({ kind: ReportKind.nodeLost, node, sequence });
    };
    const isLost = details.isLost;
    const timer = isLost ? undefined : setTimeout(lose, this.#heartbeatTimeoutMs).unref();
    this.#away.set(node, { isLost, timer });
  }

  /** Of a node that is not reached now; it is told when it is. */
  #owe(node: number, run: Outstanding): boolean {
    if (!this.#away.has(node)) return false;
    const owed = this.#owed.get(node) ?? [];
    this.#owed.set(node, [...owed, run]);
    return true;
  }

  /** Its connection has ended. It may be back soon, with all that runs there. */
  #leave(node: number, details: NodeDetails, there: ShellNode, error: Error): void {
    this.#nodes.delete(node);
    this.#ready.delete(node);
    const outstanding = there.abandon();
    if (this.#releasing.has(node) || this.#restarts.has(node)) return;
    this.#warn(`Node ${details.nodeId} of pool ${details.poolId}: ${error.message}`);
    this.#owed.set(node, outstanding);
    this.#reach(node, details);
  }

  /** It may be the disk, or a limit of processes: not for ever. */
  #later(act: () => unknown): void {
    setTimeout(() => this.#closed || act(), this.#retryAfterMs).unref();
  }

  /** With all its files and processes: for good, or deallocated. Who asks last is answered. */
  #release(node: number, gone: Gone, details: NodeDetails): void {
    const isUnderWay = this.#releasing.has(node);
    if (isUnderWay) this.#releasing.set(node, gone);
    if (isUnderWay) return;
    const restart = this.#restarts.get(node);
    if (restart !== undefined) {
      this.#restarts.delete(node);
      void restart.then(() => this.#release(node, gone, details));
      return;
    }
    this.#releasing.set(node, gone);
    this.#owed.delete(node);
    const isNone = !this.#nodes.has(node) && this.#provider.has?.(details) === false;
    const opened = isNone ? undefined : this.#node(node, details);
    this.#ready.delete(node);
    const act = async (): Promise<void> => {
      const there = await opened?.catch((error: unknown) => {
        if (error instanceof HostDownError) this.#provider.forsake?.(details);
        else if (this.#provider.has?.(details) !== false) throw error;
        return undefined; // it never was, or is no more
      });
      await there?.release();
      if (there !== undefined) {
        await this.#removeAccounts(node, there);
        await this.#provider.release(there.host);
      }
      this.#users.delete(node);
      this.#nodes.delete(node);
      this.#counts.delete(node);
      this.#gone(node, gone, details);
    };
    act().catch((error: unknown) => {
      if (this.#closed) return;
      if (this.#provider.forsake !== undefined && this.#away.get(node)?.isLost === true) {
        this.#away.delete(node);
        this.#provider.forsake(details);
        this.#gone(node, gone, details);
        return;
      }
      const asked = this.#releasing.get(node) ?? gone;
      this.#releasing.delete(node);
      this.#miss(node, details);
      this.#warn(
        `Node ${details.nodeId} of pool ${details.poolId} is not gone yet: ${messageOf(error)}`,
      );
      this.#later(() => this.#release(node, asked, details));
    });
  }

  #gone(node: number, gone: Gone, details: NodeDetails): void {
    const asked = this.#releasing.get(node) ?? gone;
    this.#releasing.delete(node);
    this.#places.delete(placeKey(details));
    this.#report({ ...asked, node });
  }

  /** All of it ends, and begins again: with its files, or as a node that has just been got. */
  #restart(node: number, sequence: number, details: NodeDetails, fresh: boolean): void {
    if (this.#releasing.has(node) || this.#restarts.has(node)) return;
    const refusal = nodeRefusal(this, node, sequence, details);
    if (refusal !== undefined) {
      this.#report(refusal);
      return;
    }
    this.#owed.delete(node);
    this.#requests.set(node, sequence);
    const opened = this.#node(node, details);
    this.#ready.delete(node);
    const act = async (): Promise<void> => {
      const there = await opened;
      await there.release();
      if (fresh) await this.#removeAccounts(node, there);
      if (this.#provider.restart) await this.#provider.restart(there.host, fresh);
      else if (fresh) await this.#provider.release(there.host);
      this.#nodes.delete(node);
      const again = await this.#node(node, details, fresh ? sequence : undefined);
      await again.install(true);
      this.#report({ kind: ReportKind.nodeReady, node, sequence });
    };
    const restart: Promise<void> = act()
      .then(
        () => this.#restarts.get(node) === restart && this.#restarts.delete(node),
        (error: unknown) => {
          // If it is not there any more it is being released instead.
          const isWanted = this.#restarts.get(node) === restart;
          this.#restarts.delete(node);
          if (this.#closed || !isWanted || this.#refuse(node, sequence, error)) return;
          this.#warn(
            `Node ${details.nodeId} of pool ${details.poolId} has not started again yet: ${messageOf(error)}`,
          );
          this.#later(() => this.#restart(node, sequence, details, fresh));
        },
      )
      .then(() => {});
    this.#restarts.set(node, restart);
  }

  /** The node, found or made. */
  #node(node: number, details: NodeDetails, request?: number): Promise<ShellNode> {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const opened = this.#open(node, details, request);
    this.#nodes.set(node, opened);
    opened.then(
      (there) => {
        if (!this.#releasing.has(node)) this.#ready.set(node, there);
        this.#setAccounts(node);
        void there.host.lost?.then((error) => {
          if (!this.#closed && this.#nodes.get(node) === opened) {
            this.#leave(node, details, there, error);
          }
        });
      },
      (error: unknown) => {
        this.#nodes.delete(node);
        if (error instanceof NoHostError) return; // that ends the resize
        this.#warn(`Node ${details.nodeId} of pool ${details.poolId}: ${messageOf(error)}`);
      },
    );
    return opened;
  }

  async #open(node: number, details: NodeDetails, request: number | undefined): Promise<ShellNode> {
    if (this.#context === undefined) throw new Error('The executor is not open.');
    let there = new ShellNode(node, details, await this.#provider.get(details), this.#context);
    await there.open();
    if (request !== undefined && !(await there.isOf(`${node} ${request}`))) {
      // Somebody else's node of this name, whose engine forgot to give it back.
      await there.release();
      await this.#provider.release(there.host);
      there = new ShellNode(node, details, await this.#provider.get(details), this.#context);
      await there.open();
      await there.isOf(`${node} ${request}`);
    }
    const away = this.#away.get(node);
    clearTimeout(away?.timer); // it has answered
    this.#away.delete(node);
    if (away?.isLost === true) {
      try {
        // What it runs has been given to others.
        await there.release();
        there = new ShellNode(node, details, there.host, this.#context);
        await there.open();
      } catch (error) {
        this.#away.set(node, away);
        throw error;
      }
    }
    const { address, cores = 1 } = there.host;
    if (address !== undefined) this.#places.set(placeKey(details), { address, cores });
    const owed = this.#owed.get(node) ?? [];
    this.#owed.delete(node);
    await there.recover(owed);
    const sequence = this.#requests.get(node);
    if (away?.isLost === true && sequence !== undefined) {
      // Out of `unknown` a node goes on; this one boots, as one that heals (semantics §2.2).
      if (there.host.hasRestarted === true) {
        this.#report({ kind: ReportKind.nodeUnusable, node, sequence });
      }
      this.#report({ kind: ReportKind.nodeReady, node, sequence });
    }
    return there;
  }

  #measure(): void {
    const isMeasured = this.#host?.isMeasured;
    for (const node of this.#ready.values()) {
      const { accountName, poolId } = node.details;
      if (isMeasured?.(accountName, poolId) !== false) node.measure();
    }
  }

  #measured(node: number, counts: HostCounts): void {
    const before = this.#counts.get(node);
    this.#counts.set(node, counts);
    const sequence = this.#requests.get(node);
    if (sequence === undefined) return;
    const [first] = this.#ready.keys();
    const withCounters = this.#provider.isOneMachine !== true || node === first;
    const measures = measuresOf(counts, before, withCounters);
    this.#report({ kind: ReportKind.nodeSample, node, sequence, ...measures });
  }

  async #look(): Promise<void> {
    for (const node of this.#ready.values()) {
      await node.look().catch((error: unknown) => {
        if (!(error instanceof HostLostError)) this.#warn(messageOf(error));
      });
    }
  }

  /** Handed on when what led to it is through: an engine may answer with effects at once. */
  #report(report: Report): void {
    this.#reports.push(report);
    if (this.#reports.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const reports = this.#reports;
    this.#reports = [];
    if (reports.length > 0) this.#host?.report(reports);
  }

  /** Once a message: what is tried again and again fails again and again. */
  #warn(message: string): void {
    if (this.#closed || this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#host?.warn(message);
  }
}

/** What belongs to a run that an earlier life may have started. */
function isRun(kind: EffectKind): boolean {
  return (
    kind === EffectKind.startRun ||
    kind === EffectKind.startPrimary ||
    kind === EffectKind.killRun ||
    kind === EffectKind.runStartTask ||
    isNodeTask(kind)
  );
}

function isNodeTask(kind: EffectKind): boolean {
  return (
    kind === EffectKind.runJobPreparation ||
    kind === EffectKind.runJobRelease ||
    kind === EffectKind.killNodeTask
  );
}

function placeKey({ accountName, poolId, nodeId }: NodeDetails): string {
  return `${accountName}/${poolId}/${nodeId}`;
}

/** What is answered when a node is gone. */
interface Gone {
  kind: typeof ReportKind.nodeGone | typeof ReportKind.nodeDeallocated;
  sequence: number;
}

function ignore(): void {}
