import type { Step } from '@berth/core/testing';
import { history, tell } from '@berth/core/testing';
import fc from 'fast-check';
import { test } from 'vitest';

/** All counts of runs are multiplied by this. */
const times = Number(process.env['BERTH_RUNS'] ?? 1);

/** Whether there is time for more than usual. */
export const thorough: boolean = times > 1;

/** Milliseconds, generous: shrinking takes its time. */
export const timeout: number = 90_000 * Math.max(1, times);

/** A test over random histories, which tells the least one that fails as readable lines. */
export function check<More>(
  name: string,
  runs: number,
  more: fc.Arbitrary<More>,
  body: (steps: Step[], more: More) => void,
): void {
  const property = fc.property(history, more, (steps, more) => {
    try {
      body(steps, more);
    } catch (error) {
      throw new Error(`${String(error)}\nin the history\n${tell(steps)}\n`, { cause: error });
    }
  });
  const parameters = {
    numRuns: Math.ceil(runs * times),
    // The runner cannot interrupt what never awaits: the search for a smaller history that fails would hold all tests.
    interruptAfterTimeLimit: timeout,
    markInterruptAsFailure: true,
  };
  test(name, () => fc.assert(property, parameters), timeout);
}

export const nothing: fc.Arbitrary<undefined> = fc.constant(undefined);
