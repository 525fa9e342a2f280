import type { TaskConstraints, TaskTemplate } from '@berth/core';
import { EffectKind, Engine, InputBatch, ReportKind } from '@berth/core';
import type { Submission } from './load-specifications.ts';
import { alikeTask, jobSpecification, oneTask, template } from './load-specifications.ts';

/** Work for the engine or its floor: full task lives on nodes that answer at once. */
export interface Load {
  tasks: number;
  jobs: number;
  nodes: number;
  slotsPerNode: number;
  /** Slots that a task asks for: each job takes the next of these. */
  slotSizes: readonly number[];
  nodeFillType: 'spread' | 'pack';
  submission: Submission;
  /** Jobs of the highest priority that cannot run: half wait for a dependency, half ask for too many slots. */
  blockedJobs: number;
}

export const standardLoad: Load = {
  tasks: 1_000_000,
  jobs: 100,
  nodes: 1_000,
  slotsPerNode: 8,
  slotSizes: [1, 2, 1, 4],
  nodeFillType: 'spread',
  submission: 'factory',
  blockedJobs: 0,
};

/** Reports that go into one batch, at most. */
export const batchSize = 4096;

export const priorities: readonly number[] = [-1000, -500, -3, 0, 7, 250, 999];

/** One run in so many exits with 1: its task is run again, if its policy lets it. */
export const failureEvery = 64;

const hour = 3_600_000;

/** Each job takes the next of these; those that allow a retry come first. */
const policies: readonly TaskConstraints[] = [
  { maxTaskRetryCount: 1, maxWallClockTimeMs: hour },
  { maxTaskRetryCount: 1 },
  { maxWallClockTimeMs: hour },
  {},
  {},
];

/** What the engine and the floor must agree on about a job. */
export interface JobShape {
  /** Its place in `priorities`. */
  rank: number;
  slots: number;
  tasks: number;
  /** So many of its first tasks may be retried once. */
  retriable: number;
  /** How its tasks are given: in order, so many at a time. */
  parts: { tasks: number; constraints: TaskConstraints }[];
}

/** Where there are fewer jobs than policies, each job has tasks of every policy. */
export function jobShape(load: Load, index: number): JobShape {
  const tasks = shareOf(load.tasks, index, load.jobs);
  const parts =
    load.jobs < policies.length
      ? policies.map((constraints, part) => ({
          tasks: shareOf(tasks, part, policies.length),
          constraints,
        }))
      : [{ tasks, constraints: policies[index % policies.length] ?? {} }];
  let retriable = 0;
  for (const part of parts) if (part.constraints.maxTaskRetryCount === 1) retriable += part.tasks;
  return {
    rank: (index * 5) % priorities.length,
    slots: Math.min(load.slotSizes[index % load.slotSizes.length] ?? 1, load.slotsPerNode),
    tasks,
    retriable,
    parts,
  };
}

function shareOf(total: number, index: number, shares: number): number {
  return Math.floor((total * (index + 1)) / shares) - Math.floor((total * index) / shares);
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
  /** All that have come to their end. */
  #runs = 0;

  /** A pool whose nodes are on their way, and the jobs that are blocked. */
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
    for (let index = 0; index < load.blockedJobs; index++) this.#submitBlocked(index);
  }

  /** Runs that have come to their end: more than tasks, since some are retried. */
  get runs(): number {
    return this.#runs;
  }

  /** Runs that have been started and not been reported. */
  get running(): number {
    return this.#count;
  }

  /** The jobs of the load, or of another for the same pool, with names of their own. */
  submit(load: Load = this.#load, name = 'job'): void {
    for (let index = 0; index < load.jobs; index++) {
      const { rank, slots, parts } = jobShape(load, index);
      const id = `${name}-${index}`;
      this.#command({ type: 'addJob', job: jobSpecification(id, priorities[rank] ?? 0) });
      let given = 0;
      for (const { tasks, constraints } of parts) {
        if (load.submission === 'factory') {
          this.#addFactory(id, given, tasks, template(slots, constraints));
        } else this.#addOneByOne(load, id, given, tasks, slots, constraints);
        given += tasks;
      }
    }
  }

  comeUp(): void {
    for (let from = 0; from < this.#nodes.length; from += batchSize) {
      this.#batch.clear();
      for (const node of this.#nodes.slice(from, from + batchSize)) {
        this.#batch.report(this.#now, { kind: ReportKind.nodeReady, ...node });
      }
      this.#apply();
    }
  }

  /** The nodes come up, and every start is answered until none is left. */
  run(): void {
    this.comeUp();
    while (this.#count > 0) this.end(Math.min(this.#count, batchSize));
  }

  /** So many runs end, those first that started first, and what starts because of it is read. */
  end(count: number): void {
    const running = this.#running;
    const batch = this.#batch;
    const now = ++this.#now;
    batch.clear();
    let at = this.#first;
    let runs = this.#runs;
    for (let left = count; left > 0; left--) {
      const exitCode = ++runs % failureEvery === 0 ? 1 : 0;
      batch.runEnded(now, running[at] ?? -1, running[at + 1] ?? -1, exitCode);
      at = at + 2 === running.length ? 0 : at + 2;
    }
    this.#first = at;
    this.#runs = runs;
    this.#count -= count;
    this.#apply();
  }

  /** That all tasks came to their end and every invariant holds. @throws Error if not */
  audit(): void {
    const { jobs, tasks } = this.#load;
    let completed = 0;
    for (let index = 0; index < jobs; index++) {
      completed += this.engine.queries.taskCounts(`job-${index}`)?.taskCounts.completed ?? 0;
    }
    if (completed !== tasks) throw new Error(`${completed} of ${tasks} tasks came to their end`);
    const [broken] = this.engine.validate();
    if (broken !== undefined) throw new Error(`an invariant does not hold: ${broken}`);
  }

  #submitBlocked(index: number): void {
    const { slotsPerNode } = this.#load;
    const id = `blocked-${index}`;
    this.#command({
      type: 'addJob',
      job: { ...jobSpecification(id, 1000), usesTaskDependencies: true },
    });
    const waiting = { ...template(1), dependsOn: { taskIds: ['never'], taskIdRanges: [] } };
    this.#addFactory(id, 0, 10, index % 2 === 0 ? waiting : template(slotsPerNode + 1));
  }

  #addFactory(jobId: string, given: number, tasks: number, repeatTask: TaskTemplate): void {
    if (tasks === 0) return;
    const parameterSets = [{ start: 1, end: tasks, step: 1 }];
    const firstTaskId = given + 1;
    const factory = { type: 'parametricSweep', parameterSets, firstTaskId, repeatTask } as const;
    this.#command({ type: 'addTaskFactory', jobId, factory });
  }

  /** A hundred to a command, as the client of the REST API would. */
  #addOneByOne(
    { submission }: Load,
    jobId: string,
    given: number,
    count: number,
    slots: number,
    constraints: TaskConstraints,
  ): void {
    const make = submission === 'one by one' ? oneTask : alikeTask;
    for (let from = given; from < given + count; from += 100) {
      const tasks = Array.from({ length: Math.min(100, given + count - from) }, (_, i) =>
        make(from + i, slots, constraints),
      );
      this.#command({ type: 'addTasks', jobId, tasks });
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
    const { length } = effects;
    let at = this.#first + 2 * this.#count;
    if (at >= running.length) at -= running.length;
    for (let index = 0; index < length; index++) {
      if (effects.kind(index) !== EffectKind.startRun) throw new Error('not a start');
      running[at] = effects.run(index);
      running[at + 1] = effects.sequence(index);
      at = at + 2 === running.length ? 0 : at + 2;
    }
    this.#count += length;
    return results;
  }
}

/** All of it: nodes, submission, lives, and that they were right. */
export function runEngine(load: Load): EngineLives {
  const lives = new EngineLives(load);
  lives.submit();
  lives.run();
  lives.audit();
  return lives;
}
