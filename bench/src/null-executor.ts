import type { EffectBatch, Report } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor, ExecutorHost } from '@berth/executors';

/** Nodes that are ready at once, and runs that end at once with exit code 0. */
export class NullExecutor implements Executor {
  readonly name = 'null';
  readonly onThisMachine = true;
  #host: ExecutorHost | undefined;

  async open(host: ExecutorHost): Promise<void> {
    this.#host = host;
  }

  async attach(outstanding: EffectBatch): Promise<void> {
    this.carryOut(outstanding);
  }

  carryOut(effects: EffectBatch): void {
    const reports: Report[] = [];
    for (let i = 0; i < effects.length; i++) {
      const kind = effects.kind(i);
      const sequence = effects.sequence(i);
      if (kind === EffectKind.startRun) {
        reports.push({ kind: ReportKind.runEnded, run: effects.run(i), sequence, exitCode: 0 });
      } else if (kind === EffectKind.getNode) {
        reports.push({ kind: ReportKind.nodeReady, node: effects.node(i), sequence });
      }
    }
    this.#host?.report(reports);
  }

  async close(): Promise<void> {
    this.#host = undefined;
  }
}
