import { accountCommands } from './account-commands.ts';
import { applicationCommands } from './application-commands.ts';
import { certificateCommands } from './certificate-commands.ts';
import type { CommandLine } from './command-line.ts';
import { jobCommands } from './job-commands.ts';
import { jobScheduleCommands } from './job-schedule-commands.ts';
import { nodeCommands } from './node-commands.ts';
import { poolCommands } from './pool-commands.ts';
import { reportCommands } from './report-commands.ts';
import type { ScenarioWorld } from './scenario-world.ts';
import { showCommands } from './show-commands.ts';
import { taskCommands } from './task-commands.ts';
import { timeCommands } from './time-commands.ts';

export type ScenarioCommand = (world: ScenarioWorld, line: CommandLine) => void;

/** By name, of one or two words. */
export const commands: Readonly<Record<string, ScenarioCommand>> = {
  ...timeCommands,
  ...accountCommands,
  ...poolCommands,
  ...nodeCommands,
  ...applicationCommands,
  ...certificateCommands,
  ...jobCommands,
  ...jobScheduleCommands,
  ...taskCommands,
  ...reportCommands,
  ...showCommands,
};
