import { ShellExecutor } from '@berth/executors';
import { executorContract, shellCommands, shellFiles } from '@berth/executors/testing';
import { expect, test } from 'vitest';
import { CommandProvider } from '../../examples/executors/command-provider.ts';
import { WorkerExecutor } from '../../examples/executors/worker-executor.ts';
import { documents, read } from './documents.ts';

// docs/writing-an-executor.md shows two executors, complete; they keep the contract.

test.each(['worker-executor.ts', 'command-provider.ts'])(
  'the document shows %s as it is',
  (file) => {
    const page = documents.find(({ name }) => name === 'docs/writing-an-executor.md');
    expect(page?.blocks.map(({ text }) => text)).toContain(read(`examples/executors/${file}`));
  },
);

const functions = new URL('../../examples/executors/functions.mjs', import.meta.url);
executorContract('the worker executor', {
  create: () => new WorkerExecutor(functions),
  commands: {
    exit: (code) => `exit ${code}`,
    exitLater: (afterMs, code) => `exitLater ${afterMs} ${code}`,
    mark: (file) => `mark ${encodeURI(file)}`,
    beat: (file) => `beat ${encodeURI(file)}`,
  },
  survives: false,
  startTasks: false,
});

executorContract('the shell executor over a command', {
  create: () => new ShellExecutor(new CommandProvider('nice', () => ['nice', '-n', '1'])),
  commands: { ...shellCommands, lost: "sh -c 'kill -9 0'" },
  files: shellFiles,
  survives: true,
  startTasks: true,
});
