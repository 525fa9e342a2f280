import type { Row, Section } from './benchmark.ts';
import { count, duration, figure, rate, share } from './units.ts';

export type Column = [heading: string, cell: (row: Row) => string];

/** What there is to say of a row beside its name. */
export function columnsOf(unit: string): Column[] {
  return [
    [`${unit}s`, ({ operations }) => (operations === undefined ? '' : count(operations))],
    [`ns/${unit}`, ({ median }) => figure(median)],
    ['fastest', ({ fastest }) => figure(fastest)],
    ['slowest', ({ slowest }) => figure(slowest)],
    [`${unit}/s`, ({ perSecond }) => rate(perSecond)],
    ['p50', ({ latency }) => duration(latency?.p50)],
    ['p99', ({ latency }) => duration(latency?.p99)],
    ['p99.9', ({ latency }) => duration(latency?.p999)],
    ['most', ({ latency }) => duration(latency?.most)],
    ['of the floor', ({ shareOfFloor }) => share(shareOfFloor)],
    ['GC', ({ gcShare }) => (gcShare === undefined ? '' : `${(gcShare * 100).toFixed(1)} %`)],
    [`bytes/${unit}`, ({ bytes }) => figure(bytes)],
    ['peak MB', ({ peakMegabytes }) => peakMegabytes?.toFixed(0) ?? ''],
    ['gives', ({ offers }) => offers ?? ''],
  ];
}

/** The columns that at least one row fills, with the cells of all rows. */
export function filled(columns: readonly Column[], rows: readonly Row[]): string[][] {
  return columns
    .map(([heading, cell]) => [heading, ...rows.map(cell)])
    .filter((column) => column.some((text, line) => line > 0 && text !== ''));
}

/** The section as lines for a terminal. */
export function sectionTable({ title, unit, rows, command }: Section): string {
  const measured = rows.filter(({ skipped }) => skipped === undefined);
  const names = [title, ...measured.map(({ name }) => name)];
  const cells = [names, ...filled(columnsOf(unit), measured)];
  const padded = cells.map((column, index) => {
    const width = Math.max(...column.map((text) => text.length));
    const isWords = index === 0 || column[0] === 'gives';
    return column.map((text) => (isWords ? text.padEnd(width) : text.padStart(width)));
  });
  const lines = names.map((_, line) =>
    padded
      .map((column) => column[line] ?? '')
      .join('  ')
      .trimEnd(),
  );
  for (const { name, skipped } of rows) {
    if (skipped !== undefined) lines.push(`${name}: ${skipped}`);
  }
  if (command !== undefined) lines.push(`again: ${command}`);
  return lines.join('\n');
}
