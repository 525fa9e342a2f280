import type { Engine, EngineOptions } from '../index.ts';
import { Audit, drain } from './audit.ts';
import type { Step } from './history.ts';
import type { Input } from './ledger.ts';
import type { Recording, Watcher } from './recording.ts';
import { applyTo, begin, playWithTicks } from './recording.ts';

/**
 * An engine and a world around it that does as a history says: nodes come, break and are lost, runs end in all
 * ways, reports come late, twice or for nothing, users do what they like.
 *
 * After each input everything is checked that must hold: {@link Engine.validate}, and, of effects and queries alone,
 * that no slot is taken twice, no dependency broken, no priority inverted, no task lost and no run started twice.
 */
export class VirtualWorld {
  readonly #recording: Recording;
  readonly #audit = new Audit();

  /** As {@link Engine}; the same policies are needed to go on from a snapshot. */
  constructor(options: EngineOptions = {}) {
    this.#recording = begin(options);
    this.#recording.engine.listening = true;
  }

  get engine(): Engine {
    return this.#recording.engine;
  }

  /** What was put in so far, one readable line each. */
  get history(): readonly string[] {
    return this.#recording.history;
  }

  /** The same, to be replayed. */
  get inputs(): readonly Input[] {
    return this.#recording.inputs;
  }

  /**
   * Does as the steps say, with a tick at each deadline. `watch` is told of each input, what it led to (results, events)
   * and its effects as readable lines, for what else must hold; what it throws is told with the history.
   * @throws Error that says what is broken, and the history up to there.
   */
  play(steps: readonly Step[], watch?: Watcher): this {
    return this.#telling(() => playWithTicks(this.#recording, steps, this.#checked(watch)));
  }

  /**
   * Then every node comes up and every run succeeds, until nothing happens any more.
   * @throws Error if a task is left over that could run.
   */
  settle(watch?: Watcher): this {
    return this.#telling(() => drain(this.#recording, this.#checked(watch)));
  }

  /** One input of your own, which is checked as all are. */
  apply(input: Input, watch?: Watcher): this {
    return this.#telling(() => applyTo(this.#recording, input, this.#checked(watch)));
  }

  #checked(watch: Watcher | undefined): Watcher {
    return (input, applied, effects, recording) => {
      const broken = recording.engine.validate();
      if (broken.length > 0) throw new Error(broken.join('\n'));
      this.#audit.observe(input, applied, effects, recording);
      watch?.(input, applied, effects, recording);
    };
  }

  #telling(play: () => void): this {
    try {
      play();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new Error(`${said}\nin the history\n${this.history.join('\n')}\n`, { cause: error });
    }
    return this;
  }
}
