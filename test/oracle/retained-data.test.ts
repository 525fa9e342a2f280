import type { Command } from '@berth/core';
import { Engine } from '@berth/core';
import type { Step } from '@berth/core/testing';
import { batchOf, record } from '@berth/core/testing';
import { expect } from 'vitest';
import { check, nothing } from './check.ts';

// The naive scheduler keeps no files, so what waits for them is looked at by itself (semantics §2.2, retaineddata).

const options = [
  'nodeDeallocationOption',
  'nodeRebootOption',
  'nodeReimageOption',
  'nodeDeallocateOption',
];

/** The same with retaineddata wherever tasks are to be waited for, and files that are kept for seconds. */
function retaining(step: Step): Step {
  if (step.is !== 'command') return step;
  const text = JSON.stringify(step.command, (key, value: unknown) => {
    if (options.includes(key) && value === 'taskcompletion') return 'retaineddata';
    if (key === 'constraints') return { ...(value as object), retentionTimeMs: 20_000 };
    return value;
  });
  // The cast keeps what it is: only values have become others of their kind.
  return { ...step, command: JSON.parse(text) as Command };
}

check(
  'nodes that wait for files keep every invariant, and a restored engine goes on alike',
  150,
  nothing,
  (steps) => {
    let inputs = 0;
    const { engine } = record(steps.map(retaining), (_input, _applied, _lines, { engine }) => {
      expect(engine.validate()).toEqual([]);
      if (inputs++ % 5 === 0) {
        const again = Engine.restore([...engine.snapshot()]);
        expect(again.validate()).toEqual([]);
        expect(again.nextDeadline()).toBe(engine.nextDeadline());
      }
      for (const { id } of engine.queries.pools()) {
        for (const node of engine.queries.nodes(id) ?? []) {
          if (node.state === 'running' || node.state === 'idle') continue;
          expect(node.runningTasksCount === 0 || node.state === 'unknown').toBe(true);
        }
      }
    });
    const restored = Engine.restore([...engine.snapshot()]);
    expect(restored.stateHash()).toBe(engine.stateHash());
    expect(restored.nextDeadline()).toBe(engine.nextDeadline());
    const later = { at: engine.now + 60_000, command: { type: 'tick' } as const };
    for (const one of [engine, restored]) one.apply(batchOf([later]));
    expect(restored.stateHash()).toBe(engine.stateHash());
    expect(engine.validate()).toEqual([]);
  },
);
