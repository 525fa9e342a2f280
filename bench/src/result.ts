import type { Section } from './benchmark.ts';
import type { Machine } from './machine.ts';

/** What a run of a benchmark writes as JSON: all that the report needs. */
export interface Result {
  name: string;
  command: string;
  tasks: number;
  /** Day of the measurement, as YYYY-MM-DD. */
  date: string;
  machine: Machine;
  /** Versions of what was measured beside Node, by name. */
  versions?: Readonly<Record<string, string>>;
  sections: Section[];
}
