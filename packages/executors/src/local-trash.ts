import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isErrno, moveAway } from './local-files.ts';

/** Starts are that recent: deleting beside them makes them five times slower on ext4. */
const quietMs = 250;
/** With so much waiting it is deleted all the same, or the disk would fill under a steady load. */
const enough = 2_000;

/** What is no longer wanted: renamed away at once, deleted when nothing is being started. */
export class Trash {
  #waiting: string[] = [];
  #serial = 0;
  /** Names must not meet those of an earlier engine. */
  readonly #life = Date.now().toString(36);
  #lastStart = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Something is being started. */
  holdOff(): void {
    this.#lastStart = performance.now();
  }

  /** `into`: a directory on the same file system. */
  take(path: string, into: string): void {
    const target = `${into}/${this.#life}-${this.#serial++}`;
    try {
      if (!moveAway(path, target)) return;
    } catch (error) {
      if (!isErrno(error, 'ENOTEMPTY') && !isErrno(error, 'EEXIST')) throw error;
      this.take(path, into);
      return;
    }
    this.#waiting.push(target);
    this.#arm();
  }

  /** A trash directory, perhaps with what an earlier engine left in it. */
  adopt(directory: string): void {
    mkdirSync(directory, { recursive: true });
    for (const name of readdirSync(directory)) this.#waiting.push(`${directory}/${name}`);
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#closed || this.#timer !== undefined || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => {
      void this.#delete().finally(() => {
        this.#timer = undefined;
        this.#arm();
      });
    }, quietMs).unref();
  }

  async #delete(): Promise<void> {
    while (!this.#closed && this.#waiting.length > 0) {
      const quiet = performance.now() - this.#lastStart > quietMs;
      if (!quiet && this.#waiting.length < enough) return;
      const path = this.#waiting.pop();
      // What cannot be deleted stays until the next life looks at it.
      if (path !== undefined) await rm(path, { recursive: true, force: true }).catch(() => {});
    }
  }
}
