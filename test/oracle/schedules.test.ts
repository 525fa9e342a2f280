import type { Command, Schedule } from '@berth/core';
import { Engine, InputBatch } from '@berth/core';
import { parseJobSchedule } from '@berth/core/spec';
import { must } from '@berth/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeout } from './check.ts';
import type { NaiveSchedule } from './naive-schedules.ts';
import { NaiveJobSchedule } from './naive-schedules.ts';

// Job schedules against a model that counts time unit by unit: both make the same jobs and skip the same.

const start = Date.UTC(2026, 0, 1);
const unitMs = 30_000;
/** When the schedule is added, so that there is a past. */
const addedAt = 20;
const end = 140;

/** Units are halves of a minute, so that windows and intervals of less than one cannot come. */
const span = fc.integer({ min: 2, max: 25 });
const moment = fc.integer({ min: 0, max: end });
const schedule: fc.Arbitrary<NaiveSchedule> = fc
  .record({ until: moment, after: moment, window: span, interval: span }, { requiredKeys: [] })
  .filter(({ until = 0, after = end }) => until <= after);

type Change =
  | { what: 'disable' | 'enable' | 'terminate' }
  | { what: 'update'; schedule: NaiveSchedule };
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom({ what: 'disable' as const }, { what: 'enable' as const }),
  },
  { weight: 2, arbitrary: schedule.map((schedule) => ({ what: 'update' as const, schedule })) },
  { weight: 1, arbitrary: fc.constant({ what: 'terminate' as const }) },
);

const history = fc.record({
  schedule,
  /** Of the jobs in turn. */
  lengths: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 }),
  changes: fc.array(fc.record({ at: fc.integer({ min: addedAt, max: end }), change }), {
    maxLength: 8,
  }),
  /** Whose pool it is, if the jobs name none. */
  lifetime: fc.constantFrom('none' as const, 'job' as const, 'jobschedule' as const),
  /** A host that tells the engine of each unit, or only of what it is asked for. */
  isPunctual: fc.boolean(),
});

test(
  'a schedule makes its jobs when a model that counts time unit by unit makes them',
  () => {
    const property = fc.property(
      history,
      ({ schedule, lengths, changes, lifetime, isPunctual }) => {
        const engine = new Engine();
        const inputs: [at: number, command: Command][] = [];
        const send = (unit: number, command: Command): void => {
          const at = start + unit * unitMs;
          inputs.push([at, command]);
          const { results } = engine.apply(InputBatch.of(at, command));
          expect(results[0]?.error).toBeUndefined();
          expect(engine.validate()).toEqual([]);
        };
        const jobSpecification = { poolInfo: poolInfoOf(lifetime) };
        const jobSchedule = {
          ...parseJobSchedule({ id: 's', jobSpecification }),
          schedule: inMilliseconds(schedule),
        };
        send(addedAt, { type: 'addJobSchedule', jobSchedule });
        const model = new NaiveJobSchedule(schedule, addedAt);
        const endOfJob = (): number | undefined => {
          const made = model.starts.length;
          if (!model.jobIsActive) return undefined;
          return must(model.starts.at(-1)) + must(lengths[(made - 1) % lengths.length]);
        };
        for (let unit = addedAt; unit <= end; unit++) {
          if (unit > addedAt) model.tick();
          if (isPunctual || engine.nextDeadline() <= start + unit * unitMs) {
            if (isPunctual || unit % 7 === 0) send(unit, { type: 'tick' });
          }
          for (const { at, change } of changes) {
            if (at !== unit || model.state === 'completed') continue;
            const jobScheduleId = 's';
            if (change.what === 'update') {
              model.update(change.schedule);
              const patch = { schedule: inMilliseconds(change.schedule) };
              send(unit, { type: 'patchJobSchedule', jobScheduleId, patch });
            } else {
              model[change.what]();
              send(unit, { type: `${change.what}JobSchedule`, jobScheduleId });
            }
          }
          while (endOfJob() !== undefined && must(endOfJob()) <= unit) {
            const jobId = `s:job-${model.starts.length}`;
            model.endJob();
            send(unit, { type: 'terminateJob', jobId });
          }
        }
        send(end, { type: 'tick' });
        const view = must(engine.queries.jobSchedule('s'));
        const starts = must(engine.queries.jobsOfSchedule('s')).map(({ creationTime }) =>
          inUnits(creationTime),
        );
        expect(starts).toEqual(model.starts);
        expect(view.state).toBe(model.state);
        const { endTime, nextRunTime } = view.executionInfo;
        expect(endTime === undefined ? undefined : inUnits(endTime)).toBe(model.endTime);
        if (view.state === 'active' && nextRunTime !== undefined) {
          expect(inUnits(nextRunTime)).toBe(model.next);
        }
        const isShared =
          lifetime === 'jobschedule' && starts.length > 0 && view.state !== 'completed';
        const hasPool = lifetime === 'job' ? model.jobIsActive : isShared;
        expect(engine.queries.pools()).toHaveLength(hasPool ? 1 : 0);
        // However the inputs are cut into batches, and wherever the engine was restored in between.
        const whole = new InputBatch();
        for (const [at, command] of inputs) whole.command(at, command);
        const other = new Engine();
        other.apply(whole);
        expect(other.stateHash()).toBe(engine.stateHash());
        let restored = new Engine();
        for (const [at, command] of inputs) {
          restored.apply(InputBatch.of(at, command));
          restored = Engine.restore([...restored.snapshot()]);
        }
        expect(restored.stateHash()).toBe(engine.stateHash());
      },
    );
    fc.assert(property, { numRuns: 200 });
  },
  timeout,
);

function poolInfoOf(lifetime: 'none' | 'job' | 'jobschedule'): object {
  if (lifetime === 'none') return { poolId: 'p' };
  const pool = { vmSize: 'local', targetDedicatedNodes: 0 };
  return { autoPoolSpecification: { poolLifetimeOption: lifetime, pool } };
}

function inMilliseconds({ until, after, window, interval }: NaiveSchedule): Schedule {
  return {
    ...(until !== undefined && { doNotRunUntilMs: start + until * unitMs }),
    ...(after !== undefined && { doNotRunAfterMs: start + after * unitMs }),
    ...(window !== undefined && { startWindowMs: window * unitMs }),
    ...(interval !== undefined && { recurrenceIntervalMs: interval * unitMs }),
  };
}

function inUnits(time: string): number {
  return (Date.parse(time) - start) / unitMs;
}
