import type { Row, Section } from './benchmark.ts';
import { measuredRows } from './figures.ts';
import type { Result } from './result.ts';
import { columnsOf, filled } from './table.ts';
import { figure, share } from './units.ts';

/** Cells by column, the heading first; the first column is words, the others are flush right. */
export function markdownTable(
  columns: readonly (readonly string[])[],
  words: readonly number[],
): string {
  const widths = columns.map((column) => Math.max(3, ...column.map((text) => text.length)));
  const isWords = (index: number): boolean => index === 0 || words.includes(index);
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells
      .map((text, index) => {
        const width = widths[index] ?? 0;
        return isWords(index) ? text.padEnd(width) : text.padStart(width);
      })
      .join(' | ')} |`;
  const rules = widths.map((width, index) =>
    isWords(index) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const lines = (columns[0] ?? []).map((_, line) =>
    lineOf(columns.map((column) => column[line] ?? '')),
  );
  return [lines[0] ?? '', `| ${rules.join(' | ')} |`, ...lines.slice(1)].join('\n');
}

/** All loads of one result of `dispatch`: a line for each, the floor in a column. */
export function dispatchTable({ sections }: Result): string {
  const lines = sections.flatMap((section) => {
    const [floor, engine] = measuredRows(section);
    return floor === undefined || engine === undefined ? [] : [{ section, floor, engine }];
  });
  const column = (heading: string, cell: (line: (typeof lines)[number]) => string): string[] => [
    heading,
    ...lines.map(cell),
  ];
  const table = markdownTable(
    [
      column('load', ({ section }) => section.variant ?? section.title),
      column('ns/life', ({ engine }) => figure(engine.median)),
      column('fastest', ({ engine }) => figure(engine.fastest)),
      column('slowest', ({ engine }) => figure(engine.slowest)),
      column('floor', ({ floor }) => figure(floor.median)),
      column('of the floor', ({ engine }) => share(engine.shareOfFloor)),
      column('GC', ({ engine }) => `${((engine.gcShare ?? 0) * 100).toFixed(1)} %`),
      column('peak MB', ({ engine }) => figure(engine.peakMegabytes)),
      column('again', ({ section }) => code(section.command)),
    ],
    [8],
  );
  return lines.length === 0 ? skippedLines(sections) : join(table, skippedLines(sections));
}

/** A section as a table, with the commands that measure it again. */
export function sectionMarkdown(section: Section): string {
  const rows = measuredRows(section);
  const names = ['', ...rows.map(({ name }) => name)];
  const columns = filled(columnsOf(section.unit), rows);
  const gives = columns.find(([heading]) => heading === 'gives');
  const figures = [names, ...columns.filter((column) => column !== gives)];
  const words: number[] = [];
  if (rows.some(({ command }) => command !== undefined)) {
    words.push(figures.length);
    figures.push(['again', ...rows.map(({ command }) => code(command))]);
  }
  const again = section.command === undefined ? '' : `Again: ${code(section.command)}`;
  const table = rows.length === 0 ? '' : markdownTable(figures, words);
  const offers = gives === undefined ? '' : markdownTable([names, gives], [1]);
  return join(`**${section.title}**`, table, skippedLines([section]), offers, again);
}

function skippedLines(sections: readonly Section[]): string {
  return sections
    .flatMap(({ variant, rows }) =>
      rows.flatMap(({ name, skipped }: Row) =>
        skipped === undefined ? [] : [`- ${variant ?? name}: ${skipped}`],
      ),
    )
    .join('\n');
}

export function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}

/** Paragraphs, without those that are empty. */
export function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
