const pageBits = 10;
const pageRows = 1 << pageBits;

/** An integer for some rows of a job, 0 for all others: pages that are made when first needed, no entry per row. */
export class RowColumn {
  readonly #pages: (Int32Array | undefined)[] = [];

  get(row: number): number {
    return this.#pages[row >>> pageBits]?.[row & (pageRows - 1)] ?? 0;
  }

  set(row: number, value: number): void {
    const number = row >>> pageBits;
    let page = this.#pages[number];
    if (page === undefined) {
      if (value === 0) return;
      page = new Int32Array(pageRows);
      this.#pages[number] = page;
    }
    page[row & (pageRows - 1)] = value;
  }

  /** What is not 0, by row. */
  *entries(): IterableIterator<[row: number, value: number]> {
    for (const [number, page] of this.#pages.entries()) {
      if (page === undefined) continue;
      for (const [index, value] of page.entries()) {
        if (value !== 0) yield [(number << pageBits) + index, value];
      }
    }
  }
}
