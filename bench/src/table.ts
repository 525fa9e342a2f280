import type { Row, Section } from './benchmark.ts';

/** The section as lines for a terminal; columns that no row has are left out. */
export function sectionTable({ title, unit, rows }: Section): string {
  const columns: [heading: string, cell: (row: Row) => string][] = [
    [`ns/${unit}`, ({ median }) => figure(median)],
    ['fastest', ({ fastest }) => figure(fastest)],
    ['slowest', ({ slowest }) => figure(slowest)],
    [`${unit}/s`, ({ perSecond }) => rate(perSecond)],
    ['of the floor', ({ shareOfFloor }) => shareOfFloor?.toFixed(2) ?? ''],
    ['GC', ({ gcShare }) => (gcShare === undefined ? '' : `${(gcShare * 100).toFixed(1)} %`)],
    [`bytes/${unit}`, ({ bytes }) => figure(bytes)],
  ];
  const cells = [[title, ...rows.map(({ name }) => name)]];
  for (const [heading, cell] of columns) {
    const column = rows.map(cell);
    if (column.some((text) => text !== '')) cells.push([heading, ...column]);
  }
  const padded = cells.map((column, index) => {
    const width = Math.max(...column.map((text) => text.length));
    return column.map((text) => (index === 0 ? text.padEnd(width) : text.padStart(width)));
  });
  return [title, ...rows]
    .map((_, line) => padded.map((column) => column[line] ?? '').join('  '))
    .join('\n');
}

function rate(perSecond: number | undefined): string {
  if (perSecond === undefined) return '';
  return perSecond < 1e5 ? perSecond.toFixed(0) : `${figure(perSecond / 1e6)} M`;
}

/** Three digits that count. */
function figure(value: number | undefined): string {
  if (value === undefined) return '';
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}
