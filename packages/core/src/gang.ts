import type { InstancePlace } from './displaced-runs.ts';
import type { World } from './world.ts';

/** One of the runs of a multi-instance task (semantics §9); the first one is the primary. */
export interface Instance {
  /** Number of its node. */
  node: number;
  /** Row of its run, −1: it is over. */
  run: number;
  /** Its coordinationCommandLine has exited with 0. */
  coordinated: boolean;
  endTime?: number;
  exitCode?: number;
  /** Number of a failure (task-failure.ts); absent: none. */
  failure?: number;
  failureDetail?: string;
}

/** A multi-instance task as it runs: a row, and a run on each of its nodes. */
export interface Gang {
  /** Number of the job, and the row of the task. */
  readonly job: number;
  readonly row: number;
  /** When its nodes became its own, though they had to be prepared first; absent: they had not. */
  readonly preparingSince?: number;
  /** While they are prepared, the same. */
  startTime: number;
  readonly instances: readonly Instance[];
  /** All instances have coordinated, and the primary runs the task's commandLine. */
  commandStarted: boolean;
  /** Of its instances, the one whose failure ends all. */
  failed?: { id: number; exitCode?: number; reported: number; detail?: string };
}

/** The gangs that have instances which are not over. */
export class Gangs {
  /** By the runs of those instances. */
  readonly #byRun = new Map<number, Gang>();
  /** By start. */
  readonly #gangs = new Set<Gang>();

  add(gang: Gang): void {
    this.#gangs.add(gang);
    for (const { run } of gang.instances) if (run !== -1) this.#byRun.set(run, gang);
  }

  /** The gang that a run belongs to, and its place in it. */
  of(run: number): { gang: Gang; id: number } | undefined {
    const gang = this.#byRun.get(run);
    return gang && { gang, id: gang.instances.findIndex((instance) => instance.run === run) };
  }

  /** The instance is over. */
  delete(gang: Gang, instance: Instance): void {
    this.#byRun.delete(instance.run);
    instance.run = -1;
    if (gang.instances.every(({ run }) => run === -1)) this.#gangs.delete(gang);
  }

  hasJob(job: number): boolean {
    if (this.#gangs.size === 0) return false;
    return [...this.#gangs].some((gang) => gang.job === job);
  }

  /** In the order of their starts. */
  all(): Gang[] {
    return [...this.#gangs];
  }
}

/** Row of the run of its primary; −1: that is over, what is left of the gang has been told to end. */
export function primaryOf({ instances }: Gang): number {
  return instances[0]!.run;
}

export function placeOf({ instances, commandStarted }: Gang, id: number): InstancePlace {
  const nodes = instances.map(({ node }) => node);
  return { instance: id, nodes, runsCommand: id === 0 && commandStarted };
}

/** Of a run; `undefined`: it is no instance of a multi-instance task. */
export function placeOfRun(world: World, run: number): InstancePlace | undefined {
  const found = world.runs.isInstance(run) ? world.gangs.of(run) : undefined;
  return found && placeOf(found.gang, found.id);
}

/** Runs of its instances that are not over. */
export function liveRuns({ instances }: Gang): number[] {
  return instances.flatMap(({ run }) => (run === -1 ? [] : [run]));
}

/** An instance's coordinationCommandLine has exited with 0. False: it is none that was to do so. */
export function coordinated(world: World, run: number, sequence: number): boolean {
  const found = world.runs.is(run, sequence) ? world.gangs.of(run) : undefined;
  if (found === undefined) return false;
  const { gang, id } = found;
  const instance = gang.instances[id]!;
  if (instance.coordinated) return false;
  instance.coordinated = true;
  const primary = primaryOf(gang);
  const mayStart = primary !== -1 && world.runs.ending(primary) === 0;
  if (mayStart && gang.instances.every((one) => one.coordinated && one.run !== -1)) {
    gang.commandStarted = true;
    const node = world.runs.node(primary);
    const { mustSync } = world.pools[world.nodes[node]!.pool]!;
    world.effects.startPrimary(node, primary, world.runs.sequence(primary), mustSync);
  }
  return true;
}
