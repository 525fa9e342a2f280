import type { SingleBar } from 'cli-progress';
import { MultiBar } from 'cli-progress';

export interface Progress {
  total: number;
  completed: number;
  failed: number;
  running: number;
  nodes: { id: string; state: string; taken: number; slots: number }[];
}

/** Shows how far a job is; `stop` before anything else is printed. */
export interface ProgressView {
  show(progress: Progress): void;
  stop(): void;
}

/** Bars on a terminal, a line whenever another tenth is done elsewhere, nothing for machines. */
export function progressView(out: NodeJS.WriteStream, quiet: boolean): ProgressView {
  if (quiet) return { show: () => {}, stop: () => {} };
  return out.isTTY ? new ProgressBars(out) : new ProgressLines(out);
}

const mostNodeBars = 16;

class ProgressBars implements ProgressView {
  readonly #bars: MultiBar;
  #tasks: SingleBar | undefined;
  readonly #nodes = new Map<string, SingleBar>();

  constructor(stream: NodeJS.WriteStream) {
    this.#bars = new MultiBar({
      stream,
      hideCursor: true,
      clearOnComplete: true,
      format: '{name} {bar} {value}/{total} {note}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 40,
      autopadding: true,
      emptyOnZero: true,
    });
  }

  show({ total, completed, failed, running, nodes }: Progress): void {
    this.#tasks ??= this.#bars.create(total, 0, { name: pad('tasks'), note: '' });
    this.#tasks.setTotal(total);
    const note = `${running} running${failed > 0 ? `, ${failed} failed` : ''}`;
    this.#tasks.update(completed, { note });
    for (const { id, state, taken, slots } of nodes.slice(0, mostNodeBars)) {
      let bar = this.#nodes.get(id);
      if (bar === undefined) {
        bar = this.#bars.create(slots, 0, { name: pad(id), note: '' });
        this.#nodes.set(id, bar);
      }
      bar.update(taken, { note: state });
    }
  }

  stop(): void {
    this.#bars.stop();
  }
}

class ProgressLines implements ProgressView {
  readonly #out: NodeJS.WriteStream;
  #lastTenth = -1;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show({ total, completed, failed, running }: Progress): void {
    const tenth = total === 0 ? 0 : Math.floor((10 * completed) / total);
    if (tenth === this.#lastTenth) return;
    this.#lastTenth = tenth;
    this.#out.write(
      `${completed} of ${total} tasks completed, ${running} running, ${failed} failed\n`,
    );
  }

  stop(): void {}
}

function pad(name: string): string {
  return name.padEnd(10);
}
