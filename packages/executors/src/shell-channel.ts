import { constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quote } from './command-line.ts';
import type { Launcher } from './launcher.ts';

/** The two ways of a shell somewhere else. */
export interface ShellChannel {
  /** To its standard input, in the order of the calls. */
  write(text: string, written?: () => void): void;
  /** Nothing more is written. */
  end(): void;
  /** Ends it at this end, whatever is at the other. */
  kill(): void;
  /** Resolves with how it ended, when all that it said has been heard. */
  readonly ended: Promise<string>;
  /** After the end: what it has left on this machine goes. */
  dispose(): void;
}

/** Makes one; what comes on its standard output and error is handed on as it comes. */
export type ChannelOpener = (
  onOutput: (data: Buffer) => void,
  onErrors: (data: Buffer) => void,
) => Promise<ShellChannel>;

/** What is still in a pipe when its writer has ended is read within so long. */
const drainMs = 30;

/**
 * A channel that is a long-lived process: a child of the launcher, its ends are FIFOs in `directory`, which is made here.
 * The engine itself never forks.
 */
export function processChannel(
  launcher: Launcher,
  directory: string,
  command: readonly string[],
): ChannelOpener {
  return async (onOutput, onErrors) => {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const [input, output, errors, pid] = ['in', 'out', 'err', 'pid'].map((name) =>
      quote(join(directory, name)),
    );
    await launcher.run(`mkfifo -m 600 ${input} ${output} ${errors}`);
    const socket = (name: string, onData?: (data: Buffer) => void): Socket => {
      // For both, so that opening does not wait and nobody's absence ends it.
      const fd = openSync(join(directory, name), constants.O_RDWR | constants.O_NONBLOCK);
      const isInput = onData === undefined;
      const opened = new Socket({ fd, readable: !isInput, writable: isInput });
      opened.on('error', () => {}); // `ended` says it
      if (onData !== undefined) opened.on('data', onData);
      return opened;
    };
    const ends = [socket('in'), socket('out', onOutput), socket('err', onErrors)];
    const ended = launcher
      .runBeside(
        `${command.map(quote).join(' ')} <${input} >${output} 2>${errors} &\necho $! >${pid}; wait $!`,
      )
      .then(
        async (status) => {
          await sleep(drainMs);
          return `status ${status}`;
        },
        (error: unknown) => String(error),
      );
    return {
      ended,
      write: (text, written) => ends[0]?.write(text, () => written?.()),
      end: () => ends[0]?.destroy(),
      kill: () => {
        launcher
          .run(`read -r p 2>/dev/null <${pid} && [ "$p" -gt 1 ] && kill "$p"`)
          .catch(() => {});
      },
      dispose: () => {
        for (const end of ends) end.destroy();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  };
}
