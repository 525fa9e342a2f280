import { Engine, InputBatch } from '@berth/core';
import { parseJobSchedule } from '@berth/core/spec';
import { describe, expect, it } from 'vitest';
import type { Recurrence } from '../src/recurrence.ts';
import { isOver, isWaiting, lastDue, nextDue } from '../src/recurrence.ts';

const minute = 60_000;
const year = 365 * 24 * 60 * minute;
const everyTen: Recurrence = { firstDue: 5 * minute, recurrenceIntervalMs: 10 * minute };

describe('due times', () => {
  it.each([
    [4, undefined, 5],
    [5, 5, 15],
    [14, 5, 15],
    [15, 15, 25],
  ])('after %i minutes the last was at %s and the next is at %i', (now, last, next) => {
    expect(lastDue(everyTen, now * minute)).toBe(last === undefined ? undefined : last * minute);
    expect(nextDue(everyTen, now * minute)).toBe(next * minute);
  });

  it('are exact however long ago the first was', () => {
    const first = 1_000_003;
    const recurrence = { firstDue: first, recurrenceIntervalMs: 60_001 };
    const due = first + 60_001 * 149_999_999_999;
    expect(Number.isSafeInteger(due)).toBe(true);
    expect(lastDue(recurrence, due - 1)).toBe(due - 60_001);
    expect(lastDue(recurrence, due)).toBe(due);
    expect(nextDue(recurrence, due - 1)).toBe(due);
  });

  it('are one where nothing recurs', () => {
    expect(nextDue({ firstDue: 5 }, 4)).toBe(5);
    expect(nextDue({ firstDue: 5 }, 5)).toBeUndefined();
    expect(lastDue({ firstDue: 5 }, year)).toBe(5);
  });

  it('end with doNotRunAfter, which belongs to them', () => {
    const recurrence = { ...everyTen, doNotRunAfterMs: 15 * minute };
    expect(nextDue(recurrence, 14 * minute)).toBe(15 * minute);
    expect(nextDue(recurrence, 15 * minute)).toBeUndefined();
    expect(isOver(recurrence, 5 * minute, 15 * minute - 1)).toBe(false);
    expect(isOver(recurrence, 5 * minute, 15 * minute)).toBe(true);
  });
});

it('an occurrence waits from its due time to the end of its window, or to its job', () => {
  const recurrence = { ...everyTen, startWindowMs: 2 * minute };
  expect(isWaiting(recurrence, undefined, 5 * minute - 1)).toBe(false);
  expect(isWaiting(recurrence, undefined, 5 * minute)).toBe(true);
  expect(isWaiting(recurrence, undefined, 7 * minute)).toBe(true);
  expect(isWaiting(recurrence, undefined, 7 * minute + 1)).toBe(false);
  expect(isWaiting(recurrence, 6 * minute, 7 * minute)).toBe(false);
  expect(isWaiting(recurrence, 6 * minute, 15 * minute)).toBe(true);
});

it('a clock that jumps over millions of due times costs as many looks as there are jobs', () => {
  const engine = new Engine();
  const schedule = (id: string, more: object): void => {
    const jobSchedule = parseJobSchedule({
      id,
      schedule: { recurrenceInterval: 'PT1M', ...more },
      jobSpecification: { poolInfo: { poolId: 'p' } },
    });
    engine.apply(InputBatch.of(0, { type: 'addJobSchedule', jobSchedule }));
  };
  for (let n = 0; n < 1000; n++) schedule(`busy-${n}`, {});
  for (let n = 0; n < 1000; n++) schedule(`off-${n}`, { doNotRunUntil: '1970-01-01T01:00:00Z' });
  for (let n = 0; n < 1000; n++) {
    engine.apply(InputBatch.of(0, { type: 'disableJobSchedule', jobScheduleId: `off-${n}` }));
  }
  expect(engine.nextDeadline()).toBe(Infinity);
  engine.listening = true;
  expect(engine.apply(InputBatch.of(100 * year, { type: 'tick' })).events).toEqual([]);
  const jobs = new InputBatch();
  for (let n = 0; n < 1000; n++) {
    jobs.command(100 * year, { type: 'enableJobSchedule', jobScheduleId: `off-${n}` });
    jobs.command(100 * year, { type: 'terminateJob', jobId: `busy-${n}:job-1` });
  }
  const made = engine.apply(jobs).events.filter(({ from }) => from === 'none');
  expect(made).toHaveLength(2000);
  expect(engine.validate()).toEqual([]);
});
