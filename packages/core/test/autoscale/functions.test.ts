import { expect, test } from 'vitest';
import { refused, shown } from './evaluating.ts';

// semantics §6.4

test('a list is doubles and doubleVecs in any mixture', () => {
  expect(shown('sum(1, [2, 3], 4)')).toBe('10');
  expect(shown('len(1, [2, 3], 4)')).toBe('4');
  expect(refused('x = sum(1, "a")')).toBe(
    'Line 1, Col 5: sum does not take (double, string); it is written sum(list)',
  );
});

test('avg is the mean, min and max are the extremes, range is what lies between', () => {
  expect(shown('avg(1, 2, 6)')).toBe('3');
  expect(shown('min(4, [-1, 2])')).toBe('-1');
  expect(shown('max(4, [-1, 2])')).toBe('4');
  expect(shown('range(4, [-1, 2])')).toBe('5');
});

test('norm is the Euclidean one', () => {
  expect(shown('norm(3, 4)')).toBe('5');
});

test('std is that of a sample', () => {
  expect(shown('std(1, 2, 3)')).toBe('1');
  expect(shown('std(1, [4, 7])')).toBe('3');
  expect(shown('std(1)')).toBe('Line 1, Col 3: std needs 2 elements, the list has 1');
});

test('avg, min, max and range of nothing are errors, its sum, length and norm are 0', () => {
  for (const name of ['avg', 'min', 'max', 'range']) {
    expect(shown(`${name}()`)).toBe(`Line 1, Col 3: ${name} needs an element, the list has 0`);
  }
  for (const name of ['sum', 'len', 'norm']) expect(shown(`${name}()`)).toBe('0');
});

test('lg, ln and log are to the bases 2, e and 10', () => {
  expect(shown('lg(1024)')).toBe('10');
  expect(shown('ln(1)')).toBe('0');
  expect(shown('ln(2.718281828459045)')).toBe('1');
  expect(shown('log(1000)')).toBe('3');
  expect(shown('ln(0)')).toBe('-Infinity');
  expect(shown('ln(-1)')).toBe('NaN');
});

test('logarithms and roundings of a list are lists, of one double a double, unless vec makes it a list', () => {
  expect(shown('lg(2, 4)')).toBe('[1,2]');
  expect(shown('log([10, 100])')).toBe('[1,2]');
  expect(shown('lg(vec(8))')).toBe('[3]');
  expect(refused('x = lg(vec(8)) > 0')).toMatch('there is no doubleVec > double');
  expect(shown('floor(1.5, 2.5)')).toBe('[1,2]');
});

test('round is half away from zero, trunc toward zero, floor down, ceil up', () => {
  expect(shown('round(0.5, -0.5, 2.5, -2.5, 0.49999999999999994, 2.4)')).toBe('[1,-1,3,-3,0,2]');
  expect(shown('trunc(1.9, -1.9)')).toBe('[1,-1]');
  expect(shown('floor(1.9, -1.1)')).toBe('[1,-2]');
  expect(shown('ceil(1.1, -1.9)')).toBe('[2,-1]');
});

test('percentile is the element of the nearest rank', () => {
  expect(shown('percentile([50, 15, 40, 20, 35], 30)')).toBe('20');
  expect(shown('percentile([50, 15, 40, 20, 35], 40)')).toBe('20');
  expect(shown('percentile([50, 15, 40, 20, 35], 41)')).toBe('35');
  expect(shown('percentile([50, 15, 40, 20, 35], 0)')).toBe('15');
  expect(shown('percentile([50, 15, 40, 20, 35], 100)')).toBe('50');
  expect(shown('percentile([1], 101)')).toMatch('a percentile is from 0 to 100, not 101');
  expect(refused('x = percentile(1, 50)')).toMatch('it is written percentile(doubleVec, double)');
});

test('val is the element at a place that counts from 0', () => {
  expect(shown('val([5, 6], 1)')).toBe('6');
  expect(shown('val([5, 6], 2)')).toMatch('the vector has no element 2: its elements are 0 to 1');
  expect(shown('val([5, 6], 0.5)')).toMatch('the vector has no element 0.5');
});

test('rand is at least 0 and below 1, and the same for the same seed', () => {
  const draw = (seed: number): string => shown('[rand(), rand(), rand()]', { seed });
  const drawn = JSON.parse(draw(1)) as number[];
  expect(new Set(drawn).size).toBe(3);
  for (const value of drawn) expect(value >= 0 && value < 1).toBe(true);
  expect(draw(1)).toBe(draw(1));
  expect(draw(2)).not.toBe(draw(1));
});

test('time() is now', () => {
  expect(shown('time()')).toBe('2016-10-13T19:18:47.805Z');
});

test.each([
  ['2016', '2016-01-01T00:00:00.000Z'],
  ['2016-10', '2016-10-01T00:00:00.000Z'],
  ['2016-02-29', '2016-02-29T00:00:00.000Z'],
  ['2016-10-13T19:18Z', '2016-10-13T19:18:00.000Z'],
  ['2016-10-13T19:18:47+02:00', '2016-10-13T17:18:47.000Z'],
  ['2016-10-13T19:18:47.80512Z', '2016-10-13T19:18:47.805Z'],
  ['Wed, 01 Jan 2020 00:00:00 GMT', '2020-01-01T00:00:00.000Z'],
  ['1 jan 2020 01:30 +0130', '2020-01-01T00:00:00.000Z'],
])('time reads %s', (text, expected) => {
  expect(shown(`time("${text}")`)).toBe(expected);
});

test.each([
  ['yesterday', 'is no time: write it as'],
  ['2016-10-13T19:18:47', 'is no time: write it as'],
  ['2016-13', 'has a month that there is not'],
  ['2017-02-29', 'has a day that its month has not'],
  ['2016-10-00', 'has a day that its month has not'],
  ['2016-10-13T24:00Z', 'has a time of day that there is not'],
  ['2016-10-13T19:18+19:00', 'has a time zone that there is not'],
  ['Thu, 01 Jan 2020 00:00:00 GMT', 'names a weekday that is not that of its day'],
  ['01 Foo 2020 00:00:00 GMT', 'has a month that there is not'],
  ['0000-01-01', 'is outside the years 1 to 9999'],
])('that time("%s") %s is known before any evaluation', (text, reason) => {
  expect(refused(`x = time("${text}")`)).toMatch(`Line 1, Col 10: "${text}" ${reason}`);
  expect(shown(`time(1 ? "${text}" : "")`)).toMatch(`Line 1, Col 3: "${text}" ${reason}`);
});

test('a function that is called wrongly is shown as it is written', () => {
  expect(refused('x = rand(1)')).toBe(
    'Line 1, Col 5: rand does not take (double); it is written rand()',
  );
  expect(refused('x = time(1)')).toMatch('it is written time(), time(string)');
  expect(refused('x = lg("a")')).toMatch('it is written lg(double), lg(list)');
});
