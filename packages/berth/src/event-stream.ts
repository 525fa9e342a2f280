import type { EngineEvent } from '@berth/core';
import type { AccountRuntime } from './account-runtime.ts';

/** Events as an async iterator. What the reader has not taken yet is kept, without a bound. */
export class EventStream implements AsyncIterableIterator<EngineEvent> {
  #events: EngineEvent[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;
  readonly #stop: () => void;

  constructor(
    runtime: AccountRuntime,
    wanted: (event: EngineEvent) => boolean,
    last: (event: EngineEvent) => boolean,
    signal: AbortSignal | undefined,
  ) {
    const stopListening = runtime.listen((events) => {
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

  async next(): Promise<IteratorResult<EngineEvent>> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async return(): Promise<IteratorResult<EngineEvent>> {
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
