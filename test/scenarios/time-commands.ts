import type { CommandLine } from './command-line.ts';
import type { ScenarioCommand } from './commands.ts';
import { scenarioStart } from './scenario-world.ts';
import { parseSpan } from './time-span.ts';

export const timeCommands: Record<string, ScenarioCommand> = {
  at(world, line) {
    const time = scenarioStart + span(line);
    line.end();
    if (time < world.clock) throw new Error('at: that is over; "clock" sets the clock back');
    world.advanceTo(time);
  },
  after(world, line) {
    const time = world.clock + span(line);
    line.end();
    world.advanceTo(time);
  },
  /** Only sets the host's clock: the next input says so. */
  clock(world, line) {
    world.clock = scenarioStart + span(line);
    line.end();
  },
  tick(world, line) {
    line.end();
    world.send({ type: 'tick' });
  },
};

function span(line: CommandLine): number {
  const word = line.word('a time');
  const milliseconds = parseSpan(word);
  if (milliseconds === undefined)
    throw new Error(`${line.name}: "${word}" is no time such as 1h30m`);
  return milliseconds;
}
