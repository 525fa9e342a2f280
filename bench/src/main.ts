import { closeSync, openSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Benchmark, Section } from './benchmark.ts';
import type { Choice } from './command-line.ts';
import { parseCommandLine, UsageError, usage } from './command-line.ts';
import { dispatch } from './dispatch.ts';
import { encoding } from './encoding.ts';
import { floor } from './floor.ts';
import { latency } from './latency.ts';
import { machineLine, thisMachine } from './machine.ts';
import { memory } from './memory.ts';
import { peers } from './peers.ts';
import { processes } from './processes.ts';
import type { Result } from './result.ts';
import { rows } from './rows.ts';
import { simulate } from './simulate.ts';
import { sectionTable } from './table.ts';

/** In the order of the list and of the report. */
const benchmarks: ReadonlyMap<string, Benchmark> = new Map(
  Object.entries({
    dispatch,
    memory,
    latency,
    peers,
    simulate,
    floor,
    encoding,
    rows,
    processes,
  }),
);

/** Found out before the minutes that it takes to have something to write. */
function writable(file: string): string {
  // npm goes to the root first; file names are meant from where it was called.
  const path = resolve(process.env['INIT_CWD'] ?? '.', file);
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new UsageError(`--json ${file}: ${error instanceof Error ? error.message : error}`);
  }
  return path;
}

async function measureAll(choice: Exclude<Choice, { name: 'report' }>): Promise<void> {
  const { name, benchmark, tasks, json, wish } = choice;
  const path = json === undefined ? undefined : writable(json);
  const chosen = wish.variants.map((variant) => ` --variant ${variant}`).join('');
  const turns = wish.turns === undefined ? '' : ` --turns ${wish.turns}`;
  const command = `npm run bench -- ${name} --tasks ${tasks}${chosen}${turns}`;
  const machine = thisMachine();
  console.log(`${command}\n${machineLine(machine)}\n`);
  const sections: Section[] = [];
  for await (const section of inOrder(benchmark.run(tasks, wish))) {
    console.log(`${sectionTable(section)}\n`);
    sections.push(section);
  }
  // Where nothing could be measured, that is no success.
  if (sections.every(({ rows }) => rows.every(({ skipped }) => skipped !== undefined))) {
    process.exitCode = 1;
  }
  if (path === undefined) return;
  const date = new Date().toISOString().slice(0, 10);
  const result: Result = { name, command, tasks, date, machine, sections };
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
}

async function* inOrder(
  sections: Promise<Section[]> | AsyncIterable<Section>,
): AsyncGenerator<Section> {
  yield* Symbol.asyncIterator in sections ? sections : await sections;
}

try {
  const choice = parseCommandLine(process.argv.slice(2), benchmarks);
  if (!('benchmark' in choice)) throw new UsageError('not yet');
  await measureAll(choice);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n\n${usage(benchmarks)}`);
  process.exitCode = 2;
}
