import { quote } from './command-line.ts';
import type { Host, Pipe } from './host.ts';
import { startShell } from './runner-script.ts';

/** A shell that has not said its pid for so long after its start is dead. */
const startingMs = 30_000;

/** The engine's end of one shell of a node's runner: the control shell, or a slot shell. */
export class NodeShell {
  readonly name: string;
  readonly #host: Host;
  #pipe: Pipe | undefined;
  /** Lines for a shell that is being started. */
  #waiting: string[] = [];
  #process: { pid: number; start: number } | undefined;
  /** What the pid file says is its predecessor's until then. */
  #isStarting = false;
  #since = performance.now();
  #closed = false;
  /** Resolves when no start is under way. */
  settled: Promise<void> = Promise.resolve();

  constructor(host: Host, name: string) {
    this.#host = host;
    this.name = name;
  }

  get #volatile(): string {
    return `${this.#host.root}/volatile`;
  }

  send(line: string): void {
    if (this.#pipe === undefined) this.#waiting.push(line);
    else this.#pipe.write(line);
  }

  /** `variables`: what runner.sh expects; `exported`: what every task of the node finds. */
  async start(
    variables: Readonly<Record<string, string>>,
    exported: Readonly<Record<string, string>>,
  ): Promise<void> {
    this.close();
    this.#closed = false;
    this.#process = undefined;
    this.#isStarting = true;
    this.#since = performance.now();
    const assign = ([name, value]: [string, string]): string => `${name}=${quote(value)}`;
    const settings = [
      ...Object.entries({ ...variables, name: this.name }).map(assign),
      `; export ${Object.entries(exported).map(assign).join(' ')}`,
      'AZ_BATCH_TASK_DIR AZ_BATCH_TASK_WORKING_DIR HOME BERTH_RUN;',
      `. ${quote(`${this.#volatile}/runner.sh`)}`,
    ].join(' ');
    const starting = this.#host
      .run(
        startShell({
          shell: quote(this.#host.shell),
          volatile: quote(this.#volatile),
          name: this.name,
          settings: quote(settings),
        }),
      )
      .finally(() => {
        this.#isStarting = false;
      })
      .then((status) => {
        if (status !== 0) throw new Error(`A shell could not be started in ${this.#volatile}.`);
        this.#open();
      });
    this.settled = starting.catch(() => {});
    await starting;
  }

  /** Finds the shell that an earlier engine started; false if it is dead. */
  async reopen(): Promise<boolean> {
    if ((await this.pid()) === undefined || !(await this.isAlive())) return false;
    this.#open();
    return true;
  }

  async pid(): Promise<number | undefined> {
    if (this.#process === undefined && !this.#isStarting) {
      const text = await this.#host.files.read(`${this.#volatile}/${this.name}.pid`);
      const [pid = 0, start = 0] = (text?.toString('latin1') ?? '').split(' ').map(Number);
      if (pid > 0 && !this.#isStarting) this.#process = { pid, start };
    }
    return this.#process?.pid;
  }

  /** While it is being started it counts as alive, though it has not said its pid yet. */
  async isAlive(): Promise<boolean> {
    await this.pid();
    if (this.#process === undefined) {
      return performance.now() - this.#since < startingMs;
    }
    return await this.#host.isAlive(this.#process.pid, this.#process.start);
  }

  close(): void {
    this.#closed = true;
    this.#pipe?.close();
    this.#pipe = undefined;
  }

  #open(): void {
    this.#pipe = this.#host.openPipe(`${this.#volatile}/${this.name}.in`);
    if (this.#closed) {
      // Let go while it was being started: nobody will know of it.
      this.#pipe.write('exit\n');
      this.close();
      return;
    }
    for (const line of this.#waiting.splice(0)) this.#pipe.write(line);
  }
}
