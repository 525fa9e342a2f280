import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Section } from './benchmark.ts';
import { InputError } from './command-line.ts';
import type { Machine } from './machine.ts';

/** What a run of a benchmark writes as JSON: all that the report needs. */
export interface Result {
  name: string;
  command: string;
  tasks: number;
  /** Day of the measurement, as YYYY-MM-DD. */
  date: string;
  machine: Machine;
  sections: Section[];
  /** The most this process ever had resident, where it did the work itself. */
  peakMegabytes?: number;
}

/** Those of a folder, by the name of the benchmark and the number of tasks. */
export function readResults(folder: string): Result[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readResult(join(folder, file)))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.tasks - b.tasks));
}

function readResult(file: string): Result {
  try {
    // The cast is `--json`'s promise.
    return JSON.parse(readFileSync(file, 'utf8')) as Result;
  } catch (error) {
    throw new InputError(
      `${file} is no result of --json: ${error instanceof Error ? error.message : ''}`,
    );
  }
}
