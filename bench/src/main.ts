import { closeSync, openSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { dag } from './dag.ts';
import { dispatch } from './dispatch.ts';
import { encoding } from './encoding.ts';
import { machineLine, peakMegabytes, thisMachine } from './machine.ts';
import { benchProcesses } from './processes.ts';
import { rows } from './rows.ts';
import { sectionTable } from './table.ts';
import { WorkflowError } from './wfformat.ts';

const processes: Benchmark = {
  summary: '/bin/true through the local executor, beside xargs',
  defaultTasks: 4_000,
  async run(tasks) {
    const rates = await benchProcesses({ tasks });
    const rows = rates.map(({ name, perSecond, ratio }) => ({
      name,
      perSecond,
      shareOfFloor: ratio,
    }));
    return [{ title: `${tasks} processes`, unit: 'task', rows }];
  },
};

const benchmarks = new Map<string, Benchmark>(
  Object.entries({ dispatch, dag, encoding, rows, processes }),
);

const usage = `usage: npm run bench -- NAME [--tasks N] [--workflows PATH] [--json FILE]

${[...benchmarks]
  .map(
    ([name, { summary, defaultTasks }]) => `  ${name.padEnd(11)}${summary} (${defaultTasks} tasks)`,
  )
  .join('\n')}

  --tasks N         how many tasks, reports or rows
  --workflows PATH  dag: also these recorded workflows, a WfFormat 1.5 file or a directory of them
  --json FILE       write the figures there as well
`;

/** The user's mistake: exit code 2. */
class UsageError extends Error {}

interface Choice {
  name: string;
  benchmark: Benchmark;
  tasks: number;
  json: string | undefined;
  workflows: string | undefined;
}

function choice(args: string[]): Choice {
  const { values, positionals } = parse(args);
  const [name, more] = positionals;
  if (name === undefined) throw new UsageError('no NAME');
  if (more !== undefined) throw new UsageError(`one NAME, not also "${more}"`);
  const benchmark = benchmarks.get(name);
  if (benchmark === undefined) throw new UsageError(`there is no "${name}"`);
  const { tasks = String(benchmark.defaultTasks) } = values;
  if (!/^[1-9]\d{0,9}$/.test(tasks) || Number(tasks) > 0x7fff_ffff) {
    throw new UsageError(`--tasks ${tasks}: not an integer from 1 to 2147483647`);
  }
  const json = values.json === undefined ? undefined : writable(values.json);
  const workflows = values.workflows === undefined ? undefined : fromCaller(values.workflows);
  return { name, benchmark, tasks: Number(tasks), json, workflows };
}

/** Found out before the minutes that it takes to have something to write. */
function writable(file: string): string {
  const path = fromCaller(file);
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new UsageError(`--json ${file}: ${error instanceof Error ? error.message : error}`);
  }
  return path;
}

/** npm goes to the root first; file names are meant from where it was called. */
function fromCaller(file: string): string {
  return resolve(process.env['INIT_CWD'] ?? '.', file);
}

function parse(args: string[]): {
  values: { tasks?: string; json?: string; workflows?: string };
  positionals: string[];
} {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        tasks: { type: 'string' },
        json: { type: 'string' },
        workflows: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main({ name, benchmark, tasks, json, workflows }: Choice): Promise<void> {
  const command = `npm run bench -- ${name} --tasks ${tasks}`;
  const machine = thisMachine();
  console.log(`${command}\n${machineLine(machine)}\n`);
  const sections = await benchmark.run(tasks, workflows);
  for (const section of sections) console.log(`${sectionTable(section)}\n`);
  const peak = peakMegabytes();
  console.log(`peak memory of the process: ${peak} MB`);
  if (json === undefined) return;
  const result = { name, command, tasks, machine, peakMegabytes: peak, sections };
  writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

try {
  await main(choice(process.argv.slice(2)));
} catch (error) {
  if (error instanceof WorkflowError) process.stderr.write(`bench: ${error.message}\n`);
  else if (error instanceof UsageError) {
    process.stderr.write(`bench: ${error.message}\n\n${usage}`);
  } else throw error;
  process.exitCode = 2;
}
