import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../src/bytes.ts';
import { IntegerList } from '../src/integer-list.ts';
import { RowColumn } from '../src/row-column.ts';

test.each([0, 1, 15, 16, 17, 100, 65_535, 65_536, 65_537, 200_000])(
  'a list of %i integers keeps them, also when it goes on after being written and read',
  (length) => {
    const list = new IntegerList();
    for (let index = 0; index < length; index++) list.push(index);
    const writer = new ByteWriter();
    list.write(writer);
    const copy = new IntegerList();
    copy.read(new ByteReader(writer.bytes()));
    for (const each of [list, copy]) {
      expect(each.push(-1)).toBe(length);
      each.set(length >>> 1, -2);
      const expected = Array.from({ length }, (_, index) => index);
      expected[length] = -1;
      expected[length >>> 1] = -2;
      expect(expected.map((_, index) => each.get(index))).toEqual(expected);
      expect(each.bytes).toBeLessThanOrEqual(Math.max(64, 8 * length, 4 * length + 262_144));
    }
  },
);

test('a column keeps what is set, also after being written and read', () => {
  const column = new RowColumn();
  const rows = [3, 15, 16, 8_191, 8_192, 50_000, 3_000_000];
  for (const row of rows) column.set(row, row + 1);
  column.set(16, 0);
  column.set(9_000_000, 0);
  const writer = new ByteWriter();
  column.write(writer);
  const copy = new RowColumn();
  copy.read(new ByteReader(writer.bytes()));
  for (const each of [column, copy]) {
    for (const row of rows) expect(each.get(row)).toBe(row === 16 ? 0 : row + 1);
    for (const row of [0, 17, 8_193, 2_999_999, 9_000_000]) expect(each.get(row)).toBe(0);
    expect(each.bytes).toBe(4 * 4 * 8_192);
  }
});
