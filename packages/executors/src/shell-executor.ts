import type { EffectBatch, EffectCatalog, KillReason, NodeDetails, Report } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { ExecutorCapabilities } from './capabilities.ts';
import type { Executor, ExecutorHost } from './executor.ts';
import type { HostProvider } from './host.ts';
import { nodeRefusal, runRefusal } from './install-refusal.ts';
import type { LocalOptions } from './local-host.ts';
import { LocalHostProvider } from './local-host.ts';
import { messageOf } from './run-failure.ts';
import { startTaskDetails, startTaskRun } from './running.ts';
import type { NodeContext, Outstanding } from './shell-node.ts';
import { ShellNode } from './shell-node.ts';
import { jobDirectory, taskDirectory } from './task-environment.ts';

const lookEveryMs = 1_000;
const retryAfterMs = 5_000;

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
  #host: ExecutorHost | undefined;
  #context: NodeContext | undefined;
  /** Nodes that something was asked of in this life. */
  readonly #nodes = new Map<number, Promise<ShellNode>>();
  /** The same, once they are there: the way of almost every effect. */
  readonly #ready = new Map<number, ShellNode>();
  /** Runs of an earlier life, until their node has been reached. */
  readonly #owed = new Map<number, Outstanding[]>();
  readonly #releasing = new Set<number>();
  /** Reboots and reimages under way. */
  readonly #restarts = new Map<number, Promise<void>>();
  #reports: Report[] = [];
  readonly #warned = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(provider: HostProvider) {
    this.#provider = provider;
    this.name = provider.name;
    this.onThisMachine = provider.onThisMachine;
    this.capabilities = provider.capabilities ?? {};
  }

  async open(host: ExecutorHost): Promise<void> {
    await this.#provider.open(host.directory, (message) => host.warn(message));
    this.#host = host;
    this.#context = {
      blobStore: host.blobStore,
      secrets: host.secrets,
      report: (report) => this.#report(report),
      warn: (message) => host.warn(message),
    };
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, lookEveryMs).unref();
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
      if (kind === EffectKind.releaseNode) released.add(node);
      if (!isRun(kind)) continue;
      const known = runs.get(node) ?? new Map<string, Outstanding>();
      runs.set(node, known);
      if (kind === EffectKind.runStartTask) {
        const startTask = catalog.startTask(node, sequence);
        if (startTask === undefined) continue;
        const details = startTaskDetails(startTask);
        known.set('start task', { run: startTaskRun, sequence, details, kill: undefined });
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
      known.set(key, { run, sequence, details, kill });
    }
    for (const [node, known] of runs) {
      if (released.has(node)) continue;
      this.#owed.set(node, [...known.values()]);
      this.#reach(node, catalog.node(node));
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
    await this.#looking;
    for (const opened of this.#nodes.values()) {
      const node = await opened.catch(() => undefined);
      await node?.letGo();
    }
    this.#flush();
    await this.#provider.close();
  }

  #carryOut(effects: EffectBatch, i: number): void {
    const node = effects.node(i);
    const sequence = effects.sequence(i);
    switch (effects.kind(i)) {
      case EffectKind.startRun:
        this.#start(node, effects.run(i), sequence, effects.catalog);
        return;
      case EffectKind.killRun:
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
      case EffectKind.releaseNode:
        this.#release(node, sequence, effects.catalog.node(node));
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
    this.#node(node, catalog.node(node)).then(
      (opened) => opened.start(run, sequence, details),
      () => this.#later(() => this.#report({ kind: ReportKind.runLost, run, sequence })),
    );
  }

  #startTask(node: number, sequence: number, catalog: EffectCatalog): void {
    const details = catalog.startTask(node, sequence);
    if (details === undefined) return;
    this.#node(node, catalog.node(node)).then(
      (opened) => opened.startTask(sequence, details),
      () => this.#later(() => this.#report({ kind: ReportKind.startTaskEnded, node, sequence })),
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
    this.#node(node, details, sequence).then(
      () => this.#report({ kind: ReportKind.nodeReady, node, sequence }),
      () => this.#later(() => this.#releasing.has(node) || this.#get(node, sequence, details)),
    );
  }

  /** A node with runs of an earlier life: they are neither lost nor to be started before it has answered. */
  #reach(node: number, details: NodeDetails): void {
    this.#node(node, details).catch(() => {
      this.#later(() => this.#owed.has(node) && this.#reach(node, details));
    });
  }

  /** It may be the disk, or a limit of processes: not for ever. */
  #later(act: () => unknown): void {
    setTimeout(() => this.#closed || act(), retryAfterMs).unref();
  }

  #release(node: number, sequence: number, details: NodeDetails): void {
    if (this.#releasing.has(node)) return;
    const restart = this.#restarts.get(node);
    if (restart !== undefined) {
      this.#restarts.delete(node);
      void restart.then(() => this.#release(node, sequence, details));
      return;
    }
    this.#releasing.add(node);
    this.#owed.delete(node);
    const opened = this.#node(node, details);
    this.#ready.delete(node);
    const act = async (): Promise<void> => {
      const there = await opened;
      await there.release();
      await this.#provider.release(there.host);
      this.#nodes.delete(node);
      this.#releasing.delete(node);
      this.#report({ kind: ReportKind.nodeGone, node, sequence });
    };
    act().catch((error: unknown) => {
      this.#releasing.delete(node);
      if (this.#closed) return;
      this.#warn(
        `Node ${details.nodeId} of pool ${details.poolId} is not gone yet: ${messageOf(error)}`,
      );
      this.#later(() => this.#release(node, sequence, details));
    });
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
    const opened = this.#node(node, details);
    this.#ready.delete(node);
    const act = async (): Promise<void> => {
      const there = await opened;
      await there.release();
      if (fresh) await this.#provider.release(there.host);
      this.#nodes.delete(node);
      await this.#node(node, details, fresh ? sequence : undefined);
      this.#report({ kind: ReportKind.nodeReady, node, sequence });
    };
    const restart: Promise<void> = act()
      .then(
        () => this.#restarts.get(node) === restart && this.#restarts.delete(node),
        (error: unknown) => {
          // If it is not there any more it is being released instead.
          const isWanted = this.#restarts.get(node) === restart;
          this.#restarts.delete(node);
          if (this.#closed || !isWanted) return;
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
      },
      (error: unknown) => {
        this.#nodes.delete(node);
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
    await there.recover(this.#owed.get(node) ?? []);
    this.#owed.delete(node);
    return there;
  }

  async #look(): Promise<void> {
    for (const node of this.#ready.values()) {
      await node.look().catch((error: unknown) => this.#warn(messageOf(error)));
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
    kind === EffectKind.startRun || kind === EffectKind.killRun || kind === EffectKind.runStartTask
  );
}

function ignore(): void {}
