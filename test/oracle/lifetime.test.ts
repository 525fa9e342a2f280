import type { Step } from '@berth/core/testing';
import fc from 'fast-check';
import { check } from './check.ts';
import { agrees } from './oracle.ts';

// Histories in which much time passes at once or twice (semantics §3.1, rule 1; ruling 19).

const dayMs = 86_400_000;
const leap = fc.record({
  pick: fc.nat(),
  pass: fc.constantFrom(100 * dayMs, 180 * dayMs - 1, 180 * dayMs),
});

check(
  'the engine does what the naive scheduler does when tasks become too old to start',
  200,
  fc.array(leap, { minLength: 1, maxLength: 3 }),
  (steps, leaps) => {
    const patient = steps.filter((step) => !followsFormula(step));
    for (const { pick, pass } of leaps) {
      const at = pick % (patient.length + 1);
      const step = patient[at];
      if (step !== undefined) patient[at] = { ...step, pass };
    }
    // When files expire is not the naive scheduler's business.
    agrees(patient, (effect) => !effect.startsWith('remove '));
  },
);

/** It would be evaluated every few minutes. */
function followsFormula(step: Step): boolean {
  if (step.is !== 'command') return false;
  const { command } = step;
  return (
    command.type === 'enableAutoScale' ||
    (command.type === 'addPool' && command.pool.enableAutoScale === true)
  );
}
