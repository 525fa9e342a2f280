import { calendarTime, startOfDay } from '../calendar.ts';
import type { Value } from './value.ts';
import { ticksPerMs, timestamp } from './value.ts';

const zone = String.raw`(?<zone>Z|[+-]\d\d:\d\d)`;
const clock = String.raw`(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d+))?)?`;
const w3c = new RegExp(
  String.raw`^(?<year>\d{4})(?:-(?<month>\d\d)(?:-(?<day>\d\d)(?:T${clock}${zone})?)?)?$`,
);
const rfc1123 = new RegExp(
  String.raw`^(?:(?<weekday>[A-Za-z]{3}), )?(?<day>\d\d?) (?<month>[A-Za-z]{3}) (?<year>\d{4}) ${clock} ` +
    String.raw`(?<zone>GMT|UTC?|[+-]\d{4})$`,
);

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const months = [
  ...['jan', 'feb', 'mar', 'apr', 'may', 'jun'],
  ...['jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
];

/**
 * A moment in W3C-DTF (`2016`, `2016-10-13`, `2016-10-13T19:18:47.805Z`) or as RFC 1123 writes it (`Thu, 13 Oct 2016
 * 19:18:47 GMT`), which is what `time(string)` takes (semantics §6.4); or the end of a sentence that says what is
 * wrong with it.
 */
export function timeOfText(text: string): Value | string {
  const parts = (w3c.exec(text) ?? rfc1123.exec(text))?.groups;
  if (parts === undefined) {
    return 'is no time: write it as 2016-10-13T19:18:47Z or as Thu, 13 Oct 2016 19:18:47 GMT';
  }
  const number = (name: string, absent: number): number => Number(parts[name] ?? absent);
  const named = months.indexOf((parts['month'] ?? '').toLowerCase());
  const [year, month, day] = [
    number('year', 1),
    named === -1 ? number('month', 1) : named + 1,
    number('day', 1),
  ];
  const [hour, minute, second] = [number('hour', 0), number('minute', 0), number('second', 0)];
  // What is no number, an unknown month, is between no bounds.
  if (!(month >= 1 && month <= 12)) return 'has a month that there is not';
  const start = startOfDay(year, month, day);
  const { month: monthThen, weekday } = calendarTime(start);
  if (day < 1 || monthThen !== month) return `has a day that its month has not`;
  if (hour > 23 || minute > 59 || second > 59) return 'has a time of day that there is not';
  const given = parts['weekday']?.toLowerCase();
  if (given !== undefined && given !== weekdays[weekday]) {
    return 'names a weekday that is not that of its day';
  }
  const offset = zoneMinutes(parts['zone'] ?? 'Z');
  if (offset === undefined) return 'has a time zone that there is not';
  const ms = start + ((hour * 60 + minute - offset) * 60 + second) * 1000;
  const fraction = BigInt((parts['fraction'] ?? '').padEnd(7, '0').slice(0, 7));
  return timestamp(BigInt(ms) * ticksPerMs + fraction) ?? 'is outside the years 1 to 9999';
}

/** Minutes that the zone is ahead of UTC. */
function zoneMinutes(text: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
  const ahead = Number(hours) * 60 + Number(minutes);
  return sign === '-' ? -ahead : ahead;
}
