import type { EffectBatch, InputBatch } from '@berth/core';
import { Engine } from '@berth/core';

/**
 * An engine that follows another, but is restored from the other's snapshot before every input: whatever
 * a snapshot leaves out shows as another effect or another state.
 */
export class ShadowEngine {
  #engine = new Engine();

  /** What it does otherwise than the engine that has just applied the input; `undefined`: nothing. */
  follow(engine: Engine, batch: InputBatch, effects: EffectBatch): string | undefined {
    const own = this.#engine.apply(batch).effects;
    const difference =
      differentEffect(effects, own) ??
      (this.#engine.stateHash() === engine.stateHash() ? undefined : 'its state is another');
    this.#engine = Engine.restore([...engine.snapshot()]);
    return difference ?? differentEffect(engine.outstanding(), this.#engine.outstanding());
  }
}

function differentEffect(one: EffectBatch, other: EffectBatch): string | undefined {
  if (one.length !== other.length) return `it has ${other.length} effects, not ${one.length}`;
  for (let index = 0; index < one.length; index++) {
    for (const field of ['kind', 'node', 'run', 'sequence', 'mustSync', 'killReason'] as const) {
      if (one[field](index) !== other[field](index)) {
        return `effect ${index}: its ${field} is ${other[field](index)}, not ${one[field](index)}`;
      }
    }
  }
  return undefined;
}
