import type {
  EffectBatch,
  FailureCode,
  NodeDetails,
  NodeErrorCode,
  Report,
  RunDetails,
  StartTaskDetails,
} from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor, ExecutorHost } from '../executor.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** How a run goes. Nothing said: it ends with exit code 0 as soon as time passes. */
export interface SimulatedRun {
  /** `Infinity`: until it is killed. */
  durationMs?: number;
  exitCode?: number;
  /** It fails other than by its exit code. */
  failure?: FailureCode;
  detail?: string;
  /** Instead of an end it is lost. */
  lost?: boolean;
}

/** How a node goes, from its request on. */
export interface SimulatedNode {
  /** Until it is ready. */
  readyAfterMs?: number;
  /** Instead of being ready it is unusable. */
  error?: Exclude<NodeErrorCode, 'none'>;
  detail?: string;
  /** After it was ready. */
  lostAfterMs?: number;
  /** After it was lost; its runs have been ended by then. */
  backAfterMs?: number;
}

export interface SimulatedScript {
  run?(details: RunDetails): SimulatedRun;
  startTask?(details: StartTaskDetails): SimulatedRun;
  node?(details: NodeDetails): SimulatedNode;
}

interface Process {
  commandLine: string;
  cancel: () => void;
  over: boolean;
}

interface RunThere extends Process {
  node: number;
  /** What it will say at the end; what it has said already in an earlier life. */
  report: Report;
}

interface StartTaskThere extends Process {
  sequence: number;
}

interface NodeThere {
  details: NodeDetails;
  sequence: number;
  state: 'coming' | 'ready' | 'lost';
  cancel: () => void;
}

/**
 * Nodes and runs that exist only as appointments on a virtual clock. They outlive the executors that are made of
 * them, as real ones do, so that restarts can be tried.
 */
export class SimulatedWorld {
  readonly clock: VirtualClock;
  readonly #script: SimulatedScript;
  readonly #nodes = new Map<number, NodeThere>();
  readonly #runs = new Map<string, RunThere>();
  readonly #startTasks = new Map<number, StartTaskThere>();
  #listener: ((report: Report) => void) | undefined;

  constructor(clock: VirtualClock, script: SimulatedScript = {}) {
    this.clock = clock;
    this.#script = script;
  }

  /** An executor of this world; one at a time. */
  executor(options: { name?: string } = {}): Executor {
    return new SimulatedExecutor(options.name ?? 'simulated', this);
  }

  /** The command lines of what runs now. */
  get running(): string[] {
    const all = [...this.#runs.values(), ...this.#startTasks.values()];
    return all.filter(({ over }) => !over).map(({ commandLine }) => commandLine);
  }

  /** No word from the node from now on. */
  loseNode(nodeId: string): void {
    for (const [number, node] of this.#nodes) {
      if (node.details.nodeId === nodeId && node.state === 'ready') this.#lose(number, node);
    }
  }

  /** It is back, without what it ran. */
  returnNode(nodeId: string): void {
    for (const [number, node] of this.#nodes) {
      if (node.details.nodeId === nodeId && node.state === 'lost') this.#arrive(number, node);
    }
  }

  /** @internal Somebody listens, or nobody. */
  listen(listener: ((report: Report) => void) | undefined): void {
    this.#listener = listener;
  }

  /** @internal */
  get(number: number, sequence: number, details: NodeDetails): void {
    const known = this.#nodes.get(number);
    if (known !== undefined) {
      known.sequence = sequence;
      if (known.state === 'ready')
        this.#answer({ kind: ReportKind.nodeReady, node: number, sequence });
      return;
    }
    const node: NodeThere = { details, sequence, state: 'coming', cancel: nothing };
    this.#nodes.set(number, node);
    const { readyAfterMs = 0, error, detail } = this.#script.node?.(details) ?? {};
    node.cancel = this.clock.after(readyAfterMs, () => {
      if (error === undefined) this.#arrive(number, node);
      else {
        const what = detail === undefined ? { error } : { error, detail };
        this.#say({
          kind: ReportKind.nodeUnusable,
          node: number,
          sequence: node.sequence,
          ...what,
        });
      }
    });
  }

  /** @internal A reboot or a reimage: all that runs is over, and it is ready again after a while. */
  restart(number: number, sequence: number, details: NodeDetails): void {
    this.#empty(number);
    this.#nodes.delete(number);
    this.get(number, sequence, details);
  }

  /** @internal */
  release(number: number, sequence: number): void {
    this.#empty(number);
    this.#nodes.delete(number);
    this.#answer({ kind: ReportKind.nodeGone, node: number, sequence });
  }

  /** @internal `again`: it may have been started by an earlier executor, and its end may not have been heard. */
  start(
    number: number,
    run: number,
    sequence: number,
    details: RunDetails,
    again: boolean,
    kind: typeof ReportKind.runEnded | typeof ReportKind.nodeTaskEnded = ReportKind.runEnded,
  ): void {
    const key = keyOf(kind, run, sequence);
    const known = this.#runs.get(key);
    if (known !== undefined) {
      if (known.over && again) this.#answer(known.report);
      return;
    }
    const plan = this.#script.run?.(details) ?? {};
    const lost: Report =
      kind === ReportKind.runEnded
        ? { kind: ReportKind.runLost, run, sequence }
        : { kind, run, sequence };
    const report: Report = plan.lost === true ? lost : { kind, run, sequence, ...endOf(plan) };
    const { commandLine } = details;
    const there: RunThere = { node: number, commandLine, report, cancel: nothing, over: false };
    this.#runs.set(key, there);
    there.cancel = this.clock.after(plan.durationMs ?? 0, () => this.#end(there, report));
  }

  /** @internal `again`: the start may not have come before. */
  kill(
    number: number,
    run: number,
    sequence: number,
    again: boolean,
    kind: typeof ReportKind.runEnded | typeof ReportKind.nodeTaskEnded = ReportKind.runEnded,
  ): void {
    const there = this.#runs.get(keyOf(kind, run, sequence));
    if (there === undefined) {
      if (again) this.#answer({ kind, run, sequence });
      return;
    }
    if (there.over) {
      if (again) this.#answer(there.report);
      return;
    }
    if (there.node !== number) return;
    there.cancel();
    const report: Report = { kind, run, sequence, exitCode: 137 };
    there.cancel = this.clock.after(0, () => this.#end(there, report));
  }

  /** @internal */
  startTask(number: number, sequence: number, details: StartTaskDetails): void {
    const known = this.#startTasks.get(number);
    if (known?.sequence === sequence && !known.over) return;
    known?.cancel();
    const plan = this.#script.startTask?.(details) ?? {};
    const kind = ReportKind.startTaskEnded;
    const end = plan.lost === true ? {} : endOf(plan);
    const report: Report = { kind, node: number, sequence, ...end };
    const { commandLine } = details;
    const there: StartTaskThere = { commandLine, sequence, cancel: nothing, over: false };
    this.#startTasks.set(number, there);
    there.cancel = this.clock.after(plan.durationMs ?? 0, () => {
      there.over = true;
      this.#say(report);
    });
  }

  #arrive(number: number, node: NodeThere): void {
    node.state = 'ready';
    node.cancel();
    this.#say({ kind: ReportKind.nodeReady, node: number, sequence: node.sequence });
    const { lostAfterMs = Number.POSITIVE_INFINITY } = this.#script.node?.(node.details) ?? {};
    node.cancel = this.clock.after(lostAfterMs, () => this.#lose(number, node));
  }

  #lose(number: number, node: NodeThere): void {
    node.state = 'lost';
    node.cancel();
    this.#empty(number);
    this.#say({ kind: ReportKind.nodeLost, node: number, sequence: node.sequence });
    const { backAfterMs = Number.POSITIVE_INFINITY } = this.#script.node?.(node.details) ?? {};
    node.cancel = this.clock.after(backAfterMs, () => this.#arrive(number, node));
  }

  #empty(number: number): void {
    this.#nodes.get(number)?.cancel();
    this.#startTasks.get(number)?.cancel();
    this.#startTasks.delete(number);
    for (const [key, there] of this.#runs) {
      if (there.node !== number) continue;
      there.cancel();
      this.#runs.delete(key);
    }
  }

  #end(there: RunThere, report: Report): void {
    there.over = true;
    there.report = report;
    this.#say(report);
  }

  /** As soon as time passes: an executor answers nothing from inside `carryOut`. */
  #answer(report: Report): void {
    this.clock.after(0, () => this.#say(report));
  }

  #say(report: Report): void {
    this.#listener?.(report);
  }
}

function endOf(plan: SimulatedRun): { exitCode?: number; failure?: FailureCode; detail?: string } {
  const { exitCode, failure, detail } = plan;
  return {
    ...(failure === undefined ? { exitCode: exitCode ?? 0 } : { failure }),
    ...(failure !== undefined && exitCode !== undefined ? { exitCode } : {}),
    ...(detail === undefined ? {} : { detail }),
  };
}

function nothing(): void {}

class SimulatedExecutor implements Executor {
  readonly name: string;
  readonly onThisMachine = true;
  readonly #world: SimulatedWorld;

  constructor(name: string, world: SimulatedWorld) {
    this.name = name;
    this.#world = world;
  }

  async open(host: ExecutorHost): Promise<void> {
    this.#world.listen((report) => host.report([report]));
  }

  async attach(outstanding: EffectBatch): Promise<void> {
    for (let i = 0; i < outstanding.length; i++) this.#carryOut(outstanding, i, true);
  }

  carryOut(effects: EffectBatch): void {
    for (let i = 0; i < effects.length; i++) this.#carryOut(effects, i, false);
  }

  async close(): Promise<void> {
    this.#world.listen(undefined);
  }

  #carryOut(effects: EffectBatch, i: number, again: boolean): void {
    const [node, run, sequence] = [effects.node(i), effects.run(i), effects.sequence(i)];
    const { catalog } = effects;
    switch (effects.kind(i)) {
      case EffectKind.getNode:
        this.#world.get(node, sequence, catalog.node(node));
        return;
      case EffectKind.rebootNode:
      case EffectKind.reimageNode:
        this.#world.restart(node, sequence, catalog.node(node));
        return;
      case EffectKind.releaseNode:
        this.#world.release(node, sequence);
        return;
      case EffectKind.startRun: {
        // One that is to be killed as well is not begun.
        if (again && isKilled(effects, run, sequence)) return;
        const details = catalog.run(run, sequence);
        if (details !== undefined) this.#world.start(node, run, sequence, details, again);
        return;
      }
      case EffectKind.killRun:
        this.#world.kill(node, run, sequence, again);
        return;
      case EffectKind.runJobPreparation:
      case EffectKind.runJobRelease: {
        if (again && isKilled(effects, run, sequence, EffectKind.killNodeTask)) return;
        const details = catalog.nodeTask(run, sequence);
        if (details === undefined) return;
        const asRun = { ...details, outputFiles: [] };
        this.#world.start(node, run, sequence, asRun, again, ReportKind.nodeTaskEnded);
        return;
      }
      case EffectKind.killNodeTask:
        this.#world.kill(node, run, sequence, again, ReportKind.nodeTaskEnded);
        return;
      case EffectKind.runStartTask: {
        const details = catalog.startTask(node, sequence);
        if (details !== undefined) this.#world.startTask(node, sequence, details);
        return;
      }
      default: // there are no files
    }
  }
}

function keyOf(kind: ReportKind, run: number, sequence: number): string {
  return `${kind} ${run}-${sequence}`;
}

function isKilled(
  effects: EffectBatch,
  run: number,
  sequence: number,
  kind: EffectKind = EffectKind.killRun,
): boolean {
  for (let i = 0; i < effects.length; i++) {
    const isKill = effects.kind(i) === kind;
    if (isKill && effects.run(i) === run && effects.sequence(i) === sequence) return true;
  }
  return false;
}
