import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter, canonicalJson } from '../src/bytes.ts';

/** Any string at all: halves of surrogate pairs too. */
const text = fc.oneof(
  fc.array(fc.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
  fc
    .array(fc.constantFrom('a', 'ß', '€', '😀', '\ud83d', '\ude00', '\0'))
    .map((parts) => parts.join('')),
);

test('every string comes back, lone surrogates too', () => {
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const writer = new ByteWriter(1);
      for (const text of texts) writer.text(text);
      const reader = new ByteReader(writer.bytes());
      for (const text of texts) expect(reader.text()).toBe(text);
      expect(reader.done).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('well-formed text is the UTF-8 that everybody else writes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const writer = new ByteWriter();
      writer.utf8(text);
      expect(Buffer.from(writer.bytes())).toEqual(Buffer.from(text, 'utf8'));
    }),
  );
});

test('numbers come back, whatever is around them', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 0xff }),
      fc.nat({ max: 0xffff }),
      fc.integer(),
      fc.double(),
      fc.int32Array(),
      (byte, word, integer, double, words) => {
        const writer = new ByteWriter(1);
        writer.uint8(byte);
        writer.uint16(word);
        writer.int32(0);
        writer.float64(double);
        writer.int32s(words);
        writer.padTo(8);
        writer.setInt32(3, integer);
        const reader = new ByteReader(writer.bytes().slice());
        expect([reader.uint8(), reader.uint16(), reader.int32()]).toEqual([byte, word, integer]);
        expect(reader.float64()).toBe(double);
        expect(reader.int32s()).toEqual(words);
        reader.skipTo(8);
        expect(reader.done).toBe(true);
      },
    ),
  );
});

test('reading on past the end throws a RangeError', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('text', 'int32s'),
      (bytes, what) => {
        const reader = new ByteReader(bytes);
        try {
          while (!reader.done) reader[what]();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      },
    ),
  );
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, held]) => [key, shuffled(held)] as const);
  return Object.fromEntries(entries.reverse());
}

test('canonical JSON is the value, and the same bytes whatever the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const json = canonicalJson(value);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(shuffled(value))).toBe(json);
    }),
  );
});

test('what is undefined is left out of canonical JSON', () => {
  expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
});
