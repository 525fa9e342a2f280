import type {
  Command,
  EffectCatalog,
  JobSpecification,
  PoolSpecification,
  TaskSpecification,
} from '@berth/core';
import { EffectKind, Engine, InputBatch, ReportKind } from '@berth/core';
import type { Dag } from './dag-graph.ts';
import { batchSize } from './dispatch-load.ts';
import { oneTask } from './load-specifications.ts';

const start = 1_700_000_000_000;
const tasksPerCommand = 100;

/** A run that has been asked for. */
export interface StartedRun {
  run: number;
  sequence: number;
}

/** A job of tasks given one by one through `Engine.apply`; its host is the caller. */
export class DagLives {
  readonly engine: Engine = new Engine();
  readonly #batch = new InputBatch();
  readonly #nodes: { node: number; sequence: number }[] = [];
  #now = start;
  #catalog: EffectCatalog;

  /** The nodes are on their way. */
  constructor(nodes: number, slotsPerNode: number) {
    const pool: PoolSpecification = {
      id: 'pool',
      vmSize: 'none',
      targetDedicatedNodes: nodes,
      taskSlotsPerNode: slotsPerNode,
      taskSchedulingPolicy: { nodeFillType: 'spread' },
      metadata: [],
      executor: 'none',
      durability: 'written',
    };
    const { effects } = this.engine.apply(InputBatch.of(start, { type: 'addPool', pool }));
    this.#catalog = effects.catalog;
    for (let index = 0; index < effects.length; index++) {
      this.#nodes.push({ node: effects.node(index), sequence: effects.sequence(index) });
    }
    this.#command({ type: 'addJob', job });
  }

  /** The nodes come up when all tasks are there. */
  submit({ tasks, first, parents, ids }: Dag, dependencies: boolean): StartedRun[] {
    for (let from = 0; from < tasks; from += tasksPerCommand) {
      const added = ids.subarray(from, from + tasksPerCommand);
      const specifications = Array.from(added, (id, index): TaskSpecification => {
        const row = from + index;
        const taskIds = Array.from(parents.subarray(first[row], first[row + 1]), String);
        const given = { ...oneTask(id, 1), id: String(id) };
        if (!dependencies || taskIds.length === 0) return given;
        return { ...given, dependsOn: { taskIds, taskIdRanges: [] } };
      });
      this.#command({ type: 'addTasks', jobId: job.id, tasks: specifications });
    }
    this.#batch.clear();
    for (const node of this.#nodes) {
      this.#batch.report(this.#now, { kind: ReportKind.nodeReady, ...node });
    }
    return this.#apply();
  }

  /** Ends the runs, successfully; what starts because of that. */
  end(runs: readonly StartedRun[], milliseconds = 1): StartedRun[] {
    this.#now += milliseconds;
    this.#batch.clear();
    for (const { run, sequence } of runs) {
      this.#batch.report(this.#now, { kind: ReportKind.runEnded, run, sequence, exitCode: 0 });
    }
    return this.#apply();
  }

  /** The id of the task that a run which has just started is of. */
  taskOf({ run, sequence }: StartedRun): string | undefined {
    return this.#catalog.run(run, sequence)?.taskId;
  }

  /** Whole lives, each run ended in the batch after its start. */
  static run(dag: Dag, dependencies: boolean): DagLives {
    const lives = new DagLives(1_000, 8);
    let ended = 0;
    for (let runs = lives.submit(dag, dependencies); runs.length > 0; ) {
      const started: StartedRun[] = [];
      for (let from = 0; from < runs.length; from += batchSize) {
        const batch = runs.slice(from, from + batchSize);
        ended += batch.length;
        for (const run of lives.end(batch)) started.push(run);
      }
      runs = started;
    }
    if (ended !== dag.tasks) throw new Error(`${ended} of ${dag.tasks} tasks came to their end`);
    return lives;
  }

  #command(command: Command): void {
    this.#batch.clear();
    this.#batch.command(this.#now, command);
    this.#apply();
  }

  #apply(): StartedRun[] {
    const { effects, results } = this.engine.apply(this.#batch);
    this.#catalog = effects.catalog;
    const refused = results.find(({ error, refused }) => error ?? refused?.length);
    if (refused !== undefined) throw new Error(`refused: ${JSON.stringify(refused)}`);
    return Array.from({ length: effects.length }, (_, index) => {
      if (effects.kind(index) !== EffectKind.startRun) throw new Error('not a start');
      return { run: effects.run(index), sequence: effects.sequence(index) };
    });
  }
}

const job: JobSpecification = {
  id: 'job',
  priority: 0,
  constraints: { maxTaskRetryCount: 0 },
  commonEnvironmentSettings: [],
  poolInfo: { poolId: 'pool' },
  onAllTasksComplete: 'noaction',
  usesTaskDependencies: true,
  metadata: [],
};
