import type { JobOrderPolicy, PlacementPolicy, Policies } from '@berth/core';
import { creationTime, Engine, pack, roundRobin, spread } from '@berth/core';
import { batchOf, record, rowsOf, VirtualWorld } from '@berth/core/testing';
import fc from 'fast-check';
import { expect } from 'vitest';
import { check } from './check.ts';
import { engineView } from './engine-view.ts';

// What is built in, given as anybody's policies are and so asked each time, must do what the indexes do.

const placements = { spread, pack };
const orders = { roundRobin, creationTime };
const builtIn = fc.record({
  placement: fc.constantFrom('spread' as const, 'pack' as const),
  jobOrder: fc.constantFrom('roundRobin' as const, 'creationTime' as const),
});

check(
  'what is built in does the same where it is asked as a policy',
  120,
  builtIn,
  (steps, { placement, jobOrder }) => {
    const given = { placement: placements[placement], jobOrder: orders[jobOrder] };
    const twins: Policies = {
      placement: { ...given.placement, name: 'placement twin' },
      jobOrder: { ...given.jobOrder, name: 'order twin' },
    };
    const { inputs, effects, engine } = record(steps, undefined, { policies: given });
    const twin = new Engine({ policies: twins });
    for (const [index, input] of inputs.entries()) {
      expect(rowsOf(twin.apply(batchOf([input])).effects)).toEqual(effects[index]);
    }
    expect(engineView(twin)).toEqual(engineView(engine));
    expect(twin.validate()).toEqual([]);
  },
);

check(
  'given as the policy of the engine, what is built in does as the pools that ask for it',
  40,
  builtIn,
  (steps, { placement, jobOrder }) => {
    const asked = steps.map((step) => {
      if (step.is !== 'command' || step.command.type !== 'addPool') return step;
      const { pool } = step.command;
      const taskSchedulingPolicy = {
        nodeFillType: placement,
        ...(jobOrder === 'creationTime' && { jobDefaultOrder: 'creationtime' as const }),
      };
      return { ...step, command: { ...step.command, pool: { ...pool, taskSchedulingPolicy } } };
    });
    const policies = { placement: placements[placement], jobOrder: orders[jobOrder] };
    expect(record(steps, undefined, { policies }).effects).toEqual(record(asked).effects);
  },
);

/** Takes whichever it likes, but the same of the same. */
function whimsical(seed: number): Required<Policies> {
  const any = (numbers: number[], salt: number): number => {
    let mixed = seed ^ salt;
    for (const number of numbers)
      mixed = Math.imul(mixed ^ (number + 1), 0x9e3779b1) ^ (mixed >>> 13);
    return numbers[(mixed >>> 1) % numbers.length] ?? -1;
  };
  const placement: PlacementPolicy = {
    name: `any node ${seed}`,
    choose: (nodes, { requiredSlots }) =>
      any(
        nodes.map(({ number }) => number),
        requiredSlots + (nodes[0]?.usedSlots ?? 0),
      ),
  };
  const jobOrder: JobOrderPolicy = {
    name: `any job ${seed}`,
    choose: (jobs, { lastServed }) =>
      any(
        jobs.map(({ number }) => number),
        lastServed,
      ),
  };
  return { placement, jobOrder };
}

check(
  'whatever policies choose, every invariant holds, and a snapshot and the inputs since give the same',
  60,
  fc.record({ seed: fc.nat(), place: fc.nat({ max: 150 }) }),
  (steps, { seed, place }) => {
    const policies = whimsical(seed);
    const { inputs, engine } = new VirtualWorld({ policies }).play(steps).settle();
    const stop = place % (inputs.length + 1);
    const first = new Engine({ policies });
    first.apply(batchOf(inputs.slice(0, stop)));
    const second = Engine.restore(first.snapshot(), { policies });
    second.apply(batchOf(inputs.slice(stop)));
    expect(second.stateHash()).toBe(engine.stateHash());
  },
);
