import type { Latency } from './statistics.ts';

/** What `npm run bench -- NAME` runs. */
export interface Benchmark {
  /** One line for the list. */
  summary: string;
  defaultTasks: number;
  /** What `--variant` may name; absent: there is nothing to choose. */
  variants?: readonly string[];
  /** Whether it knows what to do with `--workflows`. */
  takesWorkflows?: true;
  /** Of one that does its work in this process, not in children: bytes that so many tasks need. */
  bytesHere?: (tasks: number) => number;
  /** Sections as they come, or all at the end. @throws InputError for what it was given */
  run(tasks: number, wish: Wish): Promise<Section[]> | AsyncIterable<Section>;
}

/** What a user asked for beside the number of tasks. */
export interface Wish {
  /** Empty: what the benchmark takes by itself. */
  variants: readonly string[];
  /** Turns that count; absent: as many as the benchmark finds enough. */
  turns?: number;
  /** Whether the number of tasks is the user's. */
  sized: boolean;
  /** A file of recorded workflows, or a directory of them. */
  workflows?: string;
}

/** Contenders at the same work: one table. */
export interface Section {
  title: string;
  /** What one operation is. */
  unit: string;
  rows: Row[];
  variant?: string;
  /** What was varied, for plots: tasks, jobs, nodes. */
  size?: Readonly<Record<string, number>>;
  /** Measures this section again. */
  command?: string;
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
  /** In nanoseconds. */
  latency?: Latency;
  /** Of a process that did nothing else. */
  peakMegabytes?: number;
  /** Where the rows of a section are its variants. */
  variant?: string;
  /** How many, where the rows of a section differ in it. */
  operations?: number;
  /** What the contender gives for its price. */
  offers?: string;
  /** Why there are no figures. */
  skipped?: string;
  /** Measures this row again. */
  command?: string;
}
