import type { TaskDependencies, TaskIdRange } from '@berth/core';
import type { SimulatedJob } from './simulated-job.ts';

/**
 * The longest chain of runs, each of which had to wait for the one before: what no number of slots makes shorter.
 * It is told of each start and each end, so it knows what every run really took, retries and kills included.
 */
export class CriticalPath {
  readonly #job: SimulatedJob;
  readonly #firstId: number;
  /** By place: the longest chain that leads to the task and through its runs up to now; −1: it has not started. */
  readonly #chains: Float64Array;
  /** Places of the tasks given one by one, by id in lower case. */
  readonly #places: Map<string, number>;
  /** Of those among them whose ids are digits, by the number, leading zeros apart. */
  readonly #numbered = new Map<number, number[]>();
  /** Those numbers, ascending. */
  readonly #numbers: number[];
  /** What has been looked at before: all that was waited for had ended by then. */
  readonly #known = new Map<string, number>();
  #factoryChain: number | undefined;
  /** Of all tasks, in milliseconds. */
  longestMs = 0;

  constructor(job: SimulatedJob) {
    const { factoryCount, tasks, taskFactory } = job;
    this.#job = job;
    this.#firstId = taskFactory?.firstTaskId ?? 0;
    this.#chains = new Float64Array(factoryCount + tasks.length).fill(-1);
    this.#places = new Map(tasks.map(({ id }, i) => [id.toLowerCase(), factoryCount + i]));
    for (const [id, place] of this.#places) {
      if (!/^\d+$/.test(id)) continue;
      const others = this.#numbered.get(Number(id));
      if (others === undefined) this.#numbered.set(Number(id), [place]);
      else others.push(place);
    }
    this.#numbers = [...this.#numbered.keys()].sort((a, b) => a - b);
  }

  /** Whether it is the task's first run. */
  started(place: number): boolean {
    if ((this.#chains[place] ?? 0) >= 0) return false;
    this.#chains[place] = this.#chainTo(place);
    return true;
  }

  ended(place: number, durationMs: number): void {
    const chain = (this.#chains[place] ?? 0) + durationMs;
    this.#chains[place] = chain;
    if (chain > this.longestMs) this.longestMs = chain;
  }

  #chainTo(place: number): number {
    const { factoryCount, taskFactory, tasks } = this.#job;
    if (place >= factoryCount) return this.#longestOf(tasks[place - factoryCount]?.dependsOn);
    this.#factoryChain ??= this.#longestOf(taskFactory?.repeatTask.dependsOn);
    return this.#factoryChain;
  }

  #longestOf(dependsOn: TaskDependencies | undefined): number {
    let longest = 0;
    for (const id of dependsOn?.taskIds ?? []) longest = Math.max(longest, this.#chainOf(id));
    for (const range of dependsOn?.taskIdRanges ?? []) {
      const key = `${range.start}-${range.end}`;
      const chain = this.#known.get(key) ?? this.#longestIn(range);
      this.#known.set(key, chain);
      longest = Math.max(longest, chain);
    }
    return longest;
  }

  #chainOf(id: string): number {
    const given = this.#places.get(id.toLowerCase());
    if (given !== undefined) return this.#chains[given] ?? 0;
    return this.#chains[this.#placeInFactory(/^\d+$/.test(id) ? Number(id) : -1)] ?? 0;
  }

  #longestIn({ start, end }: TaskIdRange): number {
    let longest = 0;
    const first = Math.max(start, this.#firstId);
    const last = Math.min(end, this.#firstId + this.#job.factoryCount - 1);
    for (let number = first; number <= last; number++) {
      longest = Math.max(longest, this.#chainOfNumber(number));
    }
    for (let i = lowerBound(this.#numbers, start); i < this.#numbers.length; i++) {
      const number = this.#numbers[i] ?? Infinity;
      if (number > end) break;
      longest = Math.max(longest, this.#chainOfNumber(number));
    }
    return longest;
  }

  /** semantics §3.6: of tasks whose ids are the same number, the first to complete is the one that counts. */
  #chainOfNumber(number: number): number {
    const inFactory = this.#chains[this.#placeInFactory(number)] ?? -1;
    if (this.#numbers.length === 0) return inFactory;
    let least = inFactory >= 0 ? inFactory : Infinity;
    for (const place of this.#numbered.get(number) ?? []) {
      const chain = this.#chains[place] ?? -1;
      if (chain >= 0) least = Math.min(least, chain);
    }
    return least === Infinity ? 0 : least;
  }

  /** −1: the factory makes no such task. */
  #placeInFactory(number: number): number {
    const place = number - this.#firstId;
    return place >= 0 && place < this.#job.factoryCount ? place : -1;
  }
}

/** Index of the first that is not less. */
function lowerBound(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
