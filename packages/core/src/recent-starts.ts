/*
 * Which tasks each node has started last (semantics §1.3, recentTasks), while the host wants to know. Every start
 * writes one entry, so it is a ring in a table of words, and what is said of a task is looked up when somebody asks.
 */

/** Words of a node: where its next entry goes, and the entries, each of {@link recentWords}. */
export const recentBits = 5;
/** Of an entry: number of the job + 1 (0: there is none), row of the task, instance of a multi-instance task. */
export const recentWords = 3;
/** As many as are told of. */
const count = 10;
export const lastRecent: number = (count - 1) * recentWords;

/** A start; `instance` is 0 but for subtasks. */
export interface RecentStart {
  job: number;
  row: number;
  instance: number;
}

export class RecentStarts {
  /** Whether they are kept. */
  isOn = false;
  words: Int32Array<ArrayBuffer> = new Int32Array(0);

  /** `nodes`: how many there are. What was kept is forgotten. */
  turn(isOn: boolean, nodes: number): void {
    if (isOn === this.isOn) return;
    this.isOn = isOn;
    this.words = new Int32Array(0);
    this.reach(nodes);
  }

  /** Words for nodes up to this number. */
  reach(number: number): void {
    if (!this.isOn) return;
    const needed = (number + 1) << recentBits;
    if (needed <= this.words.length) return;
    const larger = new Int32Array(Math.max(needed, 2 * this.words.length));
    larger.set(this.words);
    this.words = larger;
  }

  note(node: number, job: number, row: number, instance: number): void {
    const { isOn, words } = this;
    if (!isOn) return;
    const at = node << recentBits;
    const next = words[at]!;
    words[at] = next === lastRecent ? 0 : next + recentWords;
    words[at + next + 1] = job + 1;
    words[at + next + 2] = row;
    words[at + next + 3] = instance;
  }

  /** The last first. */
  *of(node: number): IterableIterator<RecentStart> {
    const { isOn, words } = this;
    if (!isOn) return;
    const at = node << recentBits;
    for (let left = count, next = words[at]!; left > 0; left--) {
      next = next === 0 ? lastRecent : next - recentWords;
      const job = words[at + next + 1]! - 1;
      if (job === -1) return;
      yield { job, row: words[at + next + 2]!, instance: words[at + next + 3]! };
    }
  }

  record(node: number): number[] {
    return [...this.of(node)].reverse().flatMap(({ job, row, instance }) => [job, row, instance]);
  }

  /** Of a node that has none yet. */
  restore(node: number, record: readonly number[]): void {
    for (let at = 0; at < record.length; at += recentWords) {
      this.note(node, record[at]!, record[at + 1]!, record[at + 2]!);
    }
  }
}
