import type { Row, Section } from './benchmark.ts';

/** The section as lines for a terminal; columns that no row has are left out. */
export function sectionTable({ title, unit, rows, command }: Section): string {
  const measured = rows.filter(({ skipped }) => skipped === undefined);
  const columns: [heading: string, cell: (row: Row) => string][] = [
    [`${unit}s`, ({ operations }) => operations?.toLocaleString('en-US') ?? ''],
    [`ns/${unit}`, ({ median }) => figure(median)],
    ['fastest', ({ fastest }) => figure(fastest)],
    ['slowest', ({ slowest }) => figure(slowest)],
    [`${unit}/s`, ({ perSecond }) => rate(perSecond)],
    ['p50 ns', ({ latency }) => figure(latency?.p50)],
    ['p99', ({ latency }) => figure(latency?.p99)],
    ['p99.9', ({ latency }) => figure(latency?.p999)],
    ['most', ({ latency }) => figure(latency?.most)],
    ['of the floor', ({ shareOfFloor }) => shareOfFloor?.toFixed(shareOfFloor < 0.1 ? 4 : 2) ?? ''],
    ['GC', ({ gcShare }) => (gcShare === undefined ? '' : `${(gcShare * 100).toFixed(1)} %`)],
    [`bytes/${unit}`, ({ bytes }) => figure(bytes)],
    ['peak MB', ({ peakMegabytes }) => peakMegabytes?.toFixed(0) ?? ''],
    ['gives', ({ offers }) => offers ?? ''],
  ];
  const cells = [[title, ...measured.map(({ name }) => name)]];
  for (const [heading, cell] of columns) {
    const column = measured.map(cell);
    if (column.some((text) => text !== '')) cells.push([heading, ...column]);
  }
  const padded = cells.map((column, index) => {
    const width = Math.max(...column.map((text) => text.length));
    const isWords = index === 0 || column[0] === 'gives';
    return column.map((text) => (isWords ? text.padEnd(width) : text.padStart(width)));
  });
  const lines = [title, ...measured].map((_, line) =>
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

/** Rounded, in millions where that reads better. */
export function rate(perSecond: number | undefined): string {
  if (perSecond === undefined) return '';
  return perSecond < 1e5 ? perSecond.toFixed(0) : `${figure(perSecond / 1e6)} M`;
}

/** Three digits that count. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 999.5) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}
