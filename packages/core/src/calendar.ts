/** Milliseconds since the epoch as `2026-11-22T22:00:48.000Z`, by our own arithmetic (proleptic Gregorian). */
export function formatTime(milliseconds: number): string {
  const day = Math.floor(milliseconds / 86_400_000);
  const time = milliseconds - day * 86_400_000;
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
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const part = (value: number, width = 2) => String(Math.floor(value)).padStart(width, '0');
  return (
    `${part(year, 4)}-${part(month)}-${part(dayOfMonth)}` +
    `T${part(time / 3_600_000)}:${part((time / 60_000) % 60)}:${part((time / 1000) % 60)}.${part(time % 1000, 3)}Z`
  );
}
