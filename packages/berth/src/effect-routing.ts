import type { EffectBatch, EffectCatalog, KillReason } from '@berth/core';
import { EffectKind } from '@berth/core';

interface SelectedEffect {
  kind: EffectKind;
  node: number;
  run: number;
  sequence: number;
  mustSync: boolean;
  killReason: KillReason;
  removal: ReturnType<EffectBatch['removal']> | undefined;
}

/** Some effects of a batch, kept beyond the next `apply`; their catalog goes on answering for what is not over. */
export class EffectSelection implements EffectBatch {
  readonly catalog: EffectCatalog;
  readonly #effects: SelectedEffect[];

  constructor(batch: EffectBatch, indexes: readonly number[]) {
    this.catalog = batch.catalog;
    this.#effects = indexes.map((index) => {
      const kind = batch.kind(index);
      return {
        kind,
        node: batch.node(index),
        run: batch.run(index),
        sequence: batch.sequence(index),
        mustSync: batch.mustSync(index),
        killReason: batch.killReason(index),
        removal: isRemoval(kind) ? batch.removal(index) : undefined,
      };
    });
  }

  get length(): number {
    return this.#effects.length;
  }
  kind(index: number): EffectKind {
    return this.#at(index).kind;
  }
  node(index: number): number {
    return this.#at(index).node;
  }
  run(index: number): number {
    return this.#at(index).run;
  }
  sequence(index: number): number {
    return this.#at(index).sequence;
  }
  mustSync(index: number): boolean {
    return this.#at(index).mustSync;
  }
  killReason(index: number): KillReason {
    return this.#at(index).killReason;
  }
  removal(index: number): ReturnType<EffectBatch['removal']> {
    const { removal } = this.#at(index);
    if (removal === undefined) throw new RangeError(`effect ${index} removes nothing`);
    return removal;
  }

  #at(index: number): SelectedEffect {
    const effect = this.#effects[index];
    if (effect === undefined) throw new RangeError(`no effect ${index}`);
    return effect;
  }
}

/**
 * Which effects are whose: those about a node or a run belong to the executor that its pool names, removals
 * to all, since the pool may be gone.
 */
export function routeEffects(
  batch: EffectBatch,
  executors: readonly string[],
): Map<string, EffectBatch> {
  const routed = new Map<string, EffectBatch>();
  const indexes = new Map<string, number[]>(executors.map((name) => [name, []]));
  for (let index = 0; index < batch.length; index++) {
    if (isRemoval(batch.kind(index))) for (const own of indexes.values()) own.push(index);
    else indexes.get(batch.catalog.node(batch.node(index)).pool.executor)?.push(index);
  }
  for (const [name, own] of indexes) {
    routed.set(name, new EffectSelection(batch, own));
  }
  return routed;
}

function isRemoval(kind: EffectKind): boolean {
  return kind === EffectKind.removeTaskFiles || kind === EffectKind.removeJobFiles;
}
