import type { JobSpecification, TaskTemplate } from '@berth/core';
import { EffectKind, Engine, InputBatch, ReportKind } from '@berth/core';

/** Work for the engine or its floor: full task lives on nodes that answer at once. */
export interface Load {
  tasks: number;
  jobs: number;
  nodes: number;
  slotsPerNode: number;
  nodeFillType: 'spread' | 'pack';
  submission: 'factory' | 'one by one';
  /** Jobs of the highest priority that cannot run: half wait for a dependency, half ask for too many slots. */
  blockedJobs: number;
}

export const standardLoad: Load = {
  tasks: 1_000_000,
  jobs: 100,
  nodes: 1_000,
  slotsPerNode: 8,
  nodeFillType: 'spread',
  submission: 'factory',
  blockedJobs: 0,
};

/** Reports that go into one batch, at most. */
export const batchSize = 4096;

export const priorities: readonly number[] = [-1000, -500, -3, 0, 7, 250, 999];
const sizes = [1, 2, 1, 4];

/** What the engine and the floor must agree on about the job at `index`: its place in `priorities`, slots and tasks. */
export function jobShape(
  load: Load,
  index: number,
): { rank: number; slots: number; tasks: number } {
  const from = Math.floor((load.tasks * index) / load.jobs);
  const to = Math.floor((load.tasks * (index + 1)) / load.jobs);
  return {
    rank: (index * 5) % priorities.length,
    slots: Math.min(sizes[index % sizes.length] ?? 1, load.slotsPerNode),
    tasks: to - from,
  };
}

const start = 1_700_000_000_000;

/** The load through `Engine.apply`, with a world around it that ends every run in the batch after its start. */
export class EngineLives {
  readonly engine: Engine = new Engine();
  readonly #load: Load;
  readonly #batch = new InputBatch();
  /** Those that have been asked for. */
  readonly #nodes: { node: number; sequence: number }[] = [];
  /** Ring of the runs that have not been reported: run, sequence. */
  readonly #running: Int32Array;
  #first = 0;
  #count = 0;
  #now = start;

  /** A pool whose nodes are on their way. */
  constructor(load: Load) {
    this.#load = load;
    this.#running = new Int32Array(2 * load.nodes * load.slotsPerNode);
    const { effects } = this.engine.apply(
      InputBatch.of(start, {
        type: 'addPool',
        pool: {
          id: 'pool',
          vmSize: 'none',
          targetDedicatedNodes: load.nodes,
          taskSlotsPerNode: load.slotsPerNode,
          taskSchedulingPolicy: { nodeFillType: load.nodeFillType },
          metadata: [],
          executor: 'none',
          durability: 'written',
        },
      }),
    );
    for (let index = 0; index < effects.length; index++) {
      this.#nodes.push({ node: effects.node(index), sequence: effects.sequence(index) });
    }
  }

  submit(): void {
    const { jobs, blockedJobs, submission } = this.#load;
    for (let index = 0; index < blockedJobs; index++) this.#submitBlocked(index);
    for (let index = 0; index < jobs; index++) {
      const { rank, slots, tasks } = jobShape(this.#load, index);
      const id = `job-${index}`;
      this.#command({ type: 'addJob', job: jobSpecification(id, priorities[rank] ?? 0) });
      if (submission === 'factory') this.#addFactory(id, tasks, template(slots));
      else this.#addOneByOne(id, tasks, slots);
    }
  }

  /** The nodes come up, and every start is answered until none is left; the number of lives that came to their end. */
  run(): number {
    for (let from = 0; from < this.#nodes.length; from += batchSize) {
      this.#batch.clear();
      for (const node of this.#nodes.slice(from, from + batchSize)) {
        this.#batch.report(this.#now, { kind: ReportKind.nodeReady, ...node });
      }
      this.#apply();
    }
    let lives = 0;
    while (this.#count > 0) {
      const count = Math.min(this.#count, batchSize);
      this.#batch.clear();
      this.#now++;
      for (let index = 0; index < count; index++) {
        const at = this.#first;
        const running = this.#running;
        this.#batch.runEnded(this.#now, running[at] ?? -1, running[at + 1] ?? -1, 0);
        this.#first = at + 2 === this.#running.length ? 0 : at + 2;
      }
      this.#count -= count;
      lives += count;
      this.#apply();
    }
    return lives;
  }

  #submitBlocked(index: number): void {
    const { slotsPerNode } = this.#load;
    const id = `blocked-${index}`;
    this.#command({
      type: 'addJob',
      job: { ...jobSpecification(id, 1000), usesTaskDependencies: true },
    });
    const waiting = { ...template(1), dependsOn: { taskIds: ['never'], taskIdRanges: [] } };
    this.#addFactory(id, 10, index % 2 === 0 ? waiting : template(slotsPerNode + 1));
  }

  #addFactory(jobId: string, tasks: number, repeatTask: TaskTemplate): void {
    if (tasks === 0) return;
    const parameterSets = [{ start: 1, end: tasks, step: 1 }];
    const factory = { type: 'parametricSweep', parameterSets, firstTaskId: 1, repeatTask } as const;
    this.#command({ type: 'addTaskFactory', jobId, factory });
  }

  /** A hundred to a command, as the client of the REST API would; each with its own id and command line. */
  #addOneByOne(jobId: string, tasks: number, slots: number): void {
    for (let from = 0; from < tasks; from += 100) {
      const numbers = Array.from({ length: Math.min(100, tasks - from) }, (_, i) => from + i);
      this.#command({
        type: 'addTasks',
        jobId,
        tasks: numbers.map((number) => oneTask(number, slots)),
      });
    }
  }

  #command(command: Parameters<InputBatch['command']>[1]): void {
    this.#batch.clear();
    this.#batch.command(this.#now, command);
    const refused = this.#apply().find(({ error, refused }) => error ?? refused?.length);
    if (refused !== undefined) throw new Error(`refused: ${JSON.stringify(refused)}`);
  }

  #apply(): ReturnType<Engine['apply']>['results'] {
    const { effects, results } = this.engine.apply(this.#batch);
    const running = this.#running;
    for (let index = 0; index < effects.length; index++) {
      if (effects.kind(index) !== EffectKind.startRun) throw new Error('not a start');
      let at = this.#first + 2 * this.#count++;
      if (at >= running.length) at -= running.length;
      running[at] = effects.run(index);
      running[at + 1] = effects.sequence(index);
    }
    return results;
  }
}

/** All of it: nodes, submission, lives. */
export function runEngine(load: Load): EngineLives {
  const lives = new EngineLives(load);
  lives.submit();
  const ended = lives.run();
  if (ended !== load.tasks) throw new Error(`${ended} of ${load.tasks} tasks came to their end`);
  return lives;
}

/** One of the tasks that are given one by one. */
export function oneTask(number: number, slots: number): TaskTemplate & { id: string } {
  return {
    ...template(slots),
    id: `task-${String(number).padStart(8, '0')}`,
    commandLine: `process --input slice-${number}.parquet --output result-${number}.json`,
  };
}

function template(requiredSlots: number): TaskTemplate {
  return {
    commandLine: 'process {0}',
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    constraints: {},
    requiredSlots,
  };
}

function jobSpecification(id: string, priority: number): JobSpecification {
  return {
    id,
    priority,
    constraints: { maxTaskRetryCount: 0 },
    commonEnvironmentSettings: [],
    poolInfo: { poolId: 'pool' },
    onAllTasksComplete: 'noaction',
    usesTaskDependencies: false,
    metadata: [],
  };
}
