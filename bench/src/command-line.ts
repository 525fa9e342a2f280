import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark, Wish } from './benchmark.ts';

/** What was given cannot be used: exit code 2. */
export class InputError extends Error {}

/** It is the command line itself. */
export class UsageError extends InputError {}

/** What the command line asks for: a benchmark, or the report over their results. */
export type Choice =
  | { name: 'report' }
  | { name: string; benchmark: Benchmark; tasks: number; json: string | undefined; wish: Wish };

export type Benchmarks = ReadonlyMap<string, Benchmark>;

/** The command that measures the same again. */
export function commandLine(
  name: string,
  options: { tasks?: number; variant?: string; turns?: number | undefined },
): string {
  const words = Object.entries(options).flatMap(([option, value]) =>
    value === undefined ? [] : [` --${option} ${value}`],
  );
  return `npm run bench -- ${name}${words.join('')}`;
}

/** The command that was given, without the file. */
export function commandAsked(choice: Exclude<Choice, { name: 'report' }>): string {
  const { name, benchmark, tasks, wish } = choice;
  const isAll = wish.variants.length > 0 && wish.variants === benchmark.variants;
  const variants = isAll ? ['all'] : wish.variants;
  return [
    `npm run bench -- ${name}`,
    // Without it some benchmarks measure more than one size or variant.
    ...(wish.sized ? [`--tasks ${tasks}`] : []),
    ...variants.map((variant) => `--variant ${variant}`),
    ...(wish.turns === undefined ? [] : [`--turns ${wish.turns}`]),
    // Where they lie is nobody else's.
    ...(wish.workflows === undefined ? [] : ['--workflows PATH']),
  ].join(' ');
}

export function usage(benchmarks: Benchmarks): string {
  const width = Math.max(...[...benchmarks.keys()].map((name) => name.length)) + 2;
  const lines = [...benchmarks].flatMap(([name, { summary, defaultTasks, variants = [] }]) => [
    `  ${name.padEnd(width)}${summary} (${defaultTasks} tasks)`,
    ...wrapped(variants, 96 - width).map((words) => `  ${' '.repeat(width)}  ${words}`),
  ]);
  return `usage: npm run bench -- NAME [--tasks N] [--variant NAME …] [--turns N] [--workflows PATH] [--json FILE]
       npm run bench -- report

${lines.join('\n')}
  ${'report'.padEnd(width)}writes docs/benchmarks.md and the table of the README from bench/results/*.json

  --tasks N         how many tasks, reports or rows
  --variant NAME    only this one of the variants that are listed under a name; may be repeated; or "all"
  --turns N         turns that count, where a benchmark takes turns
  --workflows PATH  also these recorded workflows, a WfFormat 1.5 file or a directory of them
  --json FILE       write the figures there as well
`;
}

/** @throws UsageError for what there is not */
export function parseCommandLine(args: readonly string[], benchmarks: Benchmarks): Choice {
  const { values, positionals } = parse(args);
  const names = [...benchmarks.keys(), 'report'].join(', ');
  const [name, more] = positionals;
  if (name === undefined) throw new UsageError(`no NAME: one of ${names}`);
  if (more !== undefined) throw new UsageError(`one NAME, not also "${more}"`);
  if (name === 'report') {
    const [option] = Object.keys(values);
    if (option !== undefined) throw new UsageError(`report takes no --${option}`);
    return { name };
  }
  const benchmark = benchmarks.get(name);
  if (benchmark === undefined) throw new UsageError(`there is no "${name}": one of ${names}`);
  const tasks = integer('--tasks', values.tasks, 0x7fff_ffff);
  const turns = integer('--turns', values.turns, 1_000);
  const { json, workflows } = values;
  if (workflows !== undefined && benchmark.takesWorkflows !== true) {
    throw new UsageError(`${name} takes no --workflows`);
  }
  return {
    name,
    benchmark,
    tasks: tasks ?? benchmark.defaultTasks,
    json: json === undefined ? undefined : fromCaller(json),
    wish: {
      variants: variantsOf(name, benchmark, values.variant ?? []),
      sized: tasks !== undefined,
      ...(turns === undefined ? {} : { turns }),
      ...(workflows === undefined ? {} : { workflows: fromCaller(workflows) }),
    },
  };
}

function variantsOf(
  name: string,
  { variants = [] }: Benchmark,
  asked: readonly string[],
): readonly string[] {
  if (asked.length > 0 && variants.length === 0) {
    throw new UsageError(`${name} has no variants: leave --variant out`);
  }
  if (asked.includes('all')) return variants;
  for (const variant of asked) {
    if (!variants.includes(variant)) {
      const there = ['all', ...variants].join(', ');
      throw new UsageError(`--variant ${variant}: there is none in ${name}; it has ${there}`);
    }
  }
  return asked;
}

/** npm goes to the root first; file names are meant from where it was called. */
function fromCaller(file: string): string {
  return resolve(process.env['INIT_CWD'] ?? '.', file);
}

function integer(option: string, value: string | undefined, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,9}$/.test(value) || Number(value) > most) {
    throw new UsageError(`${option} ${value}: not an integer from 1 to ${most}`);
  }
  return Number(value);
}

function parse(args: readonly string[]): {
  values: { tasks?: string; variant?: string[]; turns?: string; workflows?: string; json?: string };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        tasks: { type: 'string' },
        variant: { type: 'string', multiple: true },
        turns: { type: 'string' },
        workflows: { type: 'string' },
        json: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The words in lines that are no wider. */
function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
