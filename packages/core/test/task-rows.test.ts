import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  firstRowOf,
  pageOf,
  rowsOf,
  TaskRows,
  Word,
  wideTime,
  wordsPerRow,
} from '../src/task-rows.ts';

const row = fc.oneof(
  fc.nat({ max: 100 }),
  fc.nat({ max: 300_000 }),
  fc.nat({ max: 0x7fff_ffff }),
  fc
    .integer({ min: 3, max: 30 })
    .chain((bits) => fc.integer({ min: -1, max: 1 }).map((by) => 2 ** bits + by)),
);

test('every row lies in its page, and pages lie one behind the other', () => {
  fc.assert(
    fc.property(row, (row) => {
      const page = pageOf(row);
      expect(firstRowOf(page)).toBeLessThanOrEqual(row);
      expect(row).toBeLessThan(firstRowOf(page) + rowsOf(page));
      if (page > 0) expect(firstRowOf(page - 1) + rowsOf(page - 1)).toBe(firstRowOf(page));
      expect(new TaskRows().offset(row)).toBe((row - firstRowOf(page)) * wordsPerRow);
    }),
    { numRuns: 1_000 },
  );
});

const writes = fc.array(
  fc.record({
    row: fc.nat({ max: 200 }),
    word: fc.nat({ max: wordsPerRow - 1 }),
    value: fc.integer(),
    freeze: fc.boolean(),
  }),
);

test('rows keep what is written, and a frozen page keeps what it had', () => {
  fc.assert(
    fc.property(writes, (writes) => {
      const rows = new TaskRows();
      const model = new Map<string, number>();
      const kept: { words: Int32Array; copy: Int32Array }[] = [];
      for (const { row, word, value, freeze } of writes) {
        const page = rows.pages[pageOf(row)];
        if (freeze && page !== undefined) {
          page.frozen = true;
          kept.push({ words: page.words, copy: page.words.slice() });
        }
        rows.touch(row)[rows.offset(row) + word] = value;
        model.set(`${row} ${word}`, value);
      }
      for (let row = 0; row <= 200; row++) {
        const words = Array.from({ length: wordsPerRow }, (_, word) => rows.get(row, word));
        const expected = words.map((_, word) => model.get(`${row} ${word}`) ?? 0);
        if (words.join() !== expected.join()) expect(words).toEqual(expected);
      }
      for (const { words, copy } of kept) expect(words).toEqual(copy);
    }),
    { numRuns: 50 },
  );
});

test('a row that was never written reads as zero and makes no page', () => {
  const rows = new TaskRows();
  expect(rows.get(5_000_000, Word.flags)).toBe(0);
  expect(rows.bytes).toBe(0);
});

test('a time of 40 bits comes back out of its two parts', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 - 1 }), fc.nat({ max: 0xff }), (time, above) => {
      const high = Math.floor(time / 2 ** 32) | (above << 8);
      expect(wideTime(time | 0, high)).toBe(time);
    }),
  );
});
