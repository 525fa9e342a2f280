import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDateTime } from '../../src/spec/date-time.ts';

describe('a moment', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2016-05-12T08:30:00Z', Date.UTC(2016, 4, 12, 8, 30)],
    ['2016-05-12T08:30Z', Date.UTC(2016, 4, 12, 8, 30)],
    ['2016-05-12T08:30:00.5Z', Date.UTC(2016, 4, 12, 8, 30, 0, 500)],
    ['2016-05-12T08:30:00.1239999Z', Date.UTC(2016, 4, 12, 8, 30, 0, 123)],
    ['2016-05-12T10:30:00+02:00', Date.UTC(2016, 4, 12, 8, 30)],
    ['2016-05-11T23:00:00-0930', Date.UTC(2016, 4, 12, 8, 30)],
    ['2016-02-29T00:00:00Z', Date.UTC(2016, 1, 29)],
    ['2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
  ])('%s', (text, ms) => {
    expect(parseDateTime(text)).toBe(ms);
  });

  it.each([
    '',
    'tomorrow',
    '2016-05-12',
    '2016-05-12T08:30:00',
    '2016-05-12 08:30:00Z',
    '2016-13-01T00:00:00Z',
    '2016-00-01T00:00:00Z',
    '2016-04-31T00:00:00Z',
    '2015-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2016-05-12T24:00:00Z',
    '2016-05-12T08:60:00Z',
    '2016-05-12T08:30:60Z',
    '2016-05-12T08:30:00+24:00',
    '16-05-12T08:30:00Z',
  ])('%j is none', (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });

  it('is read as the platform writes it', () => {
    const years = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') };
    fc.assert(
      fc.property(fc.date({ ...years, noInvalidDate: true }), (date) => {
        expect(parseDateTime(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
