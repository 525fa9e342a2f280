/* Numbers as they are printed; of what is not there, nothing. */

/** With a comma for each thousand, wherever it is printed. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** 20,000 as 20 k. */
export function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1e3 ? `${value / 1e3} k` : String(value);
}

/** Three digits that count. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 999.5) return count(Math.round(value));
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

/** Rounded, in millions where that reads better. */
export function rate(perSecond: number | undefined): string {
  if (perSecond === undefined) return '';
  return perSecond < 1e5 ? count(Math.round(perSecond)) : `${figure(perSecond / 1e6)} M`;
}

/** Two digits that count, and no more than four places. */
export function share(value: number | undefined): string {
  if (value === undefined) return '';
  return value.toFixed(value >= 0.095 ? 2 : value >= 0.0095 ? 3 : 4);
}

/** Nanoseconds in the unit that suits them. */
export function duration(nanoseconds: number | undefined): string {
  if (nanoseconds === undefined) return '';
  const [divisor, unit] =
    nanoseconds < 999.5 ? [1, 'ns'] : nanoseconds < 999_500 ? [1e3, 'µs'] : [1e6, 'ms'];
  const value = nanoseconds / divisor;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${String(Number(value.toFixed(digits)))} ${unit}`;
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
