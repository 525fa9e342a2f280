import type { AccountRuntime } from './account-runtime.ts';

/** Events as an async iterator. What the reader has not taken yet is kept, without a bound. */
export class EventStream<Event> implements AsyncIterableIterator<Event> {
  #events: Event[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;
  readonly #stop: () => void;

  constructor(
    runtime: AccountRuntime,
    listen: (listener: (events: readonly Event[]) => void) => () => void,
    wanted: (event: Event) => boolean,
    last: (event: Event) => boolean,
    signal: AbortSignal | undefined,
  ) {
    const stopListening = listen((events) => {
      for (const event of events) {
        if (this.#ended || !wanted(event)) continue;
        this.#events.push(event);
        if (last(event)) this.#stop();
      }
      this.#wake();
    });
    this.#stop = () => {
      this.#ended = true;
      stopListening();
      this.#wake();
    };
    // Rejects at the end of the runtime, or of the reader's patience.
    runtime.until(() => this.#ended, signal).catch(() => this.#stop());
  }

  async next(): Promise<IteratorResult<Event>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async return(): Promise<IteratorResult<Event>> {
    this.#events = [];
    this.#stop();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
