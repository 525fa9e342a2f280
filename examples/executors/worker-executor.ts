import { Worker } from 'node:worker_threads';
import type { EffectBatch, Report } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor, ExecutorHost } from '@berth/executors';

const script = `const { module, words: [name, ...rest] } = require('node:worker_threads').workerData;
import(module).then((functions) => functions[name](...rest)).then((code) => process.exit(code ?? 0));`;

/** `name argument…` calls a function of a module, each in a worker thread of its own. Runs die with this process. */
export class WorkerExecutor implements Executor {
  readonly name = 'worker';
  readonly onThisMachine = true;
  readonly #module: URL;
  readonly #workers = new Map<string, { node: number; worker: Worker }>();
  #host: ExecutorHost | undefined;

  constructor(module: URL) {
    this.#module = module;
  }

  async open(host: ExecutorHost): Promise<void> {
    this.#host = host;
  }

  /** Nothing of an earlier life runs any more: its runs are lost, all else is carried out. */
  async attach(outstanding: EffectBatch): Promise<void> {
    for (let i = 0; i < outstanding.length; i++) {
      const [run, sequence] = [outstanding.run(i), outstanding.sequence(i)];
      const kind = outstanding.kind(i);
      if (kind === EffectKind.startRun) this.#report({ kind: ReportKind.runLost, run, sequence });
      else if (isNodeTask(kind)) this.#report({ kind: ReportKind.nodeTaskEnded, run, sequence });
      else this.#carryOut(outstanding, i);
    }
  }

  carryOut(effects: EffectBatch): void {
    for (let i = 0; i < effects.length; i++) this.#carryOut(effects, i);
  }

  async close(): Promise<void> {
    this.#host = undefined;
    await this.#end(() => true);
  }

  #carryOut(effects: EffectBatch, i: number): void {
    const [node, run, sequence] = [effects.node(i), effects.run(i), effects.sequence(i)];
    const ready = (): void => this.#report({ kind: ReportKind.nodeReady, node, sequence });
    const gone = (): void => this.#report({ kind: ReportKind.nodeGone, node, sequence });
    const kind = effects.kind(i);
    if (kind === EffectKind.getNode) ready();
    else if (kind === EffectKind.rebootNode || kind === EffectKind.reimageNode) {
      this.#end((run) => run.node === node).then(ready);
    } else if (kind === EffectKind.releaseNode) this.#end((run) => run.node === node).then(gone);
    else if (kind === EffectKind.startRun) this.#start(effects, node, run, sequence);
    else if (kind === EffectKind.killRun) this.#end((_, key) => key === `${run}-${sequence}`);
    else if (kind === EffectKind.runStartTask) {
      const [failure, detail] = ['CommandLaunchFailed', 'There are no start tasks here.'] as const;
      this.#report({ kind: ReportKind.startTaskEnded, node, sequence, failure, detail });
    } else if (isNodeTask(kind)) this.#start(effects, node, run, sequence, true);
    else if (kind === EffectKind.killNodeTask) {
      this.#end((_, key) => key === `node task ${run}-${sequence}`);
    }
  }

  /** A task, or a preparation or release task of a job on the node. */
  #start(effects: EffectBatch, node: number, run: number, sequence: number, ofNode = false): void {
    const { catalog } = effects;
    const key = `${ofNode ? 'node task ' : ''}${run}-${sequence}`;
    const details = ofNode ? catalog.nodeTask(run, sequence) : catalog.run(run, sequence);
    if (details === undefined || this.#workers.has(key)) return; // over, or started before
    const workerData = { module: this.#module.href, words: details.commandLine.split(' ') };
    const worker = new Worker(script, { eval: true, workerData });
    this.#workers.set(key, { node, worker });
    let detail: string | undefined;
    worker.on('error', (error) => {
      detail = error.message;
    });
    worker.on('exit', (exitCode) => {
      this.#workers.delete(key);
      const said = detail === undefined ? {} : { detail };
      const kind = ofNode ? ReportKind.nodeTaskEnded : ReportKind.runEnded;
      this.#report({ kind, run, sequence, exitCode, ...said });
    });
  }

  /** A worker that has been terminated still says `exit`. */
  async #end(which: (run: { node: number }, key: string) => boolean): Promise<void> {
    const ending = [...this.#workers].filter(([key, run]) => which(run, key));
    await Promise.all(ending.map(([, { worker }]) => worker.terminate()));
  }

  /** Not at once: the engine may answer a report with effects. */
  #report(report: Report): void {
    queueMicrotask(() => this.#host?.report([report]));
  }
}

function isNodeTask(kind: EffectKind): boolean {
  return kind === EffectKind.runJobPreparation || kind === EffectKind.runJobRelease;
}
