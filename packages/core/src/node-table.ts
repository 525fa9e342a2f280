/** The words of a node, by its number: 8 of 32 bits. */
export const NodeWord = {
  /** Number of its pool. */
  pool: 0,
  ordinal: 1,
  slots: 2,
  /** As many as `slots`: nothing runs. */
  freeSlots: 3,
  /** Row of its next run + 1, 0: none; its free rows are a list, last freed first (run-table.ts). */
  nextRun: 4,
  /** Runs that are over: those that ended with exit code 0, and all others. */
  succeeded: 5,
  otherwiseEnded: 6,
  /** 1 while it may be given tasks: idle or running. */
  takesTasks: 7,
} as const;

export const nodeBits = 3;

/** The hot part of nodes: every start and every end touches this line of its node, and nothing else of it. */
export class NodeTable {
  words: Int32Array<ArrayBuffer> = new Int32Array(16 << nodeBits);

  /** Words for nodes up to this number. */
  reach(number: number): void {
    const needed = (number + 1) << nodeBits;
    if (needed <= this.words.length) return;
    const larger = new Int32Array(Math.max(needed, 2 * this.words.length));
    larger.set(this.words);
    this.words = larger;
  }

  get(number: number, word: number): number {
    return this.words[(number << nodeBits) + word]!;
  }

  set(number: number, word: number, value: number): void {
    this.words[(number << nodeBits) + word] = value;
  }
}
