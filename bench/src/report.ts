import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { Figures } from './figures.ts';
import { machineLine } from './machine.ts';
import { code, dispatchTable, join, sectionMarkdown } from './markdown.ts';
import { withReadmeTable } from './readme-table.ts';
import { plots } from './report-plots.ts';
import { guard, introduction, proses } from './report-prose.ts';
import type { Result } from './result.ts';
import { readResults } from './result.ts';
import { targetsTable } from './targets.ts';
import { count } from './units.ts';

const plotFolder = 'docs/benchmarks';
const resultFolder = 'bench/results';

/** The files that the results make, by their path in the repository; `readme` is the README as it is. */
export function reportFiles(results: readonly Result[], readme: string): Map<string, string> {
  const figures = new Figures(results);
  return new Map([
    ['docs/benchmarks.md', document(figures)],
    ['README.md', withReadmeTable(readme, figures)],
    ...plots(figures).map(({ file, svg }): [string, string] => [`${plotFolder}/${file}`, svg]),
  ]);
}

/** Writes them, and removes plots that no result makes any more. Returns their paths. */
export function writeReport(root: string): string[] {
  const readme = readFileSync(path(root, 'README.md'), 'utf8');
  const files = reportFiles(readResults(path(root, resultFolder)), readme);
  mkdirSync(path(root, plotFolder), { recursive: true });
  for (const file of strayPlots(root, files)) rmSync(path(root, file));
  for (const [file, text] of files) writeFileSync(path(root, file), text);
  return [...files.keys()];
}

/** Plots that are there and that no result makes. */
export function strayPlots(root: string, files: ReadonlyMap<string, string>): string[] {
  return readdirSync(path(root, plotFolder))
    .map((name) => `${plotFolder}/${name}`)
    .filter((file) => !files.has(file));
}

function document(figures: Figures): string {
  const known = Object.keys(proses);
  const names = new Set(figures.results.map(({ name }) => name));
  const others = [...names].filter((name) => !known.includes(name)).sort();
  const parts = [...known, ...others]
    .filter((name) => names.has(name))
    .map((name) => benchmarkPart(name, figures));
  const targets = join('## Targets and figures', targetsTable(figures));
  return `${join(introduction, targets, ...parts, guard)}\n`;
}

function benchmarkPart(name: string, figures: Figures): string {
  const { heading, text } = proses[name] ?? { heading: name, text: '' };
  const drawn = plots(figures)
    .filter(({ file }) => (name === 'peers') === (file === 'peers.svg'))
    .map(({ file, alt }) => `![${alt}](benchmarks/${file})`);
  const images = name === 'dispatch' || name === 'peers' ? drawn : [];
  return join(`## ${heading}`, text, ...images, ...figures.of(name).map(resultPart));
}

function resultPart(result: Result): string {
  const { name, command, tasks, date, machine, sections, peakMegabytes } = result;
  const peak = peakMegabytes === undefined ? '' : `; at most ${peakMegabytes} MB resident`;
  const made = `${code(command)}, ${date}: ${machineLine(machine)}${peak}`;
  if (name !== 'dispatch') return join(made, ...sections.map(sectionMarkdown));
  return join(`### ${count(tasks)} tasks`, made, dispatchTable(result));
}
