import { randomBytes } from 'node:crypto';
import { constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { quote } from './command-line.ts';
import { HostLostError } from './host.ts';
import type { Launcher } from './launcher.ts';

export interface Output {
  status: number;
  /** What it wrote to its standard output. */
  output: Buffer;
}

/** What is still in a pipe when its writer has ended is read within so long. */
const drainMs = 30;

/**
 * A POSIX shell somewhere else, at the other end of one long-lived process: it takes scripts from its standard input, one
 * after the other, and answers on its standard output; its standard error is whatever the caller lets write there.
 * The process is a child of the launcher, its ends are FIFOs: the engine itself never forks.
 */
export class RemoteShell {
  readonly #launcher: Launcher;
  readonly #directory: string;
  readonly #onError: (text: string) => void;
  /** Nobody there can know it, so it ends an answer whatever that contains. */
  readonly #nonce = randomBytes(12).toString('hex');
  readonly #waiting: { resolve(output: Output): void; reject(error: Error): void }[] = [];
  #input: Socket | undefined;
  readonly #ends: Socket[] = [];
  #unread: Buffer = Buffer.alloc(0);
  #searched = 0;
  /** The last that was said on standard error before anybody answered: why it did not come up. */
  #complaint = '';
  #isUp = false;
  #over: HostLostError | undefined;
  #end: (error: HostLostError) => void = () => {};
  /** Resolves when the connection has ended, with the reason. */
  readonly ended: Promise<HostLostError> = new Promise((resolve) => {
    this.#end = resolve;
  });

  /** `directory`: its own, made here and removed at the end. */
  constructor(launcher: Launcher, directory: string, onError: (text: string) => void) {
    this.#launcher = launcher;
    this.#directory = directory;
    this.#onError = onError;
  }

  /**
   * Starts `command` (words) and waits until a shell answers at its other end.
   * @throws HostLostError with what the command complained of
   */
  async open(command: readonly string[]): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const [input, output, errors, pid] = ['in', 'out', 'err', 'pid'].map((name) =>
      quote(join(this.#directory, name)),
    );
    await this.#launcher.run(`mkfifo -m 600 ${input} ${output} ${errors}`);
    this.#input = this.#socket('in', () => {});
    this.#socket('out', (data) => this.#read(data));
    this.#socket('err', (data) => this.#hear(data));
    this.#launcher
      .runBeside(
        `${command.map(quote).join(' ')} <${input} >${output} 2>${errors} &\necho $! >${pid}; wait $!`,
      )
      .then(
        async (status) => {
          await sleep(drainMs);
          const last = this.#complaint.trim().split('\n').at(-1) ?? '';
          const what = this.#isUp ? 'has ended' : 'could not be made';
          this.#lose(`The connection ${what} (status ${status})`, last);
        },
        (error: unknown) => this.#lose(String(error), ''),
      );
    await this.exec(':');
    this.#isUp = true;
    this.#complaint = '';
  }

  /** All that was said before it was up; the reason may be on any line. */
  get complaint(): string {
    return this.#complaint;
  }

  /** Runs a script there, after those before it. */
  exec(script: string): Promise<Output> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over);
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#input?.write(`{\n${script}\n} </dev/null\nprintf '\\n=%s %s\\n' ${this.#nonce} "$?"\n`);
    });
  }

  /** The same without an answer. */
  send(script: string): void {
    if (this.#over === undefined) this.#input?.write(`{\n${script}\n} </dev/null\n`);
  }

  /** Lets go. What runs there apart from it stays. */
  async close(): Promise<void> {
    if (this.#over === undefined) {
      const late = setTimeout(() => this.kill(), 3_000);
      // The end of its input is the end of the shell, when it has read what is there.
      this.send('exit');
      const written = new Promise<void>((resolve) => this.#input?.write('\n', () => resolve()));
      await Promise.race([written, this.ended]);
      this.#input?.destroy();
      await this.ended;
      clearTimeout(late);
    }
  }

  /** Ends the process at this end, whatever is at the other. */
  kill(): void {
    const file = quote(join(this.#directory, 'pid'));
    this.#launcher
      .run(`read -r p 2>/dev/null <${file} && [ "$p" -gt 1 ] && kill "$p"`)
      .catch(() => {});
  }

  #socket(name: string, onData: (data: Buffer) => void): Socket {
    // For both, so that opening does not wait and nobody's absence ends it.
    const fd = openSync(join(this.#directory, name), constants.O_RDWR | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: name !== 'in', writable: name === 'in' });
    socket.on('error', () => {}); // `ended` says it
    if (name !== 'in') socket.on('data', onData);
    this.#ends.push(socket);
    return socket;
  }

  #hear(data: Buffer): void {
    const text = data.toString('latin1');
    if (!this.#isUp) this.#complaint = `${this.#complaint}${text}`.slice(-4_000);
    this.#onError(text);
  }

  #read(data: Buffer): void {
    this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
    const mark = `\n=${this.#nonce} `;
    for (;;) {
      const at = this.#unread.indexOf(mark, this.#searched);
      const end = at < 0 ? -1 : this.#unread.indexOf('\n', at + mark.length);
      if (end < 0) {
        this.#searched = at < 0 ? Math.max(0, this.#unread.length - mark.length) : at;
        return;
      }
      const output = this.#unread.subarray(0, at);
      const status = Number(this.#unread.toString('latin1', at + mark.length, end));
      this.#unread = this.#unread.subarray(end + 1);
      this.#searched = 0;
      this.#waiting.shift()?.resolve({ status, output });
    }
  }

  #lose(what: string, why: string): void {
    if (this.#over !== undefined) return;
    const error = new HostLostError(why === '' ? `${what}.` : `${what}: ${why.trim()}`);
    this.#over = error;
    for (const socket of this.#ends) socket.destroy();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    rmSync(this.#directory, { recursive: true, force: true });
    this.#end(error);
  }
}
