import {
  Formula,
  parseFormula,
  SampleHistory,
  sampledVariables,
  samplePeriodMs,
} from '@berth/core';
import { expect, test } from 'vitest';
import { documents } from './documents.ts';

// What docs/autoscale.md shows: each formula comes to the results after it, in the circumstances that it names.

const blocks = documents.find(({ name }) => name === 'docs/autoscale.md')?.blocks ?? [];
const now = Date.UTC(2016, 9, 13, 19, 18, 47, 805);

const values: Record<string, number> = {
  $PendingTasks: 10,
  $ActiveTasks: 6,
  $RunningTasks: 4,
  $CurrentDedicatedNodes: 4,
  $TaskSlotsPerNode: 1,
};

function anHour(): SampleHistory {
  const samples = new SampleHistory();
  for (let at = now - 3_600_000; at <= now; at += samplePeriodMs) {
    samples.take(
      at,
      sampledVariables.map((name) => values[name] ?? 0),
    );
  }
  return samples;
}

test('every formula of the document comes to the results that it shows', () => {
  const formulas = blocks.filter(({ info }) => info === 'formula');
  expect(formulas.length).toBeGreaterThan(2);
  for (const block of formulas) {
    const after = blocks[blocks.indexOf(block) + 1];
    const formula = parseFormula(block.text);
    if (!(formula instanceof Formula)) throw new Error(`line ${block.line}: ${formula.reason}`);
    const inputs = { now, samples: anHour(), targetDedicatedNodes: 4, targetLowPriorityNodes: 0 };
    const { results, error } = formula.evaluate({ ...inputs, seed: 0 });
    expect(error).toBeUndefined();
    expect(after?.info).toBe('results');
    expect(`${results}\n`).toBe(after?.text);
  }
});

test('the document has every sampled variable', () => {
  const text = documents.find(({ name }) => name === 'docs/autoscale.md')?.text ?? '';
  expect(sampledVariables.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
