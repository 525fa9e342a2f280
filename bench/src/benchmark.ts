/** What `npm run bench -- NAME` runs. */
export interface Benchmark {
  /** One line for the list. */
  summary: string;
  defaultTasks: number;
  /** `workflows`: a path, for those that know what to do with it. */
  run(tasks: number, workflows?: string): Promise<Section[]>;
}

/** Contenders at the same work: one table. */
export interface Section {
  title: string;
  /** What one operation is. */
  unit: string;
  rows: Row[];
}

/** One contender with what was found out about it. */
export interface Row {
  name: string;
  /** Of all runs, in nanoseconds an operation. */
  median?: number;
  fastest?: number;
  slowest?: number;
  perSecond?: number;
  /** Floor over this, median of the turns: 1 is as fast as the floor. */
  shareOfFloor?: number;
  /** Part of the time that went into garbage collection. */
  gcShare?: number;
  /** Per operation. */
  bytes?: number;
}
