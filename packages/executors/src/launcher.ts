import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from './local-files.ts';
import { sessionFunction } from './runner-script.ts';

/** A former launcher that has not ended after so long has something else to do, or is none. */
const formerLauncherMs = 5_000;

/**
 * A small shell that is started while the engine is small and is the parent of every other process: a
 * process that holds many tasks takes 75 ms and more to fork. One that dies is replaced.
 */
export class Launcher {
  readonly #file: string;
  readonly #shell: string;
  readonly #path: string;
  readonly #environment: Readonly<Record<string, string>>;
  #process: LauncherProcess | undefined;

  /** `directory`: where it is noted for the next life. `environment`: what its children find beside PATH. */
  constructor(
    directory: string,
    shell: string,
    path: string,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#environment = environment;
    this.#file = join(directory, 'launcher.pid');
    this.#shell = shell;
    this.#path = path;
  }

  async open(): Promise<void> {
    await this.#awaitFormer();
    // The first answer says that it is there.
    await this.run(':');
  }

  /** In the order of the calls; resolves with the exit status. */
  run(script: string): Promise<number> {
    return this.#there().run(script, false);
  }

  /** Beside everything else; resolves with the exit status. */
  runBeside(script: string): Promise<number> {
    return this.#there().run(script, true);
  }

  async close(): Promise<void> {
    await this.#process?.close();
  }

  #there(): LauncherProcess {
    if (this.#process === undefined || this.#process.dead) {
      this.#process = new LauncherProcess(this.#shell, { ...this.#environment, PATH: this.#path });
      const { pid } = this.#process;
      // Before it is told anything.
      writeFileSync(this.#file, `${pid} ${Math.max(0, startOf(pid))}\n`);
    }
    return this.#process;
  }

  /**
   * That of an engine that was killed still carries out what it was told, and then ends. Shells that it starts must
   * not be started a second time meanwhile.
   */
  async #awaitFormer(): Promise<void> {
    if (!existsSync(this.#file)) return;
    const [pid = 0, start = 0] = readFileSync(this.#file, 'latin1').split(' ').map(Number);
    const deadline = performance.now() + formerLauncherMs;
    while (pid > 0 && isAlive(pid, start) && performance.now() < deadline) await sleep(5);
  }
}

class LauncherProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;
  #waiting = new Map<string, { resolve(status: number): void; reject(error: Error): void }>();
  #serial = 0;
  #rest = '';
  dead = false;

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  constructor(shell: string, env: Record<string, string>) {
    // In a session of its own, so that Ctrl-C in a terminal does not reach it.
    this.#child = spawn(shell, [], {
      cwd: '/',
      detached: true,
      env,
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

  run(script: string, beside: boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const id = `=${this.#serial++}`;
      this.#waiting.set(id, { resolve, reject });
      const answered = `${script}\necho "${id} $?"\n`;
      this.#child.stdin.write(beside ? `{\n${answered}} </dev/null &\n` : answered);
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

/** Whether the process that was started then is alive; `start` 0 where that is unknown. */
export function isAlive(pid: number, start: number): boolean {
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
