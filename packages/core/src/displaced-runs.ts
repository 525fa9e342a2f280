/** Which instance of a multi-instance task a run is, the numbers of the nodes of all, whether it runs the commandLine. */
export interface InstancePlace {
  instance: number;
  nodes: number[];
  runsCommand: boolean;
}

/** A run that was ended to make room, until its executor has said that it is over. */
export interface DisplacedRun {
  run: number;
  sequence: number;
  node: number;
  job: number;
  /** Row of its task. */
  task: number;
  /** Of an instance of a multi-instance task. */
  gang?: InstancePlace;
}

/**
 * Runs whose tasks are active again and whose slots are taken, while their processes may still be there: what is
 * outstanding names them, and their job is not over before they are.
 */
export class DisplacedRuns {
  /** By sequence, which no two have at a time. */
  readonly #runs = new Map<number, DisplacedRun>();

  add(displaced: DisplacedRun): void {
    this.#runs.set(displaced.sequence, displaced);
  }

  get(run: number, sequence: number): DisplacedRun | undefined {
    const found = this.#runs.get(sequence);
    return found?.run === run ? found : undefined;
  }

  delete({ sequence }: DisplacedRun): void {
    this.#runs.delete(sequence);
  }

  hasJob(job: number): boolean {
    if (this.#runs.size === 0) return false;
    return [...this.#runs.values()].some((displaced) => displaced.job === job);
  }

  onNode(node: number): DisplacedRun[] {
    if (this.#runs.size === 0) return [];
    return [...this.#runs.values()].filter((displaced) => displaced.node === node);
  }

  /** In the order in which they were displaced. */
  all(): DisplacedRun[] {
    return [...this.#runs.values()];
  }
}
