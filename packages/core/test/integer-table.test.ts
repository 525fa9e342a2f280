import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../src/bytes.ts';
import { IntegerTable } from '../src/integer-table.ts';

const key = fc.oneof(fc.nat({ max: 30 }), fc.maxSafeNat());
const step = fc.record({ key, value: fc.integer({ min: 0 }) });

function read(table: IntegerTable): IntegerTable {
  const writer = new ByteWriter();
  table.write(writer);
  const copy = new IntegerTable();
  copy.read(new ByteReader(writer.bytes()));
  return copy;
}

function expectSame(table: IntegerTable, model: Map<number, number>): void {
  expect(table.size).toBe(model.size);
  expect([...table.keys()]).toEqual([...model.keys()].sort((a, b) => a - b));
  expect([...model.keys()].map((key) => table.get(key))).toEqual([...model.values()]);
}

test('a table of integers answers as a map does, also after being written and read', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const table = new IntegerTable();
      const model = new Map<number, number>();
      for (const { key, value } of steps) {
        expect(table.get(key)).toBe(model.get(key) ?? 0);
        if (value > 0) {
          table.set(key, value);
          model.set(key, value);
        } else {
          expect(table.take(key)).toBe(model.get(key) ?? 0);
          model.delete(key);
        }
      }
      expectSame(table, model);
      expectSame(read(table), model);
    }),
  );
});

test('many pages split and become one again', () => {
  const table = new IntegerTable();
  const model = new Map<number, number>();
  const count = 20_000;
  for (let index = 1; index <= count; index++) {
    const key = index % 2 === 0 ? index : index * 2 ** 20;
    table.set(key, index);
    model.set(key, index);
  }
  expectSame(table, model);
  expect(table.bytes / count).toBeLessThan(30);
  for (const [place, key] of [...model.keys()].entries()) {
    if (place % 1_000 === 0) continue;
    if (table.take(key) !== model.get(key)) throw new Error(`${key} has another value`);
    model.delete(key);
  }
  expectSame(table, model);
  expect(table.bytes).toBeLessThan(100_000);
  for (const key of model.keys()) table.take(key);
  expect(table.bytes).toBe(0);
});

test('keys of one hash are told apart', () => {
  const table = new IntegerTable();
  // Its low half undoes what the high half does to the hash.
  const keys = Array.from(
    { length: 600 },
    (_, high) => high * 2 ** 32 + (Math.imul(high, 0x9e3779b1) >>> 0),
  );
  for (const [place, key] of keys.entries()) table.set(key, place + 1);
  const values = keys.map((_, place) => place + 1);
  expect(keys.map((key) => table.get(key))).toEqual(values);
  expect(keys.map((key) => table.take(key))).toEqual(values);
  expect(table.size).toBe(0);
});
