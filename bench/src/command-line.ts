import { parseArgs } from 'node:util';
import type { Benchmark, Wish } from './benchmark.ts';

/** The user's mistake: exit code 2. */
export class UsageError extends Error {}

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

export function usage(benchmarks: Benchmarks): string {
  const width = Math.max(...[...benchmarks.keys()].map((name) => name.length)) + 2;
  const lines = [...benchmarks].flatMap(([name, { summary, defaultTasks, variants = [] }]) => [
    `  ${name.padEnd(width)}${summary} (${defaultTasks} tasks)`,
    ...wrapped(variants, 96 - width).map((words) => `  ${' '.repeat(width)}  ${words}`),
  ]);
  return `usage: npm run bench -- NAME [--tasks N] [--variant NAME …] [--turns N] [--json FILE]
       npm run bench -- report

${lines.join('\n')}
  ${'report'.padEnd(width)}writes docs/benchmarks.md and the table of the README from bench/results/*.json

  --tasks N       how many tasks, reports or rows
  --variant NAME  only this one of the variants that are listed under a name; may be repeated; or "all"
  --turns N       turns that count, where a benchmark takes turns
  --json FILE     write the figures there as well
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
  return {
    name,
    benchmark,
    tasks: tasks ?? benchmark.defaultTasks,
    json: values.json,
    wish: {
      variants: variantsOf(name, benchmark, values.variant ?? []),
      sized: tasks !== undefined,
      ...(turns === undefined ? {} : { turns }),
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
      throw new UsageError(
        `--variant ${variant}: ${name} has not got it, but all, ${variants.join(', ')}`,
      );
    }
  }
  return asked;
}

function integer(option: string, value: string | undefined, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,9}$/.test(value) || Number(value) > most) {
    throw new UsageError(`${option} ${value}: not an integer from 1 to ${most}`);
  }
  return Number(value);
}

function parse(args: readonly string[]): {
  values: { tasks?: string; variant?: string[]; turns?: string; json?: string };
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
