import type { EffectBatch, Report } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor, ExecutorHost } from '@berth/executors';

/** A run that was started, by the sequence that claims it. */
export interface Claim {
  run: number;
  sequence: number;
  /** Job and task. */
  task: string;
  /** Absent: it runs. */
  exitCode?: number;
}

/**
 * Nodes whose runs go on when the engine dies, and that refuse a second start of one claim: what the runners of real nodes
 * do. Nothing is forgotten here; what was there at any moment can be asked for.
 */
export class ClaimedWorld {
  readonly #claims: Map<number, Claim>;
  readonly #exitCode: (task: string, attempt: number) => number;
  /** Claims of a task that was not over when another was made. */
  readonly startedTwice: string[] = [];
  #listener: ((reports: Report[]) => void) | undefined;

  constructor(exitCode: (task: string, attempt: number) => number, claims: readonly Claim[] = []) {
    this.#exitCode = exitCode;
    this.#claims = new Map(claims.map((claim) => [claim.sequence, { ...claim }]));
    // What ran goes on.
    for (const claim of this.#claims.values()) if (claim.exitCode === undefined) this.#run(claim);
  }

  /** As it is now. */
  claims(): Claim[] {
    return [...this.#claims.values()].map((claim) => ({ ...claim }));
  }

  executor(): Executor {
    return new WorldExecutor(this);
  }

  /** @internal */
  listen(listener: ((reports: Report[]) => void) | undefined): void {
    this.#listener = listener;
  }

  /** @internal */
  start(run: number, sequence: number, task: string): void {
    const known = this.#claims.get(sequence);
    if (known !== undefined) {
      if (known.exitCode !== undefined) this.#report(known);
      return;
    }
    const others = this.claims().filter((claim) => claim.task === task);
    if (others.some(({ exitCode }) => exitCode === undefined || exitCode === 0)) {
      this.startedTwice.push(task);
    }
    const claim: Claim = { run, sequence, task };
    this.#claims.set(sequence, claim);
    this.#run(claim);
  }

  #run(claim: Claim): void {
    const attempt = this.claims().filter(({ task }) => task === claim.task).length;
    setTimeout(
      () => {
        claim.exitCode = this.#exitCode(claim.task, attempt);
        this.#report(claim);
      },
      (claim.sequence * 7) % 4,
    );
  }

  #report({ run, sequence, exitCode = 0 }: Claim): void {
    this.#listener?.([{ kind: ReportKind.runEnded, run, sequence, exitCode }]);
  }
}

class WorldExecutor implements Executor {
  readonly name = 'world';
  readonly onThisMachine = true;
  readonly #world: ClaimedWorld;
  #host: ExecutorHost | undefined;

  constructor(world: ClaimedWorld) {
    this.#world = world;
  }

  async open(host: ExecutorHost): Promise<void> {
    this.#host = host;
    this.#world.listen((reports) => host.report(reports));
  }

  async attach(outstanding: EffectBatch): Promise<void> {
    this.carryOut(outstanding);
  }

  carryOut(effects: EffectBatch): void {
    for (let i = 0; i < effects.length; i++) {
      const [kind, node, sequence] = [effects.kind(i), effects.node(i), effects.sequence(i)];
      if (kind === EffectKind.getNode) {
        this.#host?.report([{ kind: ReportKind.nodeReady, node, sequence }]);
      } else if (kind === EffectKind.startRun) {
        const run = effects.run(i);
        const details = effects.catalog.run(run, sequence);
        // Else it is over already.
        if (details === undefined) continue;
        this.#world.start(run, sequence, `${details.jobId}/${details.taskId}`);
      }
    }
  }

  async close(): Promise<void> {
    this.#world.listen(undefined);
    this.#host = undefined;
  }
}
