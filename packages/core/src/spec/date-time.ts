const form =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * A moment of ISO 8601 with its offset (`2016-05-12T08:30:00Z`, `…T10:30:00.5+02:00`) in milliseconds since the epoch,
 * what is finer being cut off; `undefined` if it is none. Without `Z` or an offset it would be another moment on
 * another machine. semantics §0
 */
export function parseDateTime(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, ...offset] = match;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (m < 1 || m > 12 || d < 1 || d > daysIn(y, m)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const [offsetHours, offsetMinutes] = [Number(offset[0] ?? 0), Number(offset[1] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const ahead = (offsetHours * 60 + offsetMinutes) * (sign === '-' ? -1 : 1);
  const minutes = Number(hour) * 60 + Number(minute) - ahead;
  const milliseconds = Number(second) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return dayNumber(y, m, d) * DAY + minutes * MINUTE + milliseconds;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 (proleptic Gregorian). */
function dayNumber(year: number, month: number, day: number): number {
  // Counted from 1 March, so that the leap day is the last of its year.
  const y = month <= 2 ? year - 1 : year;
  const sinceMarch = month <= 2 ? month + 9 : month - 3;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + Math.floor((153 * sinceMarch + 2) / 5) + day - 1 - 719_468;
}
