import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter, canonicalJson } from '../src/bytes.ts';

/** How it was defined first: JSON.stringify of objects that are made anew with their keys in order. */
function asDefined(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner).filter(([, held]) => held !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

const text = fc.oneof(
  fc.stringMatching(/^[a-z]{0,6}$/),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc
    .array(fc.constantFrom('a', '"', '\\', '\n', '\x7f', 'ß', '€', '😀', '\ud83d', '\ude00', '\0'))
    .map((parts) => parts.join('')),
);
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('id', 'commandLine', 'b', 'a', 'ab', 'B', '') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('__proto__', 'constructor', '10', '9', '-1', '01', '4294967295'),
  },
  { weight: 1, arbitrary: text },
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-0, 0, 9, 10, 1e21, 1e-7)),
    fc.constantFrom(true, false, null, undefined),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 7 })
      .map((entries): unknown => Object.fromEntries(entries)),
  ),
}));

describe('canonical JSON', () => {
  test('has the bytes that it was defined by', () => {
    fc.assert(
      fc.property(value, (one) => {
        if (one === undefined) return;
        const json = asDefined(one);
        expect(canonicalJson(one)).toBe(json);
        const writer = new ByteWriter(1);
        writer.json(one);
        const expected = Buffer.from(json);
        expect(Buffer.from(writer.bytes().subarray(4))).toEqual(expected);
        expect(new ByteReader(writer.bytes()).text()).toBe(json);
      }),
      { numRuns: 3_000 },
    );
  });

  test('escapes each character exactly where JSON.stringify does', () => {
    for (let code = 0; code <= 0xffff; code++) {
      const one = `a${String.fromCharCode(code)}`;
      if (canonicalJson(one) !== JSON.stringify(one)) expect(code, 'escapes').toBe(-1);
    }
  });

  test('has them for more kinds of objects than it remembers the order of', () => {
    for (let round = 0; round < 2; round++) {
      for (let kind = 0; kind < 100; kind++) {
        const one = { [`z${kind}`]: 1, [`a${kind}`]: [{ b: kind, a: kind }], [kind]: '' };
        expect(canonicalJson(one)).toBe(asDefined(one));
      }
    }
  });

  test('leaves out what JSON has no word for, as JSON.stringify does', () => {
    const holes = new Array<unknown>(2);
    const one = { f: () => 1, s: Symbol('s'), n: Number.NaN, list: [() => 1, undefined, holes] };
    expect(canonicalJson(one)).toBe('{"list":[null,null,[null,null]],"n":null}');
    expect(() => canonicalJson({ big: 1n })).toThrow(TypeError);
  });
});
