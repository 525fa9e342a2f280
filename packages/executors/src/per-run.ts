import type {
  EffectBatch,
  NodeDetails,
  NodeMeasures,
  NodeTaskDetails,
  Report,
  RunDetails,
} from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { ExecutorCapabilities } from './capabilities.ts';
import type { Executor, ExecutorHost } from './executor.ts';
import { nodeRefusal, nodeTaskRefusal, runRefusal } from './install-refusal.ts';
import { NodeMeter } from './node-meter.ts';
import { messageOf } from './run-failure.ts';

/**
 * Runs one task. Resolves with its exit code, 0 if it says nothing; a rejection is exit code 1. Its resource and
 * output files are the function's own matter; `revealUrl` puts the secrets into an `httpUrl`.
 *
 * It is called for preparation and release tasks of jobs as well, whose `kind` says that they are such.
 *
 * Of a multi-instance task it is called first for each instance, with the coordinationCommandLine as `commandLine` and the
 * commonResourceFiles as `resourceFiles`, and when all have resolved with 0 for the primary, with its own.
 */
export type RunFunction = (
  run: RunDetails & { kind?: NodeTaskDetails['kind'] },
  signal: AbortSignal,
  stores: Pick<ExecutorHost, 'blobStore' | 'secrets'>,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is one too
) => Promise<number | void>;

export interface PerRunOptions {
  /** Default `function`. */
  name?: string;
  /** Those that install application packages or certificates need `prepareNode`. */
  capabilities?: Partial<ExecutorCapabilities>;
  /**
   * Installs what a node is to have before it is ready, whenever it starts; a rejection makes it unusable. Default: its
   * nodes are ready at once, and nothing can be installed.
   */
  prepareNode?(
    node: NodeDetails,
    stores: Pick<ExecutorHost, 'blobStore' | 'secrets'>,
  ): Promise<void>;
  /**
   * Measures a node, every 30 s while it is there, for formulas that ask for its resources (semantics §6.5). Each sample
   * goes into the journal. Default: nothing is measured.
   */
  measureNode?(node: NodeDetails): NodeMeasures;
}

/**
 * Makes an executor of a function, for those who do not need the rate. A kill aborts the signal, and the run ends when
 * the function does.
 * Runs die with the process: after a restart those that were under way are reported lost and come again.
 */
export function perRun(fn: RunFunction, options: PerRunOptions = {}): Executor {
  return new PerRunExecutor(fn, options);
}

/** As of a process that was killed before it ran. */
const killedCode = 137;

function nodeTaskKey(run: number, sequence: number): string {
  return `node task ${run}-${sequence}`;
}

function isNodeTask(kind: EffectKind): boolean {
  return kind === EffectKind.runJobPreparation || kind === EffectKind.runJobRelease;
}

interface KnownRun {
  node: number;
  controller: AbortController;
  /** An instance of a multi-instance task that waits for the others, or for its primary. */
  hasCoordinated: boolean;
}

class PerRunExecutor implements Executor {
  readonly name: string;
  readonly onThisMachine = true;
  readonly capabilities: Partial<ExecutorCapabilities>;
  readonly #fn: RunFunction;
  readonly #prepareNode: PerRunOptions['prepareNode'];
  readonly #meter: NodeMeter | undefined;
  readonly #runs = new Map<string, KnownRun>();
  #host: ExecutorHost | undefined;
  #reports: Report[] = [];

  constructor(
    fn: RunFunction,
    { name = 'function', capabilities = {}, prepareNode, measureNode }: PerRunOptions,
  ) {
    this.name = name;
    const { applicationPackages = false, certificates = false } = capabilities;
    const prepares = prepareNode !== undefined;
    this.capabilities = {
      deallocate: true,
      ...capabilities,
      applicationPackages: prepares && applicationPackages,
      certificates: prepares && certificates,
      nodeUsers: false,
    };
    this.#fn = fn;
    this.#prepareNode = prepareNode;
    this.#meter = measureNode && new NodeMeter(measureNode, (report) => this.#report(report));
  }

  async open(host: ExecutorHost): Promise<void> {
    this.#host = host;
  }

  async attach(outstanding: EffectBatch, presentNodes: readonly number[]): Promise<void> {
    for (const node of presentNodes) {
      const details = outstanding.catalog.node(node);
      this.#meter?.watch(node, details.sequence, details);
    }
    for (let i = 0; i < outstanding.length; i++) {
      if (outstanding.kind(i) === EffectKind.startRun) {
        const [run, sequence] = [outstanding.run(i), outstanding.sequence(i)];
        this.#report({ kind: ReportKind.runLost, run, sequence });
      } else if (isNodeTask(outstanding.kind(i))) {
        const [run, sequence] = [outstanding.run(i), outstanding.sequence(i)];
        this.#report({ kind: ReportKind.nodeTaskEnded, run, sequence });
      } else if (
        outstanding.kind(i) !== EffectKind.killRun &&
        outstanding.kind(i) !== EffectKind.killNodeTask
      ) {
        this.#carryOut(outstanding, i);
      }
    }
  }

  carryOut(effects: EffectBatch): void {
    for (let i = 0; i < effects.length; i++) this.#carryOut(effects, i);
  }

  /** Nothing can outlive the process, so everything is told to end. */
  async close(): Promise<void> {
    this.#host = undefined;
    this.#meter?.stop();
    for (const { controller } of this.#runs.values()) controller.abort();
    this.#runs.clear();
  }

  #carryOut(effects: EffectBatch, i: number): void {
    const node = effects.node(i);
    const sequence = effects.sequence(i);
    switch (effects.kind(i)) {
      case EffectKind.getNode:
        this.#prepare(node, sequence, effects.catalog.node(node));
        return;
      case EffectKind.releaseNode:
        this.#abandon(node);
        this.#meter?.forget(node);
        this.#report({ kind: ReportKind.nodeGone, node, sequence });
        return;
      case EffectKind.deallocateNode:
        this.#abandon(node);
        this.#meter?.forget(node);
        this.#report({ kind: ReportKind.nodeDeallocated, node, sequence });
        return;
      case EffectKind.rebootNode:
      case EffectKind.reimageNode:
        this.#abandon(node);
        this.#prepare(node, sequence, effects.catalog.node(node));
        return;
      case EffectKind.runStartTask:
        this.#report({
          kind: ReportKind.startTaskEnded,
          node,
          sequence,
          failure: 'CommandLaunchFailed',
          detail: `The executor "${this.name}" runs a function for each task and no start tasks.`,
        });
        return;
      case EffectKind.runJobPreparation:
      case EffectKind.runJobRelease:
        void this.#startNodeTask(node, effects.run(i), sequence, effects);
        return;
      case EffectKind.killNodeTask:
        this.#runs.get(nodeTaskKey(effects.run(i), sequence))?.controller.abort();
        return;
      case EffectKind.killRun:
        this.#kill(effects.run(i), sequence);
        return;
      case EffectKind.startPrimary: {
        const details = effects.catalog.run(effects.run(i), sequence);
        const known = this.#runs.get(`${effects.run(i)}-${sequence}`);
        if (details === undefined || known?.hasCoordinated !== true) return;
        known.hasCoordinated = false;
        void this.#carryOn(effects.run(i), sequence, details, known);
        return;
      }
      case EffectKind.startRun: {
        const details = effects.catalog.run(effects.run(i), sequence);
        if (details === undefined) return;
        const refusal = runRefusal(this, effects.run(i), sequence, details);
        if (refusal === undefined) void this.#start(node, effects.run(i), sequence, details);
        else this.#report(refusal);
        return;
      }
      default:
    }
  }

  #prepare(node: number, sequence: number, details: NodeDetails): void {
    const refusal = nodeRefusal(this, node, sequence, details);
    const host = this.#host;
    if (refusal !== undefined) this.#report(refusal);
    else if (this.#prepareNode === undefined || host === undefined) {
      this.#ready(node, sequence, details);
    } else {
      this.#prepareNode(details, host).then(
        () => this.#ready(node, sequence, details),
        (reason: unknown) => {
          const error =
            details.applicationPackages.length > 0
              ? 'ApplicationPackageError'
              : 'NodePreparationError';
          const detail = messageOf(reason);
          this.#report({ kind: ReportKind.nodeUnusable, node, sequence, error, detail });
        },
      );
    }
  }

  #ready(node: number, sequence: number, details: NodeDetails): void {
    this.#report({ kind: ReportKind.nodeReady, node, sequence });
    this.#meter?.watch(node, sequence, details);
  }

  /** The engine has taken back what runs there: it is told to end, and nobody waits for it. */
  #abandon(node: number): void {
    for (const [key, run] of this.#runs) {
      if (run.node !== node) continue;
      this.#runs.delete(key);
      run.controller.abort();
    }
  }

  async #start(node: number, run: number, sequence: number, details: RunDetails): Promise<void> {
    const key = `${run}-${sequence}`;
    if (this.#runs.has(key)) return;
    const known: KnownRun = { node, controller: new AbortController(), hasCoordinated: false };
    this.#runs.set(key, known);
    const { multiInstance } = details;
    if (multiInstance === undefined) {
      await this.#carryOn(run, sequence, details, known);
      return;
    }
    const { coordinationCommandLine: commandLine, commonResourceFiles: resourceFiles } =
      multiInstance;
    const coordination = { ...details, commandLine, resourceFiles, outputFiles: [] };
    const end = await this.#call(coordination, known);
    if (!this.#runs.has(key)) return;
    if (end.exitCode === 0 && !known.controller.signal.aborted) {
      known.hasCoordinated = true;
      this.#report({ kind: ReportKind.coordinated, run, sequence });
    } else {
      this.#runs.delete(key);
      this.#report({ kind: ReportKind.runEnded, run, sequence, ...end });
    }
  }

  async #startNodeTask(
    node: number,
    run: number,
    sequence: number,
    { catalog }: EffectBatch,
  ): Promise<void> {
    const details = catalog.nodeTask(run, sequence);
    const key = nodeTaskKey(run, sequence);
    if (details === undefined || this.#runs.has(key)) return;
    const refusal = nodeTaskRefusal(this, run, sequence, details);
    if (refusal !== undefined) {
      this.#report(refusal);
      return;
    }
    const known: KnownRun = { node, controller: new AbortController(), hasCoordinated: false };
    this.#runs.set(key, known);
    const end = await this.#call({ ...details, outputFiles: [] }, known);
    if (!this.#runs.delete(key)) return;
    // Neither would mean that it was lost, and is to come again.
    const { exitCode = killedCode, ...rest } = end;
    this.#report({ kind: ReportKind.nodeTaskEnded, run, sequence, exitCode, ...rest });
  }

  /** Calls the function; with that the run is over. */
  async #carryOn(
    run: number,
    sequence: number,
    details: RunDetails,
    known: KnownRun,
  ): Promise<void> {
    const end = await this.#call(details, known);
    if (!this.#runs.delete(`${run}-${sequence}`)) return;
    this.#report({ kind: ReportKind.runEnded, run, sequence, ...end });
  }

  async #call(
    details: Parameters<RunFunction>[0],
    { controller: { signal } }: KnownRun,
  ): Promise<{ exitCode?: number; detail?: string }> {
    const host = this.#host;
    // Not before carryOut has returned.
    await Promise.resolve();
    if (signal.aborted || host === undefined) return {};
    try {
      const exitCode = (await this.#fn(details, signal, host)) ?? 0;
      return { exitCode: exitCode | 0 };
    } catch (error) {
      return { exitCode: 1, detail: messageOf(error) };
    }
  }

  #kill(run: number, sequence: number): void {
    const key = `${run}-${sequence}`;
    const known = this.#runs.get(key);
    known?.controller.abort();
    // It waits for its primary, and nothing of it is left to end.
    if (known?.hasCoordinated !== true) return;
    this.#runs.delete(key);
    this.#report({ kind: ReportKind.runEnded, run, sequence });
  }

  #report(report: Report): void {
    this.#reports.push(report);
    if (this.#reports.length > 1) return;
    queueMicrotask(() => {
      const reports = this.#reports;
      this.#reports = [];
      this.#host?.report(reports);
    });
  }
}
