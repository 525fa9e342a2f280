import type { Row, Section } from './benchmark.ts';
import type { Result } from './result.ts';

/** Finds what was measured among all results; whatever has not been measured is `undefined`. */
export class Figures {
  readonly results: readonly Result[];

  constructor(results: readonly Result[]) {
    this.results = results;
  }

  of(name: string): readonly Result[] {
    return this.results.filter((result) => result.name === name);
  }

  /** The section of a variant, of the largest result that has it or of one with so many tasks. */
  section(name: string, variant: string, tasks?: number): Section | undefined {
    return this.of(name)
      .toReversed()
      .filter((result) => tasks === undefined || result.tasks === tasks)
      .flatMap(({ sections }) => sections)
      .find((section) => section.variant === variant && measuredRows(section).length > 0);
  }

  /** What was measured of the engine: the last row, after its floor. */
  engine(variant: string, tasks?: number): Row | undefined {
    const section = this.section('dispatch', variant, tasks);
    return section === undefined ? undefined : measuredRows(section).at(-1);
  }

  /** A row of the first section whose title has these words, of the largest result; by its name, or the last. */
  row(name: string, words: string, rowName?: string): Row | undefined {
    const section = this.of(name)
      .toReversed()
      .flatMap(({ sections }) => sections)
      .find(({ title }) => title.includes(words));
    if (section === undefined) return undefined;
    const rows = measuredRows(section);
    return rowName === undefined ? rows.at(-1) : rows.find((row) => row.name === rowName);
  }

  peer(variant: string): Row | undefined {
    return this.of('peers')
      .toReversed()
      .flatMap(({ sections }) => sections.flatMap(({ rows }) => rows))
      .find((row) => row.variant === variant && row.median !== undefined);
  }

  /** Numbers of tasks for which all of these loads of `dispatch` were measured, ascending. */
  sizesOf(variants: readonly string[]): number[] {
    const sizes = this.of('dispatch')
      .map(({ tasks }) => tasks)
      .filter((tasks) => tasks !== undefined)
      .filter((tasks) => variants.every((variant) => this.engine(variant, tasks) !== undefined));
    return [...new Set(sizes)];
  }
}

export function measuredRows({ rows }: Section): Row[] {
  return rows.filter(({ skipped }) => skipped === undefined);
}

/** The first over the second. */
export function ratio(over: number | undefined, under: number | undefined): number | undefined {
  return over === undefined || under === undefined ? undefined : over / under;
}
