import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Section } from './benchmark.ts';
import type { Choice } from './command-line.ts';
import { commandAsked, InputError, parseCommandLine, UsageError, usage } from './command-line.ts';
import { dag } from './dag.ts';
import { dispatch } from './dispatch.ts';
import { durable } from './durable.ts';
import { encoding } from './encoding.ts';
import { floor } from './floor.ts';
import { latency } from './latency.ts';
import { machineLine, peakMegabytes, thisMachine } from './machine.ts';
import { memory } from './memory.ts';
import { tooLittleMemory } from './memory-need.ts';
import { peers } from './peers.ts';
import { processes } from './processes.ts';
import { profile } from './profile.ts';
import { recovery } from './recovery.ts';
import { writeReport } from './report.ts';
import type { Result } from './result.ts';
import { rows } from './rows.ts';
import { simulate } from './simulate.ts';
import { sectionTable } from './table.ts';
import { transfers } from './transfers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** In the order of the list and of the report. */
const benchmarks: ReadonlyMap<string, Benchmark> = new Map(
  Object.entries({
    dispatch,
    memory,
    latency,
    peers,
    dag,
    simulate,
    floor,
    profile,
    encoding,
    rows,
    durable,
    recovery,
    transfers,
    processes,
  }),
);

/** Found out before the minutes that it takes to have something to write. */
function checkWritable(file: string): void {
  try {
    const there = existsSync(file);
    closeSync(openSync(file, 'a'));
    // Whoever is interrupted leaves no empty file.
    if (!there) rmSync(file);
  } catch (error) {
    throw new InputError(`--json ${file}: ${error instanceof Error ? error.message : error}`);
  }
}

async function measureAll(choice: Exclude<Choice, { name: 'report' }>): Promise<void> {
  const { name, benchmark, tasks, json, wish } = choice;
  const short = tooLittleMemory(benchmark.bytesHere?.(tasks) ?? 0);
  if (short !== undefined) throw new InputError(`${name} --tasks ${tasks} ${short}`);
  // While this process measures, no handler of ours could run: the signal's own way ends it at once.
  if (benchmark.bytesHere === undefined) exitOnSignals();
  if (json !== undefined) checkWritable(json);
  const command = commandAsked(choice);
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
  const peak = benchmark.bytesHere === undefined ? {} : { peakMegabytes: peakMegabytes() };
  if (peak.peakMegabytes !== undefined) {
    console.log(`peak memory of the process: ${peak.peakMegabytes} MB`);
  }
  if (json === undefined) return;
  const date = new Date().toISOString().slice(0, 10);
  const result: Result = { name, command, tasks, date, machine, sections, ...peak };
  writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

async function* inOrder(
  sections: Promise<Section[]> | AsyncIterable<Section>,
): AsyncGenerator<Section> {
  yield* Symbol.asyncIterator in sections ? sections : await sections;
}

/** An exit, so that child processes are ended on the way out. */
function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

try {
  const choice = parseCommandLine(process.argv.slice(2), benchmarks);
  if ('benchmark' in choice) await measureAll(choice);
  else for (const file of writeReport(root)) console.log(file);
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  const help = error instanceof UsageError ? `\n${usage(benchmarks)}` : '';
  process.stderr.write(`bench: ${error.message}\n${help}`);
  process.exitCode = 2;
}
