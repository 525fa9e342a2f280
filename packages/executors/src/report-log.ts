import type { HostFiles } from './host.ts';
import type { Answer } from './runner-script.ts';
import { parseAnswer } from './runner-script.ts';

/** A log that is longer is closed and the next begun. */
const longEnough = 4 * 1024 * 1024;

/**
 * The report log of a node, seen from the engine: which reports nobody has been told yet. In daily life
 * reports come through the FIFO; the log is for the next life, so what has been consumed is written down
 * late, and never beyond a report that has not been handed on. Told twice is harmless.
 */
export class ReportLog {
  readonly #files: HostFiles;
  readonly #directory: string;
  /** Of each log that exists: up to where it is consumed. */
  #consumed = new Map<number, number>();
  #saved = '';

  readonly #longest: number;

  constructor(files: HostFiles, volatile: string, longest: number = longEnough) {
    this.#files = files;
    this.#directory = volatile;
    this.#longest = longest;
  }

  /** Number of the log that shells append to from now on. */
  get number(): number {
    return Math.max(1, ...this.#consumed.keys());
  }

  /** Number of the first log that there is. */
  get oldest(): number {
    return Math.min(this.number, ...this.#consumed.keys());
  }

  async open(): Promise<void> {
    this.#saved = (await this.#files.read(this.#record))?.toString('latin1') ?? '';
    const saved = new Map<number, number>();
    for (const line of this.#saved.split('\n')) {
      const [number = 0, offset = 0] = line.split(' ').map(Number);
      if (number > 0) saved.set(number, offset);
    }
    for (const { name } of await this.#files.list(this.#directory)) {
      const number = /^reports\.(\d+)$/.exec(name)?.[1];
      if (number !== undefined) this.#consumed.set(Number(number), saved.get(Number(number)) ?? 0);
    }
    if (this.#consumed.size === 0) this.#consumed.set(1, 0);
  }

  /** Every report not consumed yet, oldest first. */
  async unread(): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const [number, offset] of [...this.#consumed].sort(([a], [b]) => a - b)) {
      for (const { answer } of await this.#read(number, offset)) if (answer) answers.push(answer);
    }
    return answers;
  }

  /**
   * Notes what has been consumed: up to the first report of a run that is still open. `inUse`: the oldest
   * log that a shell may still append to. True if a new log was begun: the shells must be told.
   */
  async save(isOpen: (run: number, sequence: number) => boolean, inUse: number): Promise<boolean> {
    let begun = false;
    for (const [number, offset] of this.#consumed) {
      let end = offset;
      const lines = await this.#read(number, offset);
      let open = false;
      for (const { answer, length } of lines) {
        open = answer !== undefined && 'run' in answer && isOpen(answer.run, answer.sequence);
        if (open) break;
        end += length;
      }
      this.#consumed.set(number, end);
      if (number < inUse && !open) {
        this.#consumed.delete(number);
        await this.#files.remove(`${this.#directory}/reports.${number}`);
      } else if (number === this.number && end > this.#longest) {
        this.#consumed.set(number + 1, 0);
        begun = true;
      }
    }
    const record = [...this.#consumed].map(([number, offset]) => `${number} ${offset}`).join('\n');
    if (record !== this.#saved) {
      await this.#files.write(this.#record, record);
      this.#saved = record;
    }
    return begun;
  }

  get #record(): string {
    return `${this.#directory}/consumed`;
  }

  async #read(
    number: number,
    offset: number,
  ): Promise<{ answer: Answer | undefined; length: number }[]> {
    const text = await this.#files.read(`${this.#directory}/reports.${number}`, offset);
    const lines = (text?.toString('latin1') ?? '').split('\n');
    lines.pop(); // what is not ended by a line feed is not whole yet
    return lines.map((line) => ({ answer: parseAnswer(line), length: line.length + 1 }));
  }
}
