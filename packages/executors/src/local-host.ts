import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeDetails } from '@berth/core';
import { BatchError } from '@berth/core';
import type { ExecutorCapabilities } from './capabilities.ts';
import type { Host, HostProvider, Pipe } from './host.ts';
import { isErrno, LocalFiles } from './local-files.ts';
import { Trash } from './local-trash.ts';
import { sessionFunction } from './runner-script.ts';

export interface LocalOptions {
  /** PATH of tasks, and of the runner. Default: the system's directories, then that of this Node. */
  path?: string;
  /** Any POSIX shell. */
  shell?: string;
}

/**
 * A small shell that is started while the engine is small and is the parent of every other process: a
 * process that holds many tasks takes 75 ms and more to fork.
 */
class Launcher {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  #waiting = new Map<string, { resolve(status: number): void; reject(error: Error): void }>();
  #serial = 0;
  #rest = '';
  dead = false;

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  constructor(shell: string, path: string) {
    // In a session of its own, so that Ctrl-C in a terminal does not reach it.
    this.#child = spawn(shell, [], {
      cwd: '/',
      detached: true,
      env: { PATH: path },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child.stdout.setEncoding('latin1');
    this.#child.stdout.on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const [id = '', status] = line.split(' ');
        this.#waiting.get(id)?.resolve(Number(status));
        this.#waiting.delete(id);
      }
    });
    this.#child.stdin.on('error', () => {}); // EPIPE: `exit` follows
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.dead = true;
        for (const { reject } of this.#waiting.values()) reject(new Error('The launcher died.'));
        this.#waiting.clear();
        resolve();
      };
      this.#child.on('error', end);
      this.#child.on('exit', end);
    });
    this.#child.stdin.write(sessionFunction);
  }

  run(script: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const id = `=${this.#serial++}`;
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${script}\necho "${id} $?"\n`);
    });
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.#ended;
    clearTimeout(late);
    this.#child.stdout.destroy();
  }
}

/** One that has not ended after so long has something else to do, or is none. */
const formerLauncherMs = 5_000;

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
  readonly pipeLimit: number = process.platform === 'darwin' ? 512 : 4096;
  readonly #run: (script: string) => Promise<number>;

  constructor(options: {
    root: string;
    trash: Trash;
    path: string;
    shell: string;
    run: (script: string) => Promise<number>;
  }) {
    this.root = options.root;
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

/** Whether the process that was started then is alive; `start` 0 where that is unknown. */
function isAlive(pid: number, start: number): boolean {
  if (process.platform === 'linux') return startOf(pid) === start;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

/** When a living process was started, in the system's own count; −1: there is none. Linux only. */
function startOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? -1 : Number(fields[19]);
  } catch {
    return -1;
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
  // All nodes are this machine, and reach one another over its loopback.
  readonly capabilities: Partial<ExecutorCapabilities> = { interNodeCommunication: true };
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
    await this.#awaitFormerLauncher();
    // The first answer says that it is there.
    await this.#run(':');
  }

  async get(node: NodeDetails): Promise<Host> {
    const root = join(this.#pool(node.accountName, node.poolId), node.nodeId);
    this.#trash.adopt(`${root}/volatile/trash`);
    return new LocalHost({
      root,
      trash: this.#trash,
      path: this.#path,
      shell: this.#shell,
      run: (script) => this.#run(script),
    });
  }

  async release(host: Host): Promise<void> {
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

  get #launcherFile(): string {
    return join(this.#directory, 'launcher.pid');
  }

  /**
   * That of an engine that was killed still carries out what it was told, and then ends. Shells that it starts must
   * not be started a second time meanwhile.
   */
  async #awaitFormerLauncher(): Promise<void> {
    if (!existsSync(this.#launcherFile)) return;
    const [pid = 0, start = 0] = readFileSync(this.#launcherFile, 'latin1').split(' ').map(Number);
    const deadline = performance.now() + formerLauncherMs;
    while (pid > 0 && isAlive(pid, start) && performance.now() < deadline) await sleep(5);
  }

  #pool(accountName: string, poolId: string): string {
    return join(this.#directory, 'nodes', accountName, poolId);
  }

  #run(script: string): Promise<number> {
    if (this.#launcher === undefined || this.#launcher.dead) {
      this.#launcher = new Launcher(this.#shell, this.#path);
      const { pid } = this.#launcher;
      // Before it is told anything.
      writeFileSync(this.#launcherFile, `${pid} ${Math.max(0, startOf(pid))}\n`);
    }
    return this.#launcher.run(script);
  }
}
