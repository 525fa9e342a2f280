import { CommandLine, splitCommand } from './command-line.ts';
import type { ScenarioCommand } from './commands.ts';
import { commands } from './commands.ts';
import { ScenarioError } from './scenario-error.ts';
import type { Step } from './scenario-text.ts';
import { formatScenario, parseScenario } from './scenario-text.ts';
import { ScenarioWorld } from './scenario-world.ts';

/**
 * Plays a scenario and returns its text with the output that there really was: the same text where all is
 * as expected. @throws ScenarioError for what is not a scenario, and where something that always holds does not.
 */
export function playScenario(text: string): string {
  const { parts } = parseScenario(text);
  const world = new ScenarioWorld();
  let lastLine = 1;
  const played = parts.map((part): Step | string => {
    if (typeof part === 'string') return part;
    lastLine = part.line;
    return { ...part, output: atLine(part.line, () => playStep(world, part.command)) };
  });
  atLine(lastLine, () => world.finish());
  return formatScenario(played);
}

function playStep(world: ScenarioWorld, text: string): string[] {
  const { words, options } = splitCommand(text);
  const { command, name } = findCommand(words);
  command(world, new CommandLine(name, words.slice(name.split(' ').length), options));
  return world.takeOutput();
}

function findCommand(words: readonly string[]): { command: ScenarioCommand; name: string } {
  for (const name of [words.slice(0, 2).join(' '), words[0] ?? '']) {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command !== undefined) return { command, name };
  }
  throw new Error(`unknown command "${words.slice(0, 2).join(' ')}"`);
}

function atLine<Result>(line: number, play: () => Result): Result {
  try {
    return play();
  } catch (error) {
    throw new ScenarioError(line, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
