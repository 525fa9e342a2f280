import type { CalendarTime } from '../calendar.ts';

/** A part of a timestamp that a formula may ask for (semantics §6.2). */
export type TimestampPart = Exclude<keyof CalendarTime, 'millisecond'>;

export const timestampParts: readonly TimestampPart[] = [
  'year',
  'month',
  'day',
  'weekday',
  'hour',
  'minute',
  'second',
];

/** The part of that name in any case. */
export function timestampPart(name: string): TimestampPart | undefined {
  const key = name.toLowerCase();
  return timestampParts.find((part) => part === key);
}
