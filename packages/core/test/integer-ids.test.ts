import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../src/bytes.ts';
import { IntegerIds, integerOf } from '../src/integer-ids.ts';

const pageSize = 32_768;
const integer = fc.oneof(
  fc.nat({ max: 70 }),
  fc.integer({ min: pageSize - 3, max: pageSize + 3 }),
  fc.maxSafeNat(),
);

function nextAbsent(held: Set<number>, from: number): number {
  while (held.has(from)) from++;
  return from;
}

test('a set of integer ids answers as a set does, also after being written and read', () => {
  fc.assert(
    fc.property(fc.uniqueArray(integer, { maxLength: 80, size: 'max' }), integer, (held, from) => {
      const ids = new IntegerIds();
      const model = new Set<number>();
      for (const integer of held) {
        expect(ids.has(integer)).toBe(false);
        ids.add(integer);
        model.add(integer);
        expect(ids.nextAbsent(integer)).toBe(nextAbsent(model, integer));
      }
      const writer = new ByteWriter();
      ids.write(writer);
      const copy = new IntegerIds();
      copy.read(new ByteReader(writer.bytes()));
      for (const each of [ids, copy]) {
        expect(each.has(from)).toBe(model.has(from));
        expect(each.nextAbsent(from)).toBe(nextAbsent(model, from));
      }
    }),
  );
});

test('the next absent one is found behind full pages', () => {
  const ids = new IntegerIds();
  for (let integer = 0; integer < 2 * pageSize + 5; integer++) ids.add(integer);
  expect(ids.nextAbsent(0)).toBe(2 * pageSize + 5);
  expect(ids.nextAbsent(pageSize)).toBe(2 * pageSize + 5);
});

test('only ids of digits alone stand for an integer, leading zeros ignored', () => {
  for (const id of ['4', '04', '004']) expect(integerOf(id)).toBe(4);
  for (const id of ['5flamingoes', '-5', '1e3', '1.0', '٣', ' 4']) expect(integerOf(id)).toBe(-1);
  expect(integerOf('0')).toBe(0);
  expect(integerOf(String(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER);
  expect(integerOf('9007199254740993')).toBe(-1);
});
