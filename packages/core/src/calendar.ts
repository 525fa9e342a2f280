/** A moment in UTC, by the proleptic Gregorian calendar. */
export interface CalendarTime {
  year: number;
  /** 1 to 12. */
  month: number;
  /** 1 to 31. */
  day: number;
  /** 0 (Sunday) to 6. */
  weekday: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}

const dayMs = 86_400_000;

/** Milliseconds since the epoch, by our own arithmetic. */
export function calendarTime(milliseconds: number): CalendarTime {
  const day = Math.floor(milliseconds / dayMs);
  const time = milliseconds - day * dayMs;
  // Days are counted from 1 March of year 0, so that the leap day is the last of its year.
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    // The epoch was a Thursday.
    weekday: (((day + 4) % 7) + 7) % 7,
    hour: Math.floor(time / 3_600_000),
    minute: Math.floor(time / 60_000) % 60,
    second: Math.floor(time / 1000) % 60,
    millisecond: time % 1000,
  };
}

/** The first millisecond of a day since the epoch; a day past its month's end is one of the next. */
export function startOfDay(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const shiftedMonth = month <= 2 ? month + 9 : month - 3;
  const dayOfYear = Math.floor((153 * shiftedMonth + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * dayMs;
}

/** Milliseconds since the epoch as `2026-11-22T22:00:48.000Z`. */
export function formatTime(milliseconds: number): string {
  const time = calendarTime(milliseconds);
  const part = (value: number, width = 2) => String(Math.floor(value)).padStart(width, '0');
  return (
    `${part(time.year, 4)}-${part(time.month)}-${part(time.day)}` +
    `T${part(time.hour)}:${part(time.minute)}:${part(time.second)}.${part(time.millisecond, 3)}Z`
  );
}
