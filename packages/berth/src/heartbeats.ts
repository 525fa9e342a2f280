/** Which nodes are heard of, and which are not any more (semantics §2.2). Watched is what has been heard of once. */
export class Heartbeats {
  readonly #timeoutMs: number;
  /** By number of the node: when it was last heard of. The longest ago comes first. */
  readonly #heard = new Map<number, number>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  hear(node: number, now: number): void {
    this.#heard.delete(node);
    this.#heard.set(node, now);
  }

  /** Takes those out that have been silent for the timeout. */
  takeSilent(now: number): number[] {
    const silent: number[] = [];
    for (const [node, heard] of this.#heard) {
      if (now - heard < this.#timeoutMs) break;
      silent.push(node);
    }
    for (const node of silent) this.#heard.delete(node);
    return silent;
  }

  /** When the next one will have been silent for so long; `undefined`: nothing is watched. */
  get nextSilence(): number | undefined {
    for (const heard of this.#heard.values()) return heard + this.#timeoutMs;
    return undefined;
  }
}
