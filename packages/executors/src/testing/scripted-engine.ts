import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  EffectCatalog,
  KillReason,
  NodeDetails,
  NodeTaskDetails,
  Report,
  RunDetails,
  RunEnded,
  StartTaskDetails,
  StartTaskEnded,
} from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { BlobStore } from '@berth/storage';
import { DirectoryBlobStore, FileSecretStore } from '@berth/storage';
import type { Executor, ExecutorHost } from '../executor.ts';
import type { Effect } from './effects.ts';
import { effectBatch, nodeDetails, runDetails } from './effects.ts';

/** A test that waits for something longer than this fails. */
const patienceMs = 60_000;

/** Stands in for engine and runtime: gives effects, gathers reports. */
export class ScriptedEngine {
  readonly executor: Executor;
  readonly directory: string;
  readonly blobStore: BlobStore;
  readonly secrets: FileSecretStore;
  /** All that the executor has said, in order. */
  readonly reports: Report[] = [];
  readonly warnings: string[] = [];
  /** What the catalog knows: by `<run>-<sequence>`. */
  readonly runs: Map<string, RunDetails> = new Map();
  /** Where a node differs from {@link nodeDetails}. */
  readonly nodes: Map<number, Partial<NodeDetails>> = new Map();
  /** By `<node>-<sequence>`. */
  readonly startTasks: Map<string, StartTaskDetails> = new Map();
  readonly nodeTasks: Map<string, NodeTaskDetails> = new Map();
  /** Reports that came from inside `carryOut`, which they must not. */
  readonly early: Report[] = [];
  #carryingOut = false;
  #waiting: (() => void)[] = [];
  #sequence = 1;
  #run = 1;

  /** `directory`: that of an earlier life, to go on from there. */
  constructor(
    executor: Executor,
    directory: string = mkdtempSync(join(tmpdir(), 'berth executor-')),
  ) {
    this.executor = executor;
    this.directory = directory;
    this.blobStore = new DirectoryBlobStore(join(directory, 'blobs'));
    this.secrets = new FileSecretStore(join(directory, 'secrets'));
  }

  readonly catalog: EffectCatalog = {
    node: (node) => ({ ...nodeDetails(node), ...this.nodes.get(node) }),
    run: (run, sequence) => this.runs.get(`${run}-${sequence}`),
    nodeUsers: () => [],
    startTask: (node, sequence) => this.startTasks.get(`${node}-${sequence}`),
    nodeTask: (run, sequence) => this.nodeTasks.get(`${run}-${sequence}`),
  };

  /** `more`: where the executor's host is to differ. */
  async open(
    outstanding: readonly Effect[] = [],
    present: readonly number[] = [],
    more: Partial<ExecutorHost> = {},
  ): Promise<this> {
    await this.executor.open({
      directory: join(this.directory, 'executor'),
      blobStore: this.blobStore,
      secrets: this.secrets,
      report: (reports) => {
        if (this.#carryingOut) this.early.push(...reports);
        this.reports.push(...reports);
        for (const wake of this.#waiting.splice(0)) wake();
      },
      heartbeat: () => [],
      setOSVersions: () => {},
      warn: (message) => this.warnings.push(message),
      ...more,
    });
    await this.executor.attach(effectBatch(outstanding, this.catalog), present);
    return this;
  }

  carryOut(...effects: Effect[]): void {
    this.#carryingOut = true;
    try {
      this.executor.carryOut(effectBatch(effects, this.catalog));
    } finally {
      this.#carryingOut = false;
    }
  }

  /** Gets a node and waits until it is ready. Returns the sequence of the request. */
  async node(node = 1): Promise<number> {
    const sequence = this.#sequence++;
    this.carryOut({ kind: EffectKind.getNode, node, sequence });
    await this.nodeAnswer(ReportKind.nodeReady, sequence);
    return sequence;
  }

  start(details: RunDetails, run: number, node = 1, sequence: number = run + 1_000): number {
    this.runs.set(`${run}-${sequence}`, details);
    this.carryOut({ kind: EffectKind.startRun, node, run, sequence });
    return sequence;
  }

  kill(
    run: number,
    killReason: KillReason = 'ended',
    node = 1,
    sequence: number = run + 1_000,
  ): void {
    this.carryOut({ kind: EffectKind.killRun, node, run, sequence, killReason });
  }

  ended(run: number): RunEnded[] {
    return this.reports.filter(
      (report): report is RunEnded => report.kind === ReportKind.runEnded && report.run === run,
    );
  }

  /** Waits for the end of a run. */
  async end(run: number): Promise<RunEnded> {
    await this.until(() => this.ended(run).length > 0);
    const [first] = this.ended(run);
    if (first === undefined) throw new Error(`run ${run} has not ended`);
    return first;
  }

  /** Runs a task to its end. */
  async execute(commandLine: string, more: Partial<RunDetails> = {}): Promise<RunEnded> {
    const run = 10_000 + this.#run++;
    this.start(runDetails(commandLine, { taskId: `task${run}`, ...more }), run);
    return await this.end(run);
  }

  /** Runs a start task to its end. */
  async executeStartTask(
    details: StartTaskDetails,
    sequence: number,
    node = 1,
  ): Promise<StartTaskEnded> {
    this.startTasks.set(`${node}-${sequence}`, details);
    this.carryOut({ kind: EffectKind.runStartTask, node, sequence });
    return await this.startTaskEnd(sequence);
  }

  async startTaskEnd(sequence: number): Promise<StartTaskEnded> {
    const isIt = (report: Report): report is StartTaskEnded =>
      report.kind === ReportKind.startTaskEnded && report.sequence === sequence;
    await this.until(() => this.reports.some(isIt));
    const report = this.reports.find(isIt);
    if (report === undefined) throw new Error(`start task ${sequence} has not ended`);
    return report;
  }

  /** Waits for what a node has to say to the request `sequence`. */
  async nodeAnswer(kind: ReportKind, sequence: number): Promise<void> {
    await this.until(() =>
      this.reports.some((r) => r.kind === kind && 'node' in r && r.sequence === sequence),
    );
  }

  /** Waits until `condition` holds; asked again after each report. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => {
          const seen = JSON.stringify({ reports: this.reports.slice(-5), warnings: this.warnings });
          reject(new Error(`waited in vain; ${seen}`));
        }, patienceMs);
        this.#waiting.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
    }
  }

  /** Closes the executor and removes the directory. */
  async dispose(): Promise<void> {
    await this.executor.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
