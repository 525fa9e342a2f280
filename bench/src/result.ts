import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
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

/** What the report cannot do without; the rest is `--json`'s promise. */
const shape = z.looseObject({
  name: z.string(),
  command: z.string(),
  tasks: z.number(),
  date: z.string(),
  machine: z.looseObject({ processor: z.string() }),
  sections: z.array(z.looseObject({ title: z.string(), rows: z.array(z.unknown()) })),
});

/**
 * Those of a folder, by the name of the benchmark and the number of tasks.
 * @throws InputError if there is none, or one that is no result
 */
export function readResults(folder: string): Result[] {
  const files = existsSync(folder)
    ? readdirSync(folder).filter((file) => file.endsWith('.json'))
    : [];
  if (files.length === 0) {
    throw new InputError(
      `no results in ${folder}: npm run bench -- NAME --json bench/results/NAME.json makes one`,
    );
  }
  return files
    .map((file) => readResult(join(folder, file)))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.tasks - b.tasks));
}

function readResult(file: string): Result {
  try {
    const result: unknown = JSON.parse(readFileSync(file, 'utf8'));
    shape.parse(result);
    return result as Result;
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const what = issue === undefined ? String(error) : `${issue.path.join('.')}: ${issue.message}`;
    throw new InputError(`${file} is no result of --json: ${what}`);
  }
}
