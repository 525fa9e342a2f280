import { colours, label, line, place, powersOfTen, svg } from './svg.ts';
import { duration } from './units.ts';

export interface Bar {
  name: string;
  nanoseconds: number;
  colour: string;
}

export interface BarPlot {
  title: string;
  bars: readonly Bar[];
  /** What the colours mean. */
  legend: readonly { name: string; colour: string }[];
}

const width = 760;
const left = 220;
const right = 90;
const top = 64;
const rowHeight = 26;

/** One bar for each, on a logarithmic axis of nanoseconds: shorter is faster. */
export function barPlot({ title, bars, legend }: BarPlot): string {
  const values = bars.map(({ nanoseconds }) => nanoseconds);
  const ticks = powersOfTen(Math.min(...values), Math.max(...values));
  const [least, most] = [ticks[0] ?? 1, ticks.at(-1) ?? 10];
  const bottom = top + bars.length * rowHeight;
  const xAt = (value: number): number =>
    left + (Math.log(value / least) / Math.log(most / least)) * (width - left - right);

  const parts = [label(20, 22, title, { size: 15 })];
  let legendAt = 20;
  for (const { name, colour } of legend) {
    parts.push(`<rect x="${legendAt}" y="34" width="11" height="11" rx="2" fill="${colour}"/>`);
    parts.push(label(legendAt + 17, 44, name));
    legendAt += 40 + name.length * 7.2;
  }
  for (const tick of ticks) {
    parts.push(line(xAt(tick), top, xAt(tick), bottom + 5, colours.grid));
    parts.push(label(xAt(tick), bottom + 22, duration(tick), { anchor: 'middle' }));
  }
  for (const [index, { name, nanoseconds, colour }] of bars.entries()) {
    const y = top + index * rowHeight;
    const length = place(Math.max(1, xAt(nanoseconds) - left));
    parts.push(label(left - 10, y + 17, name, { anchor: 'end' }));
    parts.push(
      `<rect x="${left}" y="${y + 5}" width="${length}" height="${rowHeight - 9}" rx="2" fill="${colour}"/>`,
    );
    parts.push(label(xAt(nanoseconds) + 8, y + 17, duration(nanoseconds)));
  }
  return svg(width, bottom + 40, title, parts);
}
