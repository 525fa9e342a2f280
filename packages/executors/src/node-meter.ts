import type { NodeDetails, NodeMeasures, Report } from '@berth/core';
import { ReportKind } from '@berth/core';

/** As often as pools are sampled (semantics §6.6). */
const measuredEveryMs = 30_000;

/** Measures nodes while they are there, and reports it. */
export class NodeMeter {
  readonly #measure: (node: NodeDetails) => NodeMeasures;
  readonly #report: (report: Report) => void;
  readonly #nodes = new Map<number, { sequence: number; details: NodeDetails }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(measure: (node: NodeDetails) => NodeMeasures, report: (report: Report) => void) {
    this.#measure = measure;
    this.#report = report;
  }

  /** From now on; `sequence`: of the latest request for it. */
  watch(node: number, sequence: number, details: NodeDetails): void {
    this.#nodes.set(node, { sequence, details });
    this.#timer ??= setInterval(() => this.#look(), measuredEveryMs).unref();
  }

  forget(node: number): void {
    this.#nodes.delete(node);
    if (this.#nodes.size === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#nodes.clear();
  }

  #look(): void {
    for (const [node, { sequence, details }] of this.#nodes) {
      const kind = ReportKind.nodeSample;
      this.#report({ kind, node, sequence, ...this.#measure(details) });
    }
  }
}
