import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownDeadline, RunClocks } from '../src/run-clocks.ts';
import { Run, RunTable, runBits } from '../src/run-table.ts';
import { TaskClasses } from '../src/task-classes.ts';

const step = fc.record({
  run: fc.nat({ max: 30 }),
  does: fc.constantFrom('start', 'start', 'stop', 'set', 'expire'),
  later: fc.constantFrom(0, 0, 1, 5),
  durationMs: fc.oneof(fc.constantFrom(10, 20, 50), fc.nat({ max: 100 })),
});

test('the next deadline is the least there is, and of equal ones that of the lowest run', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const runs = new RunTable(new TaskClasses());
      runs.allocate(0, 31);
      let notBefore = Infinity;
      const clocks = new RunClocks(runs, (time) => {
        notBefore = Math.min(notBefore, time);
      });
      const model = new Map<number, number>();
      let now = 0;
      for (const { run, does, later, durationMs } of steps) {
        now += later;
        if (does === 'start' && !model.has(run)) {
          runs.words[(run << runBits) + Run.ending] = 0;
          runs.starts[((run << runBits) + Run.start) >>> 1] = now;
          const group = clocks.group(durationMs);
          if (group === ownDeadline) clocks.set(run, now + durationMs);
          else clocks.start(run, group);
          model.set(run, now + durationMs);
        } else if (does === 'set' && model.has(run)) {
          clocks.set(run, now + durationMs);
          model.set(run, now + durationMs);
        } else if (does === 'stop') {
          if (model.delete(run)) clocks.stop(run);
        } else if (does === 'expire' && clocks.firstTime <= now) {
          const due = clocks.firstRun;
          expect(model.get(due)).toBeLessThanOrEqual(now);
          clocks.stop(due);
          model.delete(due);
        }
        const first = [...model].sort(([a, x], [b, y]) => x - y || a - b)[0];
        expect(notBefore).toBeLessThanOrEqual(first?.[1] ?? Infinity);
        expect(clocks.firstTime).toBe(first?.[1] ?? Infinity);
        expect(clocks.firstRun).toBe(first?.[0] ?? -1);
      }
    }),
  );
});
