/** `a,04,1..3` as ids: a, 04, 1, 2, 3. */
export function parseIds(text: string): string[] {
  return text.split(',').flatMap((item) => {
    const range = parseRange(item);
    if (range === undefined) return [item];
    const { start, end } = range;
    return Array.from({ length: end - start + 1 }, (_, index) => String(start + index));
  });
}

/** `1..3`; `undefined` if it is none. */
export function parseRange(text: string): { start: number; end: number } | undefined {
  const match = /^(\d+)\.\.(\d+)$/.exec(text);
  return match === null ? undefined : { start: Number(match[1]), end: Number(match[2]) };
}
