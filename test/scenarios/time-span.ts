const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** `1h30m`, `90s`, `500ms` in milliseconds; `undefined` if it is none. */
export function parseSpan(text: string): number | undefined {
  if (!/^(\d+(d|h|ms|m|s))+$/.test(text)) return undefined;
  let span = 0;
  for (const [, amount, name] of text.matchAll(/(\d+)(d|h|ms|m|s)/g)) {
    for (const [unit, length] of units) if (unit === name) span += Number(amount) * length;
  }
  return span;
}

/** Milliseconds (a whole number ≥ 0) as they are written in scenarios. */
export function formatSpan(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (const [unit, length] of units) {
    const amount = Math.floor(rest / length);
    rest -= amount * length;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text === '' ? '0s' : text;
}
