import type { Schedule } from './specification.ts';

/*
 * When the occurrences of a schedule fall due (semantics §7, rules 1 to 4). Times are milliseconds since the epoch.
 * Whatever time has passed, an answer costs a division: an occurrence that nothing came of is never looked at.
 */

/** A schedule as it was set, with the first of its due times (t₀). */
export interface Recurrence extends Schedule {
  firstDue: number;
}

/** The last due time up to `now`, `undefined`: none has come yet. */
export function lastDue(
  { firstDue, recurrenceIntervalMs }: Recurrence,
  now: number,
): number | undefined {
  if (now < firstDue) return undefined;
  if (recurrenceIntervalMs === undefined) return firstDue;
  return now - ((now - firstDue) % recurrenceIntervalMs);
}

/** The first due time after `now` at which a job may be made, `undefined`: none comes any more. */
export function nextDue(recurrence: Recurrence, now: number): number | undefined {
  const { firstDue, recurrenceIntervalMs, doNotRunAfterMs = Infinity } = recurrence;
  const last = lastDue(recurrence, now);
  if (last !== undefined && recurrenceIntervalMs === undefined) return undefined;
  const next = last === undefined ? firstDue : last + (recurrenceIntervalMs ?? 0);
  return next <= doNotRunAfterMs ? next : undefined;
}

/**
 * Whether an occurrence waits for its job: the last that fell due, if its window, its end included, is still open
 * and no job has been made since. An earlier one never waits, since each replaces the one before.
 */
export function isWaiting(
  recurrence: Recurrence,
  lastJobTime: number | undefined,
  now: number,
): boolean {
  const { startWindowMs = Infinity, doNotRunAfterMs = Infinity } = recurrence;
  const due = lastDue(recurrence, now);
  if (due === undefined || now > doNotRunAfterMs || now - due > startWindowMs) return false;
  return lastJobTime === undefined || lastJobTime < due;
}

/** Whether no further job comes, once the one that there may be is over: doNotRunAfter has passed, or the only one was made. */
export function isOver(
  { firstDue, recurrenceIntervalMs, doNotRunAfterMs = Infinity }: Recurrence,
  lastJobTime: number | undefined,
  now: number,
): boolean {
  if (now >= doNotRunAfterMs) return true;
  return recurrenceIntervalMs === undefined && lastJobTime !== undefined && lastJobTime >= firstDue;
}
