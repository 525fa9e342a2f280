import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quote } from './command-line.ts';
import type { Host, Pipe } from './host.ts';
import { HostLostError } from './host.ts';
import type { Launcher } from './launcher.ts';
import type { Transfer } from './remote-files.ts';
import { RemoteFiles } from './remote-files.ts';
import { RemoteShell } from './remote-shell.ts';
import { sessionFunction } from './runner-script.ts';
import type { ChannelOpener } from './shell-channel.ts';
import { processChannel } from './shell-channel.ts';

/** How a host is reached: by a command that gives a POSIX shell there, and another beside it for each file. */
export interface ShellCommands {
  /** Words of a command that connects its standard input and output with a shell there. */
  session: readonly string[];
  /** Words of a command that runs `script` there. */
  transfer(script: string): readonly string[];
  /** Status by which a transfer says that it could not be made, rather than that its script failed. */
  refused: number;
}

export interface RemoteHostOptions {
  launcher: Launcher;
  commands: ShellCommands;
  /** Of this connection alone, on this machine. */
  directory: string;
  /** Directory of the node on the host: absolute, or below the home directory there. */
  root: string;
  path: string;
  shell: string;
  /** By which the other nodes of its pool reach it. Default: the one by which we do, or one that it has. */
  address?: string;
}

/** How a host is reached whose shell is no process of this machine. */
export interface ChannelOptions {
  /** Leads to a shell there. */
  channel: ChannelOpener;
  /** Runs a script there beside the shell, at most four at once. With a HostLostError the shell is lost, too. */
  transfer: Transfer;
  /** Of this connection alone, on this machine: for files on their way. */
  directory: string;
  /** Absolute, or below the home directory there. */
  root: string;
  path: string;
  shell: string;
  /** By which the other nodes of its pool reach it. Default: one that it has. */
  address?: string;
  /** Processors of the node. Default: what it says itself. */
  cores?: number;
  hasRestarted?: boolean;
  /** What tasks find there beside PATH and LANG. */
  environment?: Readonly<Record<string, string>>;
  /** A host that leaves the shell without an answer for so long is lost. Absent: the channel itself notices. */
  keepAliveMs?: number;
}

/** So many files are on their way at once; a server may allow as few as ten channels. */
const transfersAtOnce = 4;
const transferTries = 5;
/** A shell answers within so long. */
const answerMs = 60_000;

/** What the shell of a connection knows. The reader of the answers ends with it, or the connection would not. */
const connectScript = `
reader=
trap '[ -z "$reader" ] || kill "$reader"' 0
alive() { # PID START
  [ -d /proc/self ] || { kill -0 "$1" 2>/dev/null; return; }
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  was=$2
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "$1" != X ] && [ "\${20}" = "$was" ]
}
start_of() { # PID
  stat='0) 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0'
  [ -d /proc/self ] && read -r stat 2>/dev/null <"/proc/$1/stat"
  set -- \${stat##*) }
  echo "\${20}"
}
`;

/**
 * A node at the other end of a command that gives a shell. All goes through that one shell, but for the content of files.
 * What the node's own shells answer comes back on the command's standard error.
 */
export class RemoteHost implements Host {
  readonly root: string;
  readonly pipeLimit: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly shell: string;
  readonly files: RemoteFiles;
  readonly address: string;
  readonly cores: number;
  readonly hasRestarted: boolean;
  /** Resolves when the connection has ended, with the reason. */
  readonly lost: Promise<Error>;
  readonly #shell: RemoteShell;
  readonly #listeners: Set<(text: string) => void>;

  private constructor(options: {
    root: string;
    pipeLimit: number;
    environment: Readonly<Record<string, string>>;
    shell: string;
    address: string;
    cores: number;
    hasRestarted: boolean;
    files: RemoteFiles;
    remote: RemoteShell;
    listeners: Set<(text: string) => void>;
  }) {
    this.root = options.root;
    this.pipeLimit = options.pipeLimit;
    this.environment = options.environment;
    this.shell = options.shell;
    this.address = options.address;
    this.cores = options.cores;
    this.hasRestarted = options.hasRestarted;
    this.files = options.files;
    this.#shell = options.remote;
    this.#listeners = options.listeners;
    this.lost = options.remote.ended;
  }

  /**
   * Connects, and ends the connection that an earlier engine had to this node: nothing that it said is carried out any
   * more.
   * @throws HostLostError if no shell answers; its message is what the command complained of
   */
  static async connect(options: RemoteHostOptions): Promise<RemoteHost> {
    const { launcher, commands, directory } = options;
    return await RemoteHost.#reach(
      options,
      processChannel(launcher, join(directory, 'shell'), commands.session),
      (remote) => transferOver(launcher, commands, remote),
    );
  }

  /** The same over a channel that is given. */
  static async over(options: ChannelOptions): Promise<RemoteHost> {
    const host = await RemoteHost.#reach(options, options.channel, (remote) => {
      return async (script, ends) => {
        try {
          return await options.transfer(script, ends);
        } catch (error) {
          if (error instanceof HostLostError) remote.kill();
          throw error;
        }
      };
    });
    const { keepAliveMs } = options;
    if (keepAliveMs !== undefined) host.#keepAlive(keepAliveMs);
    return host;
  }

  static async #reach(
    options: Omit<ChannelOptions, 'channel' | 'transfer' | 'keepAliveMs'>,
    channel: ChannelOpener,
    transferWith: (remote: RemoteShell) => Transfer,
  ): Promise<RemoteHost> {
    const { path, shell } = options;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    const listeners = new Set<(text: string) => void>();
    const remote = new RemoteShell((text) => {
      for (const listener of listeners) listener(text);
    });
    // What leads somewhere else than to a shell may say nothing for ever.
    const late = setTimeout(() => remote.kill(), answerMs);
    try {
      await remote.open(channel);
    } catch (error) {
      const complaint = remote.complaint.trim();
      throw complaint === '' ? error : new HostLostError(complaint);
    } finally {
      clearTimeout(late);
    }
    await remote.exec(`PATH=${quote(path)}; export PATH; LC_ALL=C; export LC_ALL; umask 022
cd /${sessionFunction}${connectScript}`);
    const facts = await remote.exec(
      `echo "$HOME"; uname -s; getconf PIPE_BUF / 2>/dev/null || echo 512
getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
set -- $SSH_CONNECTION; echo "$3"; hostname -I 2>/dev/null || echo`,
    );
    const [home = '/', system = '', limit = '', cores = '', reached = '', own = ''] = facts.output
      .toString('utf8')
      .split('\n');
    const root = options.root.startsWith('/') ? options.root : `${home}/${options.root}`;
    const claimed = await remote.exec(takeOver(`${root}/volatile`));
    if (claimed.status !== 0) {
      await remote.close();
      throw new Error(
        `${root} cannot be used on the host: ${claimed.output.toString('utf8').trim()}`,
      );
    }
    return new RemoteHost({
      root,
      shell,
      // Some say more than what a writer of a shell puts out at once.
      pipeLimit: Math.min(4_096, Number(limit) || 512),
      cores: options.cores ?? (Number(cores) || 1),
      hasRestarted: options.hasRestarted ?? false,
      address: options.address ?? addressOf(reached, own),
      environment: {
        LANG: system === 'Darwin' ? 'en_US.UTF-8' : 'C.UTF-8',
        ...options.environment,
        PATH: path,
      },
      files: new RemoteFiles({
        root,
        shell: remote,
        transfer: someAtOnce(transferWith(remote)),
        local: join(options.directory, 'files'),
      }),
      remote,
      listeners,
    });
  }

  async run(script: string): Promise<number> {
    return (await this.#shell.exec(`${script}\n`)).status;
  }

  openPipe(path: string): Pipe {
    const pipe = quote(path);
    let isOpen = true;
    return {
      write: (text) => {
        const line = quote(text.replace(/\n$/, ''));
        if (isOpen) this.#shell.send(`[ -p ${pipe} ] && printf '%s\\n' ${line} 1<>${pipe}`);
      },
      close: () => {
        isOpen = false;
      },
    };
  }

  readPipe(path: string, onText: (text: string) => void): { close(): void } {
    this.#listeners.add(onText);
    const reader = quote(`${this.root}/volatile/reader.pid`);
    this.#shell.send(
      `cat 0<>${quote(path)} >&2 & reader=$!; echo "$reader $(start_of $reader)" >|${reader}`,
    );
    return {
      close: () => {
        this.#listeners.delete(onText);
        this.#shell.send(`[ -z "$reader" ] || kill "$reader"; reader=; rm -f ${reader}`);
      },
    };
  }

  async isAlive(pid: number, start: number): Promise<boolean> {
    return (await this.#shell.exec(`alive ${pid} ${start}`)).status === 0;
  }

  /** The node's directory; nothing runs there any more. */
  async removeAll(): Promise<void> {
    const root = quote(this.root);
    await this.#shell.exec(
      `cd /; g=${quote(`${this.root}.gone-`)}$$; mv -f -- ${root} "$g" && { rm -rf -- "$g" >/dev/null 2>&1 & }`,
    );
  }

  /** A node that was given up on this host: all that runs there, and its directory. */
  async clear(root: string): Promise<void> {
    await this.#shell.exec(`v=${quote(`${root}/volatile`)}
if [ -d "$v" ]; then
  for f in "$v"/*.pid; do
    read -r p s rest 2>/dev/null <"$f" && [ "$p" -gt 1 ] && alive "$p" "$s" && kill -KILL "$p"
  done
  if read -r key 2>/dev/null <"$v/key" || [ "$key" ]; then
    for tries in 1 2 3 4 5; do
      found=$(grep -lszF "BERTH_RUN=$key." /proc/[0-9]*/environ | tr -dc '0-9\\n')
      [ "$found" ] || break
      kill -KILL $found 2>/dev/null
    done
  fi
  rm -rf -- ${quote(root)}
fi`);
  }

  async close(): Promise<void> {
    await this.#shell.close();
  }

  /** Asks now and then, since nobody else notices that there is no answer any more. */
  #keepAlive(withinMs: number): void {
    let asked: NodeJS.Timeout | undefined;
    const timer = setInterval(() => {
      if (asked !== undefined) return;
      asked = setTimeout(() => this.#shell.kill(), withinMs).unref();
      this.#shell.exec(':').then(
        () => {
          clearTimeout(asked);
          asked = undefined;
        },
        () => {},
      );
    }, withinMs / 3).unref();
    void this.lost.then(() => {
      clearInterval(timer);
      clearTimeout(asked);
    });
  }
}

/** `reached`: the end of the connection at the host; its loopback, where it passes through another host. */
function addressOf(reached: string, own: string): string {
  const [first = ''] = own.trim().split(/\s+/);
  const isLoopback = reached === '' || reached.startsWith('127.') || reached === '::1';
  return isLoopback && first !== '' ? first : reached || '127.0.0.1';
}

/** The shell and the reader of an earlier connection end, and these are noted for the next one. */
function takeOver(volatile: string): string {
  const v = quote(volatile);
  return `mkdir -p -m 700 ${v} 2>&1 && v=${v} && {
for f in connection.pid reader.pid; do
  if read -r p s 2>/dev/null <"$v/$f" && [ "$p" -gt 1 ] && alive "$p" "$s"; then
    kill -KILL "$p"
    while alive "$p" "$s"; do sleep 0.05 2>/dev/null || sleep 1; done
  fi
  rm -f "$v/$f"
done
echo "$$ $(start_of $$)" >"$v/connection.pid"
} 2>&1`;
}

/** Runs scripts beside the shell. */
function transferOver(launcher: Launcher, commands: ShellCommands, remote: RemoteShell): Transfer {
  return async (script, { input = '/dev/null', output = '/dev/null', errors }) => {
    const command = commands.transfer(`PATH=$PATH; LC_ALL=C; umask 022\n${script}`);
    const line = `${command.map(quote).join(' ')} <${quote(input)} >|${quote(output)} 2>|${quote(errors)}`;
    for (let tries = 1; ; tries++) {
      const status = await launcher.runBeside(line);
      if (status !== commands.refused) return status;
      const over = await Promise.race([remote.ended, sleep(100 * tries).then(() => undefined)]);
      if (over !== undefined) throw over;
      if (tries === transferTries) throw new Error('A file could not be sent over the connection.');
    }
  };
}

function someAtOnce(transfer: Transfer): Transfer {
  let busy = 0;
  const waiting: (() => void)[] = [];
  return async (script, ends) => {
    if (busy >= transfersAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy++;
    try {
      return await transfer(script, ends);
    } finally {
      const next = waiting.shift();
      if (next === undefined) busy--;
      else next();
    }
  };
}
