import type { EffectBatch, EffectCatalog, KillReason } from './effect.ts';
import { EffectKind } from './effect.ts';

const wordsPerEffect = 6;
const mustSyncBit = 1;
const wallClockBit = 2;

interface Removal {
  poolId: string;
  jobId: string;
  taskId?: string;
}

/** Effects as they are decided: rows of six words (kind, flags, node, run, sequence, removal). */
export class EffectLog implements EffectBatch {
  #words = new Int32Array(64 * wordsPerEffect);
  #removals: Removal[] = [];
  #length = 0;
  readonly catalog: EffectCatalog;

  constructor(catalog: EffectCatalog) {
    this.catalog = catalog;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    if (this.#removals.length > 0) this.#removals = [];
  }

  getNode(node: number, sequence: number): void {
    this.#add(EffectKind.getNode, 0, node, -1, sequence, -1);
  }
  releaseNode(node: number, sequence: number): void {
    this.#add(EffectKind.releaseNode, 0, node, -1, sequence, -1);
  }
  startRun(node: number, run: number, sequence: number, mustSync: boolean): void {
    this.#add(EffectKind.startRun, mustSync ? mustSyncBit : 0, node, run, sequence, -1);
  }
  killRun(node: number, run: number, sequence: number, reason: KillReason): void {
    this.#add(
      EffectKind.killRun,
      reason === 'wallClock' ? wallClockBit : 0,
      node,
      run,
      sequence,
      -1,
    );
  }
  remove(removal: Removal): void {
    const kind =
      removal.taskId === undefined ? EffectKind.removeJobFiles : EffectKind.removeTaskFiles;
    this.#add(kind, 0, -1, -1, 0, this.#removals.push(removal) - 1);
  }

  kind(index: number): EffectKind {
    return this.#words[index * wordsPerEffect]! as EffectKind;
  }
  mustSync(index: number): boolean {
    return (this.#words[index * wordsPerEffect + 1]! & mustSyncBit) !== 0;
  }
  killReason(index: number): KillReason {
    return (this.#words[index * wordsPerEffect + 1]! & wallClockBit) === 0 ? 'ended' : 'wallClock';
  }
  node(index: number): number {
    return this.#words[index * wordsPerEffect + 2]!;
  }
  run(index: number): number {
    return this.#words[index * wordsPerEffect + 3]!;
  }
  sequence(index: number): number {
    return this.#words[index * wordsPerEffect + 4]!;
  }
  removal(index: number): Removal {
    const removal = this.#removals[this.#words[index * wordsPerEffect + 5]!];
    if (removal === undefined) throw new RangeError(`effect ${index} removes nothing`);
    return removal;
  }

  #add(
    kind: EffectKind,
    flags: number,
    node: number,
    run: number,
    sequence: number,
    removal: number,
  ): void {
    let at = this.#length++ * wordsPerEffect;
    if (at === this.#words.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#words);
      this.#words = larger;
    }
    const words = this.#words;
    words[at++] = kind;
    words[at++] = flags;
    words[at++] = node;
    words[at++] = run;
    words[at++] = sequence;
    words[at] = removal;
  }
}
