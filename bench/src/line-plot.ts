import { colours, label, line, place, powersOfTen, roundSteps, svg } from './svg.ts';
import { duration, short } from './units.ts';

export interface Series {
  name: string;
  colour: string;
  /** In the order of x. */
  points: readonly { x: number; y: number }[];
}

export interface LinePlot {
  title: string;
  /** What is counted on the x axis, by powers of ten. */
  xName: string;
  series: readonly Series[];
}

const width = 790;
const height = 340;
const left = 70;
const right = 190;
const top = 44;
const bottom = 52;

/** Nanoseconds over a number on a logarithmic axis; each line has its name at its end. */
export function linePlot({ title, xName, series }: LinePlot): string {
  const xs = series.flatMap(({ points }) => points.map(({ x }) => x));
  const ys = series.flatMap(({ points }) => points.map(({ y }) => y));
  const xTicks = powersOfTen(Math.min(...xs), Math.max(...xs));
  const yTicks = roundSteps(Math.max(...ys));
  const [least, most] = [xTicks[0] ?? 1, xTicks.at(-1) ?? 10];
  const highest = yTicks.at(-1) ?? 1;
  const xAt = (x: number): number =>
    left + (Math.log(x / least) / Math.log(most / least)) * (width - left - right);
  const yAt = (y: number): number => height - bottom - (y / highest) * (height - top - bottom);

  const parts = [label(left - 50, 22, title, { size: 15 })];
  for (const y of yTicks) {
    parts.push(line(left, yAt(y), width - right, yAt(y), colours.grid));
    parts.push(label(left - 8, yAt(y) + 4, y === 0 ? '0' : duration(y), { anchor: 'end' }));
  }
  for (const x of xTicks) {
    parts.push(line(xAt(x), height - bottom, xAt(x), height - bottom + 5, colours.text));
    parts.push(label(xAt(x), height - bottom + 20, short(x), { anchor: 'middle' }));
  }
  parts.push(label((left + width - right) / 2, height - 10, xName, { anchor: 'middle' }));
  const ends = apart(series.map(({ points }) => yAt(points.at(-1)?.y ?? 0)));
  for (const [index, { name, colour, points }] of series.entries()) {
    const path = points.map(({ x, y }) => `${place(xAt(x))},${place(yAt(y))}`).join(' ');
    parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2.5"/>`);
    for (const { x, y } of points) {
      parts.push(`<circle cx="${place(xAt(x))}" cy="${place(yAt(y))}" r="4" fill="${colour}"/>`);
    }
    const last = points.at(-1);
    if (last === undefined) continue;
    const text = `${name}, ${duration(last.y)}`;
    parts.push(label(xAt(last.x) + 10, (ends[index] ?? 0) + 4, text, { colour }));
  }
  return svg(width, height, title, parts);
}

/** Heights of labels that would cover each other are pushed apart. */
function apart(heights: readonly number[]): number[] {
  const least = 17;
  const order = [...heights.keys()].sort((a, b) => (heights[b] ?? 0) - (heights[a] ?? 0));
  const moved = [...heights];
  let below = Infinity;
  for (const index of order) {
    below = Math.min(moved[index] ?? 0, below - least);
    moved[index] = below;
  }
  return moved;
}
