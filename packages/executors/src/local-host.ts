import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { NodeDetails } from '@berth/core';
import { BatchError } from '@berth/core';
import type { Host, HostProvider, Pipe } from './host.ts';
import { isAlive, Launcher } from './launcher.ts';
import { LocalAddresses } from './local-addresses.ts';
import { isErrno, LocalFiles } from './local-files.ts';
import { Trash } from './local-trash.ts';

export interface LocalOptions {
  /** PATH of tasks, and of the runner. Default: the system's directories, then that of this Node. */
  path?: string;
  /** Any POSIX shell. */
  shell?: string;
}

/** `node:fs` streams on FIFOs would occupy the four threads of libuv: the descriptor is non-blocking. */
const bothEnds = constants.O_RDWR | constants.O_NONBLOCK;

class LocalPipe implements Pipe {
  readonly #fd: number;
  /** What did not fit: the shell is busy and 64 KiB are before it. */
  #queue: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(path: string) {
    this.#fd = openSync(path, bothEnds);
  }

  write(text: string): void {
    if (this.#closed) return;
    this.#queue.push(text);
    if (this.#timer === undefined) this.#flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    closeSync(this.#fd);
  }

  #flush(): void {
    this.#timer = undefined;
    for (let text = this.#queue[0]; text !== undefined; text = this.#queue[0]) {
      try {
        writeSync(this.#fd, text);
      } catch (error) {
        if (!isErrno(error, 'EAGAIN')) throw error;
        this.#timer = setTimeout(() => this.#flush(), 5);
        return;
      }
      this.#queue.shift();
    }
  }
}

class LocalHost implements Host {
  readonly root: string;
  readonly files: LocalFiles;
  readonly environment: Readonly<Record<string, string>>;
  readonly shell: string;
  readonly address: string;
  readonly cores: number = availableParallelism();
  readonly pipeLimit: number = process.platform === 'darwin' ? 512 : 4096;
  readonly #run: (script: string) => Promise<number>;

  constructor(options: {
    root: string;
    address: string;
    trash: Trash;
    path: string;
    shell: string;
    run: (script: string) => Promise<number>;
  }) {
    this.root = options.root;
    this.address = options.address;
    this.shell = options.shell;
    this.environment = {
      PATH: options.path,
      LANG: process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8',
    };
    this.files = new LocalFiles(options.root, options.trash);
    this.#run = options.run;
  }

  run(script: string): Promise<number> {
    return this.#run(script);
  }

  openPipe(path: string): Pipe {
    return new LocalPipe(path);
  }

  readPipe(path: string, onText: (text: string) => void): { close(): void } {
    const socket = new Socket({ fd: openSync(path, bothEnds), readable: true, writable: false });
    socket.setEncoding('latin1');
    socket.on('data', onText);
    return { close: () => socket.destroy() };
  }

  async isAlive(pid: number, start: number): Promise<boolean> {
    return isAlive(pid, start);
  }
}

/** `node` in a command line is the one that runs the engine where the system has none of its own. */
function defaultPath(): string {
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const own = dirname(process.execPath);
  return (system.includes(own) || own.includes(':') ? system : [...system, own]).join(':');
}

/** Nodes that are directories of this machine: `<directory>/nodes/<account>/<pool>/<node>`. */
export class LocalHostProvider implements HostProvider {
  readonly name = 'local';
  readonly onThisMachine = true;
  readonly capabilities = { interNodeCommunication: true };
  readonly isOneMachine = true;
  readonly #addresses = new LocalAddresses();
  readonly #path: string;
  readonly #shell: string;
  readonly #trash: Trash = new Trash();
  #directory = '';
  #launcher: Launcher | undefined;

  constructor(options: LocalOptions = {}) {
    this.#path = options.path ?? defaultPath();
    this.#shell = options.shell ?? '/bin/sh';
  }

  async open(directory: string): Promise<void> {
    if (process.platform !== 'linux' && process.platform !== 'darwin') {
      throw new BatchError({
        code: 'OperationNotValidOnNode',
        message: `The local executor runs on Linux and macOS; this is ${process.platform}. Give the pool another executor.`,
      });
    }
    this.#directory = directory;
    mkdirSync(join(directory, 'nodes'), { recursive: true });
    this.#trash.adopt(join(directory, 'trash'));
    this.#addresses.open(directory);
    this.#launcher = new Launcher(directory, this.#shell, this.#path);
    await this.#launcher.open();
  }

  async get(node: NodeDetails): Promise<Host> {
    const root = join(this.#pool(node.accountName, node.poolId), node.nodeId);
    this.#trash.adopt(`${root}/volatile/trash`);
    return new LocalHost({
      root,
      address: this.#addresses.of(root),
      trash: this.#trash,
      path: this.#path,
      shell: this.#shell,
      run: (script) => {
        if (this.#launcher === undefined) throw new Error('The executor is not open.');
        return this.#launcher.run(script);
      },
    });
  }

  async release(host: Host): Promise<void> {
    this.#addresses.release(host.root);
    this.#trash.take(host.root, join(this.#directory, 'trash'));
  }

  discard(accountName: string, poolId: string, directory: string): void {
    const pool = this.#pool(accountName, poolId);
    if (!existsSync(pool)) return;
    for (const nodeId of readdirSync(pool)) {
      const root = join(pool, nodeId);
      this.#trash.take(`${root}/${directory}`, `${root}/volatile/trash`);
    }
  }

  async close(): Promise<void> {
    this.#trash.close();
    await this.#launcher?.close();
  }

  #pool(accountName: string, poolId: string): string {
    return join(this.#directory, 'nodes', accountName, poolId);
  }
}
