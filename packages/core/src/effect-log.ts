import type { EffectBatch, EffectCatalog, KillReason, Removal } from './effect.ts';
import { EffectKind as sharedEffectKind } from './effect.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const EffectKind: typeof sharedEffectKind = sharedEffectKind;
type EffectKind = sharedEffectKind;

/** Kind and bits, node, run (−1: none; of a removal −2 and below: its place in the list), sequence. */
const wordsPerEffect = 4;
const kindMask = 0xff;
const mustSyncBit = 0x100;
const wallClockBit = 0x200;

/** Effects as they are decided: rows of four words. */
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
    this.#add(EffectKind.getNode, node, -1, sequence);
  }
  releaseNode(node: number, sequence: number): void {
    this.#add(EffectKind.releaseNode, node, -1, sequence);
  }
  rebootNode(node: number, sequence: number): void {
    this.#add(EffectKind.rebootNode, node, -1, sequence);
  }
  reimageNode(node: number, sequence: number): void {
    this.#add(EffectKind.reimageNode, node, -1, sequence);
  }
  deallocateNode(node: number, sequence: number): void {
    this.#add(EffectKind.deallocateNode, node, -1, sequence);
  }
  setNodeUsers(node: number, sequence: number): void {
    this.#add(EffectKind.setNodeUsers, node, -1, sequence);
  }
  runStartTask(node: number, sequence: number, mustSync: boolean): void {
    this.#add(EffectKind.runStartTask | (mustSync ? mustSyncBit : 0), node, -1, sequence);
  }
  runJobPreparation(node: number, run: number, sequence: number, mustSync: boolean): void {
    const bits = mustSync ? mustSyncBit : 0;
    this.#add(EffectKind.runJobPreparation | bits, node, run, sequence);
  }
  runJobRelease(node: number, run: number, sequence: number, mustSync: boolean): void {
    this.#add(EffectKind.runJobRelease | (mustSync ? mustSyncBit : 0), node, run, sequence);
  }
  killNodeTask(node: number, run: number, sequence: number, reason: KillReason): void {
    const bits = reason === 'wallClock' ? wallClockBit : 0;
    this.#add(EffectKind.killNodeTask | bits, node, run, sequence);
  }
  startRun(node: number, run: number, sequence: number, mustSync: boolean): void {
    this.#add(EffectKind.startRun | (mustSync ? mustSyncBit : 0), node, run, sequence);
  }
  startPrimary(node: number, run: number, sequence: number, mustSync: boolean): void {
    this.#add(EffectKind.startPrimary | (mustSync ? mustSyncBit : 0), node, run, sequence);
  }
  killRun(node: number, run: number, sequence: number, reason: KillReason): void {
    const bits = reason === 'wallClock' ? wallClockBit : 0;
    this.#add(EffectKind.killRun | bits, node, run, sequence);
  }
  remove(removal: Removal): void {
    const kind =
      removal.taskId === undefined ? EffectKind.removeJobFiles : EffectKind.removeTaskFiles;
    this.#add(kind, -1, -1 - this.#removals.push(removal), 0);
  }

  kind(index: number): EffectKind {
    return (this.#words[index * wordsPerEffect]! & kindMask) as EffectKind;
  }
  mustSync(index: number): boolean {
    return (this.#words[index * wordsPerEffect]! & mustSyncBit) !== 0;
  }
  killReason(index: number): KillReason {
    return (this.#words[index * wordsPerEffect]! & wallClockBit) === 0 ? 'ended' : 'wallClock';
  }
  node(index: number): number {
    return this.#words[index * wordsPerEffect + 1]!;
  }
  run(index: number): number {
    const run = this.#words[index * wordsPerEffect + 2]!;
    return run < 0 ? -1 : run;
  }
  sequence(index: number): number {
    return this.#words[index * wordsPerEffect + 3]!;
  }
  removal(index: number): Removal {
    const removal = this.#removals[-2 - this.#words[index * wordsPerEffect + 2]!];
    if (removal === undefined) throw new RangeError(`effect ${index} removes nothing`);
    return removal;
  }

  #add(kindAndBits: number, node: number, run: number, sequence: number): void {
    const at = this.#length * wordsPerEffect;
    if (at === this.#words.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#words);
      this.#words = larger;
    }
    const words = this.#words;
    words[at] = kindAndBits;
    words[at + 1] = node;
    words[at + 2] = run;
    words[at + 3] = sequence;
    this.#length++;
  }
}
