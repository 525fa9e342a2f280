import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TaskArena } from '../src/task-arena.ts';
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
    }),
    { numRuns: 1_000 },
  );
});

const writes = fc.array(
  fc.record({
    job: fc.nat({ max: 2 }),
    row: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 1_500 })),
    word: fc.nat({ max: wordsPerRow - 1 }),
    value: fc.integer(),
    does: fc.constantFrom('write', 'write', 'write', 'write', 'freeze', 'free'),
  }),
);

test('rows keep what is written, those of jobs that are gone are zero again, and a frozen page keeps what it had', () => {
  fc.assert(
    fc.property(writes, (writes) => {
      const arena = new TaskArena();
      const jobs = [0, 1, 2].map(() => ({
        rows: new TaskRows(arena),
        model: new Map<string, number>(),
      }));
      const kept: { words: Int32Array; copy: Int32Array }[] = [];
      for (const { job: number, row, word, value, does } of writes) {
        const job = jobs[number]!;
        if (does === 'free') {
          job.rows.free();
          job.model.clear();
        } else if (does === 'freeze') {
          for (const { address, bits } of job.rows.pages()) {
            const words = arena.page(address, bits);
            arena.freeze(address);
            kept.push({ words, copy: words.slice() });
          }
        }
        job.rows.touch(row)[job.rows.offset(row) + word] = value;
        job.model.set(`${row} ${word}`, value);
      }
      for (const { rows, model } of jobs) {
        for (const [place, value] of model) {
          const [row = 0, word = 0] = place.split(' ').map(Number);
          expect(rows.get(row, word)).toBe(value);
        }
        let sum = 0;
        let expected = 0;
        for (const { address, bits } of rows.pages()) {
          for (const value of arena.page(address, bits)) sum += Math.abs(value);
        }
        for (const value of model.values()) expected += Math.abs(value);
        expect(sum).toBe(expected);
      }
      for (const { words, copy } of kept) expect(words).toEqual(copy);
    }),
    { numRuns: 50 },
  );
});

test('the hash of a page follows what is written, and is taken once', () => {
  const arena = new TaskArena();
  const rows = new TaskRows(arena);
  rows.touch(3)[rows.offset(3)] = 1;
  const before = rows.hashOf(0);
  arena.settle();
  expect(arena.hasChanged(rows.address(3))).toBe(false);
  rows.touch(3)[rows.offset(3)] = 2;
  expect(arena.hasChanged(rows.address(3))).toBe(true);
  expect(rows.hashOf(0)).not.toBe(before);
  rows.touch(3)[rows.offset(3)] = 1;
  expect(rows.hashOf(0)).toBe(before);
});

test('pages that are given back are used again', () => {
  const arena = new TaskArena();
  for (let round = 0; round < 100; round++) {
    const rows = new TaskRows(arena);
    for (const row of [0, 20, 40, 100_000]) rows.touch(row)[rows.offset(row)] = 1;
    rows.free();
  }
  // The smaller pages share one chunk, the larger one had a chunk of its own.
  expect(arena.bytes).toBeLessThan(2 * 65_536 * wordsPerRow * 4);
});

test('a row that was never written reads as zero and makes no page', () => {
  const arena = new TaskArena();
  const rows = new TaskRows(arena);
  expect(rows.get(5_000_000, Word.flags)).toBe(0);
  expect(arena.bytes).toBe(0);
});

test('a time of 40 bits comes back out of its two parts', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 - 1 }), fc.nat({ max: 0xff }), (time, above) => {
      const high = Math.floor(time / 2 ** 32) | (above << 8);
      expect(wideTime(time | 0, high)).toBe(time);
    }),
  );
});
