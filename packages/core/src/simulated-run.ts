import type { RunDetails } from './effect.ts';
import { nodeId } from './node.ts';
import { retryCountOf } from './task-transitions.ts';
import type { World } from './world.ts';

/**
 * A run of a simulation, as its functions see it. One object stands for run after run: read what you need
 * and do not keep it. Each property is computed when it is read.
 */
export interface SimulatedRun {
  readonly jobId: string;
  readonly taskId: string;
  /** Place of the task among those of its job, from 0 by creation: costs less than its id. */
  readonly taskIndex: number;
  /** Of the task before this run: 0 unless it has failed. */
  readonly retryCount: number;
  readonly requiredSlots: number;
  readonly poolId: string;
  /** `node-<n>` */
  readonly nodeId: string;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  /** Command line, environment and files. */
  readonly details: RunDetails;
}

/** Points at a row of the run table. */
export class RunCursor implements SimulatedRun {
  readonly #world: World;
  #run = -1;

  constructor(world: World) {
    this.#world = world;
  }

  at(run: number): this {
    this.#run = run;
    return this;
  }

  get jobId(): string {
    return this.#world.jobs[this.#world.runs.job(this.#run)]!.specification.id;
  }
  get taskId(): string {
    return this.#world.jobs[this.#world.runs.job(this.#run)]!.idOf(this.taskIndex);
  }
  get taskIndex(): number {
    return this.#world.runs.task(this.#run);
  }
  get retryCount(): number {
    return retryCountOf(this.#world.jobs[this.#world.runs.job(this.#run)]!, this.taskIndex);
  }
  get requiredSlots(): number {
    return this.#world.runs.slots(this.#run);
  }
  get poolId(): string {
    return this.#world.nodes[this.#world.runs.node(this.#run)]!.poolId;
  }
  get nodeId(): string {
    return nodeId(this.#world.nodes[this.#world.runs.node(this.#run)]!);
  }
  get startTime(): number {
    return this.#world.runs.start(this.#run);
  }
  get details(): RunDetails {
    return this.#world.run(this.#run, this.#world.runs.sequence(this.#run))!;
  }
}
