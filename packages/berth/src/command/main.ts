#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { BatchError } from '@berth/core';
import type { Choice } from './command-line.ts';
import { parseCommandLine, UsageError, usage } from './command-line.ts';
import { loadPolicies } from './policies-file.ts';
import { replayJournal } from './replay.ts';
import {
  formatShown,
  formatState,
  inputAsJson,
  lineOf,
  showOf,
  stateOf,
} from './replay-results.ts';
import type { RunResults } from './results.ts';
import { exitCodeOf, formatResults } from './results.ts';
import { runJobFile } from './run.ts';
import { simulate } from './simulate.ts';
import { loadSimulatedJob } from './simulated-job.ts';
import { formatSimulated, simulatedAsJson } from './simulated-results.ts';
import { storageChoice } from './storage-choice.ts';

async function main(args: string[]): Promise<number> {
  const choice = parseCommandLine(args);
  switch (choice.command) {
    case 'help':
      await write(usage);
      return 0;
    case 'run':
      return run(choice);
    case 'simulate':
      return simulateFile(choice);
    case 'replay':
      return replay(choice);
  }
}

async function run({
  file,
  state,
  storage,
  restart,
  json,
}: Extract<Choice, { command: 'run' }>): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const results = await runJobFile({
      file,
      state,
      storage: storage === undefined ? undefined : await storageChoice(storage, process.env),
      restart,
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

async function simulateFile({
  file,
  policies,
  json,
  ...pool
}: Extract<Choice, { command: 'simulate' }>): Promise<number> {
  const job = await loadSimulatedJob(file, pool);
  const results = simulate(job, await loadPolicies(policies));
  for (const piece of json ? simulatedAsJson(results) : [formatSimulated(results)]) {
    await write(piece);
  }
  return exitCodeOf(results);
}

async function replay({
  path,
  end,
  show,
  account,
  hashes,
  policies,
  json,
}: Extract<Choice, { command: 'replay' }>): Promise<number> {
  const loaded = await loadPolicies(policies);
  let text = json ? '{\n  "inputs": [' : '';
  let pieces = 0;
  const put = async (more: string): Promise<void> => {
    text += more;
    if (text.length < bytesPerPiece) return;
    await write(text);
    text = '';
  };
  const replayed = await replayJournal({
    path,
    end,
    policies: loaded,
    async onInput(input, { engine }) {
      const hash = hashes ? engine.stateHash() : undefined;
      if (!json) return await put(lineOf(input, hash));
      const separator = pieces++ === 0 ? '\n    ' : ',\n    ';
      await put(`${separator}${JSON.stringify(inputAsJson(input, hash))}`);
    },
    warn: (message) => void process.stderr.write(`berth: ${message}\n`),
  });
  const shown = show === undefined ? undefined : showOf(replayed.engine, account, show);
  if (json) {
    const state = {
      state: stateOf(replayed, account),
      ...(shown !== undefined && { show: shown }),
    };
    await put(`${pieces === 0 ? '' : '\n  '}],\n${JSON.stringify(state, null, 2).slice(2)}\n`);
  } else {
    await put(
      `\n${shown === undefined ? formatState(stateOf(replayed, account)) : formatShown(shown)}`,
    );
  }
  await write(text);
  return 0;
}

/** Many lines in one write. */
const bytesPerPiece = 1 << 16;

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
