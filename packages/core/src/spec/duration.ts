const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** How the service writes "no limit": the most 100 ns ticks that fit 64 bits (semantics §0). */
const INFINITE = 'P10675199DT2H48M5.4775807S';
const INFINITE_MS = 10_675_199 * DAY + 2 * HOUR + 48 * MINUTE + 5_477;

const number = String.raw`(\d+(?:[.,]\d+)?)`;
const form = new RegExp(
  `^P(?=.)(?:${number}W)?(?:${number}D)?(?:T(?=.)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
);
const units = [WEEK, DAY, HOUR, MINUTE, SECOND];

/** What is wrong with a duration, as the end of a sentence that begins with its name. */
export interface DurationProblem {
  problem: string;
}

/**
 * An ISO 8601 duration (`PT1H30M`, `P7D`, `P2W`, `PT0.5S`) in milliseconds, rounded to the nearest, but never
 * to 0 unless it is 0. The smallest unit given may have a fraction. `undefined` = no limit: the service's literal
 * for infinity or anything as long (about 29,000 years). Years and months are refused: they have no fixed
 * length. So are negative durations. semantics §0
 */
export function parseDuration(text: string): number | undefined | DurationProblem {
  const match = form.exec(text);
  if (match === null) {
    return /^P[\d.,DW]*[\d.,]+[YM]/.test(text)
      ? { problem: 'must not count in years or months, whose length varies: use days (P30D)' }
      : { problem: 'must be an ISO 8601 duration such as PT90S, PT1H30M or P7D' };
  }
  const amounts = match.slice(1);
  const last = amounts.findLastIndex((amount) => amount !== undefined);
  let ms = 0;
  for (const [i, amount] of amounts.entries()) {
    if (amount === undefined) continue;
    if (i !== last && /[.,]/.test(amount)) {
      return { problem: 'may have a fraction in its smallest unit only' };
    }
    ms += Number(amount.replace(',', '.')) * units[i]!;
  }
  if (ms >= INFINITE_MS) return undefined;
  return ms > 0 ? Math.max(1, Math.round(ms)) : 0;
}

/**
 * Milliseconds (a whole number ≥ 0) as an ISO 8601 duration in days, hours, minutes and seconds;
 * `undefined` = no limit, in the service's spelling.
 */
export function formatDuration(ms: number | undefined): string {
  if (ms === undefined || ms >= INFINITE_MS) return INFINITE;
  const days = Math.floor(ms / DAY);
  const hours = Math.floor((ms % DAY) / HOUR);
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  const seconds = (ms % MINUTE) / SECOND;
  const date = days > 0 ? `${days}D` : '';
  const time =
    (hours > 0 ? `${hours}H` : '') +
    (minutes > 0 ? `${minutes}M` : '') +
    (seconds > 0 ? `${seconds}S` : '');
  return `P${date}${time === '' ? (date === '' ? 'T0S' : '') : `T${time}`}`;
}
