#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { BatchError } from '@berth/core';
import type { RunResults } from './results.ts';
import { exitCodeOf, formatResults } from './results.ts';
import { runJobFile } from './run.ts';

const usage = `usage: berth run FILE [--state DIR] [--restart] [--json]

  run FILE      run a job file (JSON or YAML) to its end on this machine, and show the results;
                after an interruption the same command goes on where it was
  --state DIR   where the run is kept (default: .berth/<job id>)
  --restart     begin anew, whatever the state directory holds
  --json        print the results as JSON, and nothing else

exit code: 0 all tasks succeeded, 1 some did not, 2 the input is wrong,
           70 Berth itself failed, 130 interrupted
`;

/** The user's mistake: exit code 2. */
class UsageError extends Error {}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [command, file, ...rest] = positionals;
  if (command !== 'run') {
    throw new UsageError(command === undefined ? 'no command' : `unknown command "${command}"`);
  }
  if (file === undefined) throw new UsageError('run: no FILE');
  if (rest.length > 0) throw new UsageError(`run: one FILE, not also "${rest[0]}"`);
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const json = values.json === true;
  try {
    const results = await runJobFile({
      file,
      state: values.state,
      restart: values.restart === true,
      json,
      signal: interruption.signal,
      stdout: process.stdout,
      stderr: process.stderr,
      deliver: async (all) => await write(json ? asJson(all) : await asText(all)),
    });
    return exitCodeOf(results);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    process.stderr.write(
      'berth: interrupted; tasks that run go on, and the same command goes on from here\n',
    );
    return 130;
  }
}

function asJson(results: RunResults): string {
  return `${JSON.stringify(results, null, 2)}\n`;
}

async function asText(results: RunResults): Promise<string> {
  let text = formatResults(results);
  for (const { file, print } of results.downloads) {
    if (print) text += `\n${file}\n\n${await readFile(file, 'utf8')}`;
  }
  return text;
}

/** Resolves when it is with whoever reads, or they no longer do. */
async function write(text: string): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
}

function readArguments(args: string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      restart: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

// Whoever reads may stop reading (`| head`): the run goes on.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const refused = error instanceof UsageError || isRefusal(error);
    if (process.argv.includes('--json')) {
      const message = error instanceof Error ? error.message : String(error);
      const code = isRefusal(error) ? error.code : refused ? 'InvalidArguments' : 'InternalError';
      process.stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
    }
    if (error instanceof UsageError) process.stderr.write(`berth: ${error.message}\n\n${usage}`);
    else if (isRefusal(error)) process.stderr.write(`berth: ${error.message} (${error.code})\n`);
    else process.stderr.write(`berth: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = refused ? 2 : 70;
  },
);

/** An error that says what is wrong with the input or the state: no stack wanted. */
function isRefusal(error: unknown): error is Error & { code: string } {
  return (
    error instanceof BatchError ||
    (error instanceof Error &&
      (error.name === 'JournalError' || error.name === 'StateDirectoryInUse'))
  );
}
