import { localExecutor } from '@berth/executors';
import type { SimulatedRun } from '@berth/executors/testing';
import {
  executorContract,
  SimulatedWorld,
  shellCommands,
  shellFiles,
  VirtualClock,
} from '@berth/executors/testing';
import { afterAll, beforeAll } from 'vitest';

executorContract('the local executor', {
  create: () => localExecutor(),
  // Its whole process group, to which the shell of its slot belongs.
  commands: { ...shellCommands, lost: "sh -c 'kill -9 0'" },
  files: shellFiles,
  capabilities: {
    interNodeCommunication: true,
    applicationPackages: true,
    certificates: true,
    deallocate: true,
  },
  survives: true,
  startTasks: true,
});

// Its command lines are how the run goes, as JSON, and the file that would be written to.
const clock = new VirtualClock();
const marks = new Map<string, number>();
const world = new SimulatedWorld(clock, {
  run: ({ commandLine }) => scripted(commandLine),
  startTask: ({ commandLine }) => scripted(commandLine),
});

function scripted(commandLine: string): SimulatedRun {
  const { file, ...run } = JSON.parse(commandLine) as SimulatedRun & { file?: string };
  if (file !== undefined) marks.set(file, (marks.get(file) ?? 0) + 1);
  const ends = run.exitCode !== undefined || run.failure !== undefined;
  return ends ? run : { ...run, durationMs: Number.POSITIVE_INFINITY };
}

let passing = true;
beforeAll(() => {
  const pass = async (): Promise<void> => {
    while (passing) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await clock.advance(5);
    }
  };
  void pass();
});
afterAll(() => {
  passing = false;
});

executorContract('the simulated executor', {
  create: () => world.executor(),
  commands: {
    exit: (exitCode) => JSON.stringify({ exitCode }),
    exitLater: (durationMs, exitCode) => JSON.stringify({ exitCode, durationMs }),
    mark: (file) => JSON.stringify({ file, exitCode: 0 }),
    beat: (file) => JSON.stringify({ file }),
    missing: JSON.stringify({ failure: 'CommandProgramNotFound', detail: 'no' }),
    lost: JSON.stringify({ exitCode: 0, lost: true }),
  },
  survives: true,
  startTasks: true,
  lines(file) {
    // What goes on appends a line whenever somebody looks.
    const goesOn = world.running.some((commandLine) => commandLine.includes(file));
    const before = marks.get(file) ?? 0;
    if (goesOn) marks.set(file, before + 1);
    return before;
  },
});
