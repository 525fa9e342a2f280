/* What the plots share. They stand on the page's own ground: every colour is readable on light and on dark. */

export const colours = {
  text: '#77808b',
  grid: '#8b949e55',
  berth: '#2f81f7',
  floor: '#8b949e',
  other: '#d2691e',
  third: '#8957e5',
} as const;

export function svg(
  width: number,
  height: number,
  title: string,
  parts: readonly string[],
): string {
  const head =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13">`;
  return `${[head, `<title>${escaped(title)}</title>`, ...parts, '</svg>'].join('\n')}\n`;
}

export function label(
  x: number,
  y: number,
  text: string,
  {
    anchor = 'start',
    colour = colours.text,
    size,
  }: { anchor?: 'start' | 'middle' | 'end'; colour?: string; size?: number } = {},
): string {
  const larger = size === undefined ? '' : ` font-size="${size}" font-weight="600"`;
  return `<text x="${place(x)}" y="${place(y)}" fill="${colour}" text-anchor="${anchor}"${larger}>${escaped(text)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" stroke="${colour}"/>`;
}

/** A tenth of a pixel is enough, and does not change from machine to machine. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** 1, 10, … from the last power of ten that is no more than `least` to the first that is no less than `most`. */
export function powersOfTen(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(most) - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** Round numbers from 0 to no less than `most`, four to eight of them. */
export function roundSteps(most: number): number[] {
  const rough = most / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((times) => times * unit >= rough) ?? 10);
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
