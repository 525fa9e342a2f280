import type { Command } from './command.ts';
import type { EffectBatch } from './effect.ts';
import { EffectKind } from './effect.ts';
import type { CommandResult, Engine } from './engine.ts';
import { worldOf } from './engine.ts';
import type { InputVisitor } from './input-batch.ts';
import type { FailureCode } from './report.ts';
import { failureCodes, ReportKind } from './report.ts';
import type { SimulatedRun } from './simulated-run.ts';
import { RunCursor } from './simulated-run.ts';
import type { SimulationResult } from './simulation-tally.ts';
import { SimulationTally } from './simulation-tally.ts';
import { TimingWheel } from './timing-wheel.ts';
import type { World } from './world.ts';

/** What the virtual world is like. The same functions and the same inputs give the same simulation. */
export interface SimulationOptions {
  /**
   * How long a run takes, rounded to whole milliseconds; `Infinity`: until it is killed. Asked when it starts. Of a
   * multi-instance task: how long its primary runs the commandLine, asked when that starts; this and what follows is
   * not told of its other instances.
   */
  durationMs(run: SimulatedRun): number;
  /** How it ends by itself: an exit code, or another failure. Default: 0. Asked when it ends. */
  outcome?(run: SimulatedRun): number | FailureCode;
  /** Called for each run that starts, in order. */
  onStart?(run: SimulatedRun): void;
  /** Called for each run that ends at `at`, by itself or killed, in order; not for one that is lost with its node. */
  onEnd?(run: SimulatedRun, at: number): void;
  /** From the request for a node to its being up. Default: 0. */
  bootTimeMs?: number;
  /** How long a start task takes; it always succeeds. Default: 0. */
  startTaskMs?: number;
  /** How long each instance of a multi-instance task coordinates; it always succeeds. Default: 0. */
  coordinationMs?: number;
  /** How long a job preparation task takes on a node; it always succeeds. Default: 0. */
  jobPreparationMs?: number;
  /** How long a job release task takes; it always succeeds. Default: 0. */
  jobReleaseMs?: number;
}

interface SimulatedNode {
  /** Of the request that it answers. */
  sequence: number;
  slots: number;
  isUp: boolean;
  poolId: string;
  nodeId: string;
}

type Happening = (inputs: InputVisitor) => void;

/** A week: the longest interval between evaluations, and that after which formulas repeat. */
const mostIdleMs = 604_800_000;

/** As a shell reports a process that SIGKILL ended. */
const killedExitCode = 137;

/**
 * A virtual world around an engine: it carries the effects out on a virtual clock and feeds the reports back.
 * Nodes come up after their boot time, runs end after their duration, kills and releases are answered at
 * once. At one moment the engine's deadlines come first, then what was scheduled and what nodes answer, then
 * the runs that end, in the order of their starts.
 *
 * It takes the engine as it finds it: what is outstanding goes on from now.
 */
export class Simulation {
  readonly engine: Engine;
  readonly #world: World;
  readonly #options: SimulationOptions;
  readonly #cursor: RunCursor;

  readonly #tally: SimulationTally;

  /** Runs under way, by row: when they end, in the order of their starts. */
  readonly #ends = new TimingWheel();
  #sequences = new Int32Array(16);
  #slots = new Int32Array(16);
  /** 1: killed. */
  #kills = new Uint8Array(16);

  /** What is to come otherwise: scheduled commands, losses and answers of nodes. */
  readonly #agenda = new TimingWheel();
  #happenings: (Happening | undefined)[] = [];
  /** By number. */
  readonly #nodes: (SimulatedNode | undefined)[] = [];
  /** The commands in the batch, where they were scheduled. */
  #scheduled: Command[] = [];
  /** When something other than an evaluation without consequences last happened. */
  #lastChange: number;
  /** The batch says that a node is lost. */
  #losesNode = false;

  constructor(engine: Engine, options: SimulationOptions) {
    this.engine = engine;
    this.#world = worldOf(engine);
    this.#options = options;
    this.#cursor = new RunCursor(this.#world);
    this.#tally = new SimulationTally(engine.now);
    this.#lastChange = engine.now;
    for (const number of engine.presentNodes()) {
      const { sequence, state } = this.#world.nodes[number]!;
      const node = this.#addNode(number, sequence);
      if (state !== 'unknown' && state !== 'unusable') this.#up(node, true);
    }
    this.#carryOut(engine.outstanding());
  }

  /** The virtual clock: milliseconds since the epoch. */
  get now(): number {
    return this.#tally.now;
  }

  /** Gives the engine a command now. */
  command(command: Command): CommandResult {
    return this.#apply((inputs) => inputs.command(this.now, command))[0]!;
  }

  /** Gives the engine a command at a moment to come; a refusal is found in the result. */
  schedule(at: number, command: Command): void {
    this.#expect(at, (inputs) => {
      inputs.command(this.now, command);
      this.#scheduled.push(command);
    });
  }

  /**
   * The node is lost at that moment, with all that it runs; nothing happens if it is not up then. It is back
   * after `backAfterMs`, if given.
   */
  loseNode(at: number, poolId: string, nodeId: string, backAfterMs: number = Infinity): void {
    this.#expect(at, (inputs) => {
      const number = this.#nodes.findIndex(
        (node) => node?.isUp && node.poolId === poolId && node.nodeId === nodeId,
      );
      if (number === -1) return;
      const { sequence } = this.#nodes[number]!;
      this.#losesNode = true;
      this.#up(this.#nodes[number]!, false);
      inputs.report(this.now, ReportKind.nodeLost, number, sequence, undefined, 0, undefined);
      this.#expectReady(number, sequence, backAfterMs);
    });
  }

  /**
   * The next thing to happen, if it is not after `until`: one batch of inputs. False: there is none. A moment
   * takes several steps where one thing leads to another.
   */
  step(until: number = Infinity): boolean {
    if (until === Infinity && this.#isAtRest()) return false;
    const deadline = this.engine.nextDeadline();
    const planned = this.#agenda.firstTime;
    const end = this.#ends.firstTime;
    const at = Math.max(this.now, Math.min(deadline, planned, end));
    if (at === Infinity || at > until) return false;
    this.#tally.pass(at);
    this.#apply(deadline <= at ? this.#tick : planned <= at ? this.#happen : this.#endRuns);
    return true;
  }

  /** Runs until nothing is left to happen, or all that happens up to `until`; then that is the time. */
  run(until: number = Infinity): SimulationResult {
    while (this.step(until)) {
      // Each step is all there is to do.
    }
    if (until !== Infinity && until > this.now) this.#tally.pass(until);
    return this.result();
  }

  result(): SimulationResult {
    return this.#tally.result();
  }

  /**
   * Formulas are evaluated for ever: that is no happening where there is no task for which they might add a node, or
   * where none of them has added one for a week.
   */
  #isAtRest(): boolean {
    const { clocks, jobDeadlines, poolDeadlines, evaluationDeadlines, pools, jobs } = this.#world;
    const { nodeTaskDeadlines } = this.#world;
    if (evaluationDeadlines.size === 0) return false;
    const others = [
      clocks,
      jobDeadlines,
      poolDeadlines,
      nodeTaskDeadlines,
      this.#agenda,
      this.#ends,
    ];
    if (others.some(({ firstTime }) => firstTime !== Infinity)) return false;
    if (this.now - this.#lastChange > mostIdleMs) return true;
    return !pools.some(
      (pool) =>
        pool?.autoscale !== undefined &&
        [...pool.jobs].some((number) => (jobs[number]?.live ?? 0) > 0),
    );
  }

  readonly #tick = (inputs: InputVisitor): void => inputs.command(this.now, { type: 'tick' });

  /** What is due of the agenda. */
  readonly #happen = (inputs: InputVisitor): void => {
    while (this.#agenda.firstTime <= this.now) {
      const key = this.#agenda.takeFirst();
      this.#happenings[key]!(inputs);
      this.#happenings[key] = undefined;
    }
    if (this.#agenda.size === 0) this.#happenings = [];
  };

  /** Those whose time has come. */
  readonly #endRuns = (inputs: InputVisitor): void => {
    while (this.#ends.firstTime <= this.now) this.#end(inputs, this.#ends.takeFirst());
  };

  #apply(give: (inputs: InputVisitor) => void): CommandResult[] {
    const { effects, results } = this.engine.applyGiven(give);
    if (give !== this.#tick || effects.length > 0) this.#lastChange = this.now;
    if (this.#scheduled.length > 0) {
      for (const [index, command] of this.#scheduled.entries()) {
        const { error, refused = [] } = results[index]!;
        for (const one of error === undefined ? refused : [{ error }]) {
          this.#tally.refusals.push({ at: this.now, command, error: one.error });
        }
      }
      this.#scheduled = [];
    }
    if (this.#losesNode) this.#dropLostRuns();
    this.#losesNode = false;
    this.#carryOut(effects);
    return results;
  }

  #carryOut(effects: EffectBatch): void {
    const { length } = effects;
    let released = false;
    for (let index = 0; index < length; index++) {
      const sequence = effects.sequence(index);
      switch (effects.kind(index)) {
        case EffectKind.startRun:
          this.#start(effects.run(index), sequence);
          break;
        case EffectKind.startPrimary:
          this.#startPrimary(effects.run(index), sequence);
          break;
        case EffectKind.killRun:
          this.#kill(effects.run(index), sequence);
          break;
        case EffectKind.getNode: {
          const number = effects.node(index);
          this.#addNode(number, sequence);
          this.#expectReady(number, sequence, this.#options.bootTimeMs ?? 0);
          break;
        }
        case EffectKind.rebootNode:
        case EffectKind.reimageNode: {
          if (!released) this.#dropLostRuns();
          released = true;
          const number = effects.node(index);
          const node = this.#nodes[number] ?? this.#addNode(number, sequence);
          node.sequence = sequence;
          this.#up(node, false);
          this.#expectReady(number, sequence, this.#options.bootTimeMs ?? 0);
          break;
        }
        case EffectKind.runStartTask: {
          const number = effects.node(index);
          this.#expect(this.now + (this.#options.startTaskMs ?? 0), (inputs) => {
            const kind = ReportKind.startTaskEnded;
            inputs.report(this.now, kind, number, sequence, 0, 0, undefined);
          });
          break;
        }
        case EffectKind.runJobPreparation:
          this.#runNodeTask(effects.run(index), sequence, this.#options.jobPreparationMs ?? 0);
          break;
        case EffectKind.runJobRelease:
          this.#runNodeTask(effects.run(index), sequence, this.#options.jobReleaseMs ?? 0);
          break;
        case EffectKind.killNodeTask: {
          const run = effects.run(index);
          this.#expect(this.now, (inputs) =>
            this.#endNodeTask(inputs, run, sequence, killedExitCode),
          );
          break;
        }
        case EffectKind.releaseNode:
          if (!released) this.#dropLostRuns();
          released = true;
          this.#release(effects.node(index), sequence);
      }
    }
  }

  #runNodeTask(run: number, sequence: number, durationMs: number): void {
    if (durationMs === Infinity) return;
    this.#expect(this.now + durationMs, (inputs) => this.#endNodeTask(inputs, run, sequence, 0));
  }

  /** Unless it has ended before, or is gone with its node. */
  #endNodeTask(inputs: InputVisitor, run: number, sequence: number, exitCode: number): void {
    if (this.#world.jobsOnNodes.underWay(run, sequence) === undefined) return;
    inputs.report(this.now, ReportKind.nodeTaskEnded, run, sequence, exitCode, 0, undefined);
  }

  #start(run: number, sequence: number): void {
    // A loss in the same batch may have ended it already.
    if (!this.#world.runs.is(run, sequence)) return;
    const gang = this.#world.gangs.of(run);
    const duration = gang === undefined ? this.#durationOf(run) : Infinity;
    if (run >= this.#sequences.length) this.#growRuns(run + 1);
    const slots = this.#world.runs.slots(run);
    this.#sequences[run] = sequence;
    this.#slots[run] = slots;
    this.#kills[run] = 0;
    this.#tally.started(slots);
    const end = this.#world.runs.start(run) + duration;
    this.#ends.add(run, Math.max(end, this.now));
    if (gang !== undefined && !gang.gang.instances[gang.id]!.coordinated) {
      this.#expectCoordinated(run, sequence);
    }
    if (gang === undefined || gang.id === 0) this.#options.onStart?.(this.#cursor.at(run));
  }

  #durationOf(run: number): number {
    const cursor = this.#cursor.at(run);
    const duration = Math.round(this.#options.durationMs(cursor));
    if (duration >= 0) return duration;
    throw new RangeError(
      `task "${cursor.taskId}" of job "${cursor.jobId}": a duration of ${duration} ms`,
    );
  }

  #expectCoordinated(run: number, sequence: number): void {
    this.#expect(this.now + (this.#options.coordinationMs ?? 0), (inputs) => {
      if (!this.#world.runs.is(run, sequence) || this.#kills[run] === 1) return;
      const kind = ReportKind.coordinated;
      inputs.report(this.now, kind, run, sequence, undefined, 0, undefined);
    });
  }

  /** The primary of a multi-instance task runs its commandLine; so far it has waited for the others. */
  #startPrimary(run: number, sequence: number): void {
    if (!this.#world.runs.is(run, sequence)) return;
    this.#ends.delete(run);
    this.#ends.add(run, this.now + this.#durationOf(run));
  }

  #kill(run: number, sequence: number): void {
    if (!this.#ends.has(run) || this.#sequences[run] !== sequence) return;
    if (!this.#world.runs.is(run, sequence)) {
      this.#endDisplaced(run, sequence);
      return;
    }
    this.#kills[run] = 1;
    this.#ends.delete(run);
    this.#ends.add(run, this.now);
  }

  /** Its row may be another run's by now. */
  #endDisplaced(run: number, sequence: number): void {
    this.#ends.delete(run);
    this.#tally.ended(this.#slots[run]!);
    this.#tally.killedRuns++;
    this.#expect(this.now, (inputs) => {
      const code = killedExitCode;
      inputs.report(this.now, ReportKind.runEnded, run, sequence, code, 0, undefined);
    });
  }

  /** By itself or killed; it has left the wheel. */
  #end(inputs: InputVisitor, run: number): void {
    this.#tally.ended(this.#world.runs.slots(run));
    let exitCode: number | undefined = 0;
    let failure = 0;
    if (this.#kills[run] === 1) {
      this.#tally.killedRuns++;
      exitCode = killedExitCode;
    } else if (this.#options.outcome !== undefined) {
      const outcome = this.#options.outcome(this.#cursor.at(run));
      exitCode = typeof outcome === 'number' ? outcome : undefined;
      failure = typeof outcome === 'number' ? 0 : failureCodes.indexOf(outcome);
    }
    const isSubtask = this.#world.runs.isInstance(run) && this.#world.gangs.of(run)?.id !== 0;
    if (!isSubtask) this.#options.onEnd?.(this.#cursor.at(run), this.now);
    const sequence = this.#world.runs.sequence(run);
    inputs.report(this.now, ReportKind.runEnded, run, sequence, exitCode, failure, undefined);
  }

  /** Those that the engine does not know any more went with their nodes. Before what starts in their rows. */
  #dropLostRuns(): void {
    for (let run = 0; run < this.#sequences.length; run++) {
      if (!this.#ends.has(run) || this.#world.runs.is(run, this.#sequences[run]!)) continue;
      this.#ends.delete(run);
      this.#tally.lost(this.#slots[run]!);
    }
  }

  #addNode(number: number, sequence: number): SimulatedNode {
    const { poolId, nodeId, pool } = this.#world.node(number);
    const slots = pool.taskSlotsPerNode;
    const node = { sequence, slots, isUp: false, poolId, nodeId };
    this.#nodes[number] = node;
    return node;
  }

  #up(node: SimulatedNode, isUp: boolean): void {
    if (node.isUp === isUp) return;
    node.isUp = isUp;
    this.#tally.changed(isUp ? node.slots : -node.slots);
  }

  #expectReady(number: number, sequence: number, afterMs: number): void {
    if (afterMs === Infinity) return;
    this.#expect(this.now + afterMs, (inputs) => {
      const node = this.#nodes[number];
      if (node?.sequence !== sequence) return;
      this.#up(node, true);
      inputs.report(this.now, ReportKind.nodeReady, number, sequence, undefined, 0, undefined);
    });
  }

  /** What it ran the engine has taken back. */
  #release(number: number, sequence: number): void {
    const node = this.#nodes[number];
    if (node !== undefined) this.#up(node, false);
    this.#nodes[number] = undefined;
    this.#expect(this.now, (inputs) => {
      inputs.report(this.now, ReportKind.nodeGone, number, sequence, undefined, 0, undefined);
    });
  }

  #expect(at: number, happen: Happening): void {
    if (Number.isNaN(at)) throw new RangeError('NaN is no moment at which something may happen');
    const key = this.#happenings.push(happen) - 1;
    this.#agenda.add(key, Math.max(Math.round(at), this.now));
  }

  #growRuns(atLeast: number): void {
    const length = Math.max(atLeast, 2 * this.#sequences.length);
    const sequences = new Int32Array(length);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
    const slots = new Int32Array(length);
    slots.set(this.#slots);
    this.#slots = slots;
    const kills = new Uint8Array(length);
    kills.set(this.#kills);
    this.#kills = kills;
  }
}
