import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  EffectBatch,
  EffectCatalog,
  KillReason,
  NodeDetails,
  Report,
  RunDetails,
  RunEnded,
  StartTaskDetails,
} from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor } from '@berth/executors';
import type { BlobStore } from '@berth/storage';
import { DirectoryBlobStore, FileSecretStore } from '@berth/storage';

/** One effect, as a test writes it. */
export interface Effect {
  kind: EffectKind;
  node?: number;
  run?: number;
  sequence?: number;
  killReason?: KillReason;
  removal?: { accountName: string; poolId: string; jobId: string; taskId?: string };
}

export function nodeDetails(node: number, poolId = 'pool'): NodeDetails {
  return {
    accountName: 'account',
    poolId,
    nodeId: `node-${node}`,
    sequence: 1,
    isDedicated: true,
    pool: {
      id: poolId,
      vmSize: 'local',
      targetDedicatedNodes: 1,
      taskSlotsPerNode: 4,
      taskSchedulingPolicy: { nodeFillType: 'spread' },
      metadata: [],
      executor: 'local',
      durability: 'written',
    },
    certificates: [],
    applicationPackages: [],
  };
}

export function runDetails(commandLine: string, more: Partial<RunDetails> = {}): RunDetails {
  return {
    poolId: 'pool',
    nodeId: 'node-1',
    jobId: 'job',
    taskId: 'task',
    commandLine,
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    accountName: 'account',
    ...more,
  };
}

/** A batch made of plain objects. */
export function effectBatch(effects: readonly Effect[], catalog: EffectCatalog): EffectBatch {
  const at = (i: number): Effect => {
    const effect = effects[i];
    if (effect === undefined) throw new RangeError(`no effect ${i}`);
    return effect;
  };
  return {
    length: effects.length,
    kind: (i) => at(i).kind,
    node: (i) => at(i).node ?? -1,
    run: (i) => at(i).run ?? -1,
    sequence: (i) => at(i).sequence ?? 0,
    mustSync: () => false,
    killReason: (i) => at(i).killReason ?? 'ended',
    removal: (i) => at(i).removal ?? { accountName: '', poolId: '', jobId: '' },
    catalog,
  };
}

/** Stands in for engine and runtime: gives effects, gathers reports. */
export class ScriptedEngine {
  readonly executor: Executor;
  readonly directory: string;
  readonly blobStore: BlobStore;
  readonly secrets: FileSecretStore;
  readonly reports: Report[] = [];
  readonly warnings: string[] = [];
  readonly runs = new Map<string, RunDetails>();
  #waiting: (() => void)[] = [];
  #sequence = 1;

  constructor(
    executor: Executor,
    directory: string = mkdtempSync(join(tmpdir(), 'berth executor-')),
  ) {
    this.executor = executor;
    this.directory = directory;
    this.blobStore = new DirectoryBlobStore(join(directory, 'blobs'));
    this.secrets = new FileSecretStore(join(directory, 'secrets'));
  }

  readonly startTasks = new Map<string, StartTaskDetails>();

  readonly catalog: EffectCatalog = {
    node: (node) => nodeDetails(node),
    run: (run, sequence) => this.runs.get(`${run}-${sequence}`),
    startTask: (node, sequence) => this.startTasks.get(`${node}-${sequence}`),
  };

  async open(outstanding: readonly Effect[] = [], present: readonly number[] = []): Promise<this> {
    await this.executor.open({
      directory: join(this.directory, 'executor'),
      blobStore: this.blobStore,
      secrets: this.secrets,
      report: (reports) => {
        this.reports.push(...reports);
        for (const wake of this.#waiting.splice(0)) wake();
      },
      warn: (message) => this.warnings.push(message),
    });
    await this.executor.attach(effectBatch(outstanding, this.catalog), present);
    return this;
  }

  carryOut(...effects: Effect[]): void {
    this.executor.carryOut(effectBatch(effects, this.catalog));
  }

  async node(node = 1): Promise<void> {
    const sequence = this.#sequence++;
    this.carryOut({ kind: EffectKind.getNode, node, sequence });
    await this.until(() =>
      this.reports.some((r) => r.kind === ReportKind.nodeReady && r.sequence === sequence),
    );
  }

  start(details: RunDetails, run: number, node = 1, sequence = run + 1_000): number {
    this.runs.set(`${run}-${sequence}`, details);
    this.carryOut({ kind: EffectKind.startRun, node, run, sequence });
    return sequence;
  }

  kill(run: number, killReason: KillReason = 'ended', node = 1, sequence = run + 1_000): void {
    this.carryOut({ kind: EffectKind.killRun, node, run, sequence, killReason });
  }

  ended(run: number): RunEnded[] {
    return this.reports.filter(
      (r) => r.kind === ReportKind.runEnded && r.run === run,
    ) as RunEnded[];
  }

  async end(run: number): Promise<RunEnded> {
    await this.until(() => this.ended(run).length > 0);
    const [first] = this.ended(run);
    if (first === undefined) throw new Error(`run ${run} has not ended`);
    return first;
  }

  #run = 1;
  /** Runs a task to its end. */
  async execute(commandLine: string, more: Partial<RunDetails> = {}): Promise<RunEnded> {
    const run = 10_000 + this.#run++;
    this.start(runDetails(commandLine, { taskId: `task${run}`, ...more }), run);
    return await this.end(run);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => {
          const seen = JSON.stringify({ reports: this.reports.slice(-5), warnings: this.warnings });
          reject(new Error(`waited in vain; ${seen}`));
        }, 15_000);
        this.#waiting.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
    }
  }

  taskDirectory(taskId: string, node = 1, jobId = 'job'): string {
    return join(this.root(node), 'workitems', jobId, 'job-1', taskId);
  }

  root(node = 1): string {
    return join(this.directory, 'executor', 'nodes', 'account', 'pool', `node-${node}`);
  }

  /** Ends everything and removes the directory. */
  async dispose(): Promise<void> {
    await this.executor.close();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
