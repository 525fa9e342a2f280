import type { Contender } from './measure.ts';

/** Another queue or scheduler, ready for work. */
export interface OpenPeer {
  /** Of so many tasks that do nothing. */
  contender(tasks: number): Contender;
  /** What runs beside this process, with its version. */
  beside?: string;
  close?(): Promise<void>;
}

/** Why a peer is not there to be measured. */
export class PeerMissing extends Error {}

/** As many tasks run at once as Berth has slots. */
export const concurrency = 8_000;

const ranks = 7;

/** The rank of a task, 0 the most urgent: tasks of all ranks come in mixed. */
export function rankOf(task: number): number {
  return (task * 5) % ranks;
}

/**
 * What stands for the nodes where a queue calls back: ends what was started in a later turn, all at once, as
 * Berth's reports come in batches.
 */
export class LaterEnds {
  #started: ((error: null) => void)[] = [];

  readonly start = (end: (error: null) => void): void => {
    if (this.#started.push(end) === 1) setImmediate(this.#endAll);
  };

  readonly #endAll = (): void => {
    const ends = this.#started;
    this.#started = [];
    for (const end of ends) end(null);
  };
}
