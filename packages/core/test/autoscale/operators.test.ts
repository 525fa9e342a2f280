import { expect, test } from 'vitest';
import type { Value } from '../../src/autoscale/value.ts';
import { evaluate, historyOf, refused, shown } from './evaluating.ts';

// semantics §6.2, §6.3

const examples: Readonly<Record<Value['type'], string>> = {
  double: '2',
  doubleVec: '[1,2]',
  string: '"a"',
  timestamp: 'time("2016-10-13")',
  timeinterval: 'TimeInterval_Hour',
  nodeDeallocationOption: 'requeue',
};

/** The whole table; what is not in it is an error. */
const table: Readonly<Record<string, string>> = {
  'double + double': '4',
  'double - double': '0',
  'double * double': '4',
  'double / double': '1',
  'double * timeinterval': 'PT2H',
  'doubleVec + double': '[3,4]',
  'doubleVec - double': '[-1,0]',
  'doubleVec * double': '[2,4]',
  'doubleVec / double': '[0.5,1]',
  'doubleVec + doubleVec': '[2,4]',
  'doubleVec - doubleVec': '[0,0]',
  'doubleVec * doubleVec': '[1,4]',
  'doubleVec / doubleVec': '[1,1]',
  'timeinterval * double': 'PT2H',
  'timeinterval / double': 'PT30M',
  'timeinterval + timeinterval': 'PT2H',
  'timeinterval - timeinterval': 'PT0S',
  'timeinterval + timestamp': '2016-10-13T01:00:00.000Z',
  'timestamp + timeinterval': '2016-10-13T01:00:00.000Z',
  'timestamp - timestamp': 'PT0S',
  'double && double': '1',
  'double || double': '1',
};
for (const type of ['double', 'string', 'timestamp', 'timeinterval']) {
  for (const [operator, result] of Object.entries({
    '<': 0,
    '<=': 1,
    '==': 1,
    '>=': 1,
    '>': 0,
    '!=': 0,
  })) {
    Object.assign(table, { [`${type} ${operator} ${type}`]: String(result) });
  }
}

const operators = ['+', '-', '*', '/', '<', '<=', '==', '>=', '>', '!=', '&&', '||'];

test.each(operators)('%s takes the operands of the table and no others', (operator) => {
  for (const [left, a] of Object.entries(examples)) {
    for (const [right, b] of Object.entries(examples)) {
      const expected = table[`${left} ${operator} ${right}`];
      const text = `${a} ${operator} ${b}`;
      if (expected !== undefined) expect(shown(text), text).toBe(expected);
      else expect(refused(`x=${text}`), text).toMatch(`there is no ${left} ${operator} ${right}`);
    }
  }
});

test('the place of a wrong operation is its operator', () => {
  expect(refused('x = 1 +\n  "a"')).toBe('Line 1, Col 7: there is no double + string');
});

test('how to write it is said where an operation is missing', () => {
  expect(refused('x = 1 - [1]')).toMatch(': the doubleVec must stand on the left');
  expect(refused('x = time() - TimeInterval_Day')).toMatch(': write t + (-i)');
  expect(refused('x = [1] > 0')).toMatch(': make one double of a doubleVec');
});

test('a sign is for doubles and intervals, ! for doubles', () => {
  expect(shown('-TimeInterval_Hour')).toBe('-PT1H');
  expect(shown('!5')).toBe('0');
  expect(shown('!0')).toBe('1');
  expect(refused('x = -[1]')).toBe('Line 1, Col 5: - does not take doubleVec');
  expect(refused('x = !TimeInterval_Hour')).toBe('Line 1, Col 5: ! does not take timeinterval');
});

test('a condition is a double, and anything but 0 is true', () => {
  expect(shown('-0.5 ? 1 : 2')).toBe('1');
  expect(shown('0 ? 1 : 2')).toBe('2');
  expect(refused('x = "a" ? 1 : 2')).toBe(
    'Line 1, Col 5: what stands before ? must be a double, this is string',
  );
});

test('a choice has the type of the branch that is taken', () => {
  expect(shown('1 ? "a" : 2')).toBe('"a"');
  expect(shown('(0 ? "a" : 2) + 1')).toBe('3');
  expect(shown('(1 ? "a" : 2) + 1')).toBe('Line 1, Col 17: there is no string + double');
  expect(refused('x = (1 ? "a" : time()) + 1')).toMatch('there is no string or timestamp + double');
});

test('vectors of different length do not go together', () => {
  expect(shown('[1,2] + [1]')).toBe(
    'Line 1, Col 9: the vectors have 2 and 1 elements, and must have as many',
  );
});

test('a division by zero is infinite, or no number', () => {
  expect(shown('1 / 0')).toBe('Infinity');
  expect(shown('-1 / 0')).toBe('-Infinity');
  expect(shown('0 / 0')).toBe('NaN');
  expect(shown('TimeInterval_Hour / 0')).toBe('Line 1, Col 21: the timeinterval is not finite');
});

test('an interval is exact to 100 ns and as long as 64 bits of them', () => {
  expect(shown('TimeInterval_100ns')).toBe('PT0.0000001S');
  expect(shown('TimeInterval_Year * 29000 + TimeInterval_100ns')).toBe('P10585000DT0.0000001S');
  expect(shown('TimeInterval_100ns * 2.5')).toBe('PT0.0000003S');
  expect(shown('TimeInterval_Year * 29300')).toMatch('longer than 29,000 years');
});

test('the constants are what they are called', () => {
  expect(shown('TimeInterval_Zero')).toBe('PT0S');
  expect(shown('TimeInterval_Microsecond')).toBe('PT0.000001S');
  expect(shown('TimeInterval_Millisecond')).toBe('PT0.001S');
  expect(shown('TimeInterval_Second')).toBe('PT1S');
  expect(shown('TimeInterval_Minute')).toBe('PT1M');
  expect(shown('TimeInterval_Hour')).toBe('PT1H');
  expect(shown('TimeInterval_Day')).toBe('P1D');
  expect(shown('TimeInterval_Week')).toBe('P7D');
  expect(shown('TimeInterval_Year')).toBe('P365D');
});

test('a timestamp stays within the years 1 to 9999', () => {
  expect(shown('time("9999-12-31") + TimeInterval_Day')).toMatch('outside the years 1 to 9999');
  expect(shown('time("0001-01-01") + (-TimeInterval_100ns)')).toMatch(
    'outside the years 1 to 9999',
  );
});

test('the parts of a timestamp are in UTC, months and days from 1, weekdays from Sunday = 0', () => {
  const parts = (at: string): string =>
    ['year', 'month', 'day', 'weekday', 'hour', 'minute', 'second']
      .map((part) => shown(`time("${at}").${part}`))
      .join(' ');
  expect(parts('2016-10-13T19:18:47.805Z')).toBe('2016 10 13 4 19 18 47');
  expect(parts('2016-10-16T00:00Z')).toBe('2016 10 16 0 0 0 0');
  expect(parts('2016-10-17T23:59:59Z')).toBe('2016 10 17 1 23 59 59');
  expect(parts('2016-10-15')).toBe('2016 10 15 6 0 0 0');
  expect(parts('1969-12-31T23:59:59.9Z')).toBe('1969 12 31 3 23 59 59');
});

test('a vector of one element serves where a function or a target wants a double, in operators it does not', () => {
  const samples = historyOf(5, { $ActiveTasks: (sample) => sample });
  const one = '$ActiveTasks.GetSample(1)';
  expect(evaluate(`$TargetDedicatedNodes = ${one}`, { samples }).targetDedicatedNodes).toBe(9);
  expect(shown(`val([1,2], [1])`)).toBe('2');
  expect(shown(`max(0, ${one})`, { samples })).toBe('9');
  expect(refused(`x = ${one} > 0`)).toMatch('there is no doubleVec > double');
  expect(shown('val([1,2], [0,1])')).toMatch('val does not take (doubleVec, doubleVec)');
  const { error } = evaluate('$TargetDedicatedNodes = $ActiveTasks.GetSample(2)', { samples });
  expect(error?.reason).toBe(
    '$TargetDedicatedNodes takes double, this is a doubleVec of 2 elements',
  );
});

test('strings compare by their characters', () => {
  expect(shown('"a" < "b"')).toBe('1');
  expect(shown('"a" == "A"')).toBe('0');
});
