import { expect, test } from 'vitest';
import { parseFormula } from '../../src/autoscale/formula.ts';
import { evaluate, refused, shown } from './evaluating.ts';

// semantics §6.1

test('the last semicolon may be left out', () => {
  expect(evaluate('a = 1; b = 2').results).toBe(evaluate('a = 1; b = 2;').results);
});

test('a semicolon that is missing between statements is named where the next one begins', () => {
  expect(refused('a = 1\nb = 2')).toBe(
    'Line 2, Col 1: expected an operator, or ; before the next statement, found "b"',
  );
});

test('a formula has at least one statement', () => {
  expect(refused('')).toBe('Line 1, Col 1: expected a value, found the end');
  expect(refused(' // nothing\n')).toBe('Line 2, Col 1: expected a value, found the end');
});

test('there is no empty statement', () => {
  expect(refused('a = 1;; b = 2')).toBe('Line 1, Col 7: expected a value, found ";"');
});

test('a comment goes to the end of its line', () => {
  expect(shown('1 // + 1; y = 2\n + 4')).toBe('5');
});

test('lines break anywhere, as any system writes them', () => {
  expect(shown('1\r\n+\r2\n+\n4')).toBe('7');
  expect(refused('a\r\n=\r1\n%')).toMatch(/^Line 4, Col 1: /);
});

test('products bind more than sums, sums more than comparisons, those more than && and that more than ||', () => {
  expect(shown('1 + 2 * 3')).toBe('7');
  expect(shown('1 + 1 < 3')).toBe('1');
  expect(shown('2 == 1 < 3')).toBe('0');
  expect(shown('1 || 1 && 0')).toBe('1');
  expect(shown('0 == 1 && 0')).toBe('0');
  expect(shown('(1 + 2) * 3')).toBe('9');
});

test('equal operators go from left to right', () => {
  expect(shown('10 - 3 - 2')).toBe('5');
  expect(shown('16 / 4 / 2')).toBe('2');
  expect(shown('3 > 2 > 1')).toBe('0');
});

test('a sign binds more than a product', () => {
  expect(shown('-2 * -3')).toBe('6');
  expect(shown('!0 + 1')).toBe('2');
  expect(shown('--2')).toBe('2');
});

test('a choice in a choice belongs to the nearest ?', () => {
  expect(shown('0 ? 1 : 0 ? 2 : 3')).toBe('3');
  expect(shown('1 ? 0 ? 1 : 2 : 3')).toBe('2');
  expect(shown('1 || 0 ? 1 + 1 : 3')).toBe('2');
});

test('&&, || and ?: evaluate only the operands that they need', () => {
  const fails = '$CPUPercent > 0';
  expect(shown(`0 && ${fails}`)).toBe('0');
  expect(shown(`1 || ${fails}`)).toBe('1');
  expect(shown(`1 ? 5 : ${fails}`)).toBe('5');
  expect(shown(`0 ? ${fails} : 5`)).toBe('5');
  expect(shown(`1 && ${fails}`)).toMatch('Insufficient data');
  expect(shown(`0 || ${fails}`)).toMatch('Insufficient data');
});

test('numbers are decimal', () => {
  expect(shown('1.50')).toBe('1.5');
  expect(shown('.5')).toBe('0.5');
  expect(shown('25e-1')).toBe('2.5');
  expect(refused('x = 0x10')).toMatch('Line 1, Col 6: expected an operator');
  expect(refused('x = 1.')).toMatch('Line 1, Col 7: expected the name of a method');
});

test('a number with more digits than every machine reads alike is refused', () => {
  expect(shown('12345678901234567890')).toBe('12345678901234567000');
  expect(refused('x = 0.12345678901234567890')).toBe(
    'Line 1, Col 5: a number has at most 20 digits',
  );
});

test('a string stands in double quotes on one line', () => {
  expect(shown('"a // b"')).toBe('"a // b"');
  expect(refused('x = "a')).toMatch('Line 1, Col 5: the string does not end on its line');
  expect(refused('x = "a\n"')).toMatch('Line 1, Col 5: ');
  expect(refused("x = 'a'")).toBe(
    `Line 1, Col 5: "'" is no part of a formula: strings stand in double quotes`,
  );
});

test('vectors are written in brackets, and vectors in them are flattened', () => {
  expect(shown('[1, 2 + 3]')).toBe('[1,5]');
  expect(shown('[[1, 2], 3]')).toBe('[1,2,3]');
  expect(refused('x = []')).toBe('Line 1, Col 6: expected an element of the vector, found "]"');
  expect(refused('x = [1, "a"]')).toBe('Line 1, Col 9: a vector is of doubles, this is string');
});

test('there is no remainder, no block, no operator that assigns', () => {
  expect(refused('x = 5 % 2')).toMatch('Line 1, Col 7: "%" is no part of a formula');
  expect(refused('{ x = 1 }')).toMatch('Line 1, Col 1: "{" is no part of a formula');
  expect(refused('x = 1; x += 2')).toMatch('Line 1, Col 11: only a statement assigns');
});

test('what is half an operator is named with the whole one', () => {
  expect(refused('x = 1 & 2')).toMatch('"and" is written &&');
  expect(refused('x = 1 | 2')).toMatch('"or" is written ||');
  expect(refused('x = (1 = 2)')).toMatch(
    'Line 1, Col 8: only a statement assigns, and only to a variable; to compare, write ==',
  );
});

test('names are the same in any case', () => {
  expect(evaluate('Count = 3; $targetdedicatednodes = MAX(COUNT, 1)').results).toBe(
    '$TargetDedicatedNodes=3;$NodeDeallocationOption=requeue;$Count=3',
  );
  expect(shown('time().HOUR * timeinterval_minute')).toBe('PT19M');
  expect(evaluate('$NODEDEALLOCATIONOPTION = TaskCompletion').nodeDeallocationOption).toBe(
    'taskcompletion',
  );
});

test('x and $x are the same variable', () => {
  expect(evaluate('x = 1; $x = $x + x').results).toMatch(/;\$x=2$/);
});

test('a variable that nothing has assigned is refused, with the nearest name', () => {
  expect(refused('x = count')).toBe('Line 1, Col 5: count is not known, and not assigned before');
  expect(refused('total = 1; x = totl')).toBe(
    'Line 1, Col 16: totl is not known, and not assigned before; did you mean total?',
  );
  expect(refused('x = $PendingTask')).toMatch('did you mean $PendingTasks?');
  expect(refused('x = TimeInterval_Hours')).toMatch('did you mean TimeInterval_Hour?');
  expect(refused('x = x + 1')).toMatch('Line 1, Col 5: x is not known');
});

test('a variable of the service is written with $', () => {
  expect(refused('TargetDedicatedNodes = 1')).toBe(
    'Line 1, Col 1: TargetDedicatedNodes is a variable of the service: write $TargetDedicatedNodes',
  );
  expect(refused('x = PendingTasks')).toMatch('write $PendingTasks');
});

test('what is read-only or a constant cannot be assigned', () => {
  expect(refused('x = 1;\n $CPUPercent = 1')).toBe(
    'Line 2, Col 2: $CPUPercent is read-only: it cannot be assigned',
  );
  expect(refused('TimeInterval_Day = 1')).toMatch('is a constant');
  expect(refused('requeue = 1')).toMatch('is a constant');
});

test('an unknown function, method or part is refused with the nearest name', () => {
  expect(refused('x = percentil(1)')).toBe(
    'Line 1, Col 5: there is no function percentil; did you mean percentile?',
  );
  expect(refused('x = $ActiveTasks.GetSamples(1)')).toBe(
    'Line 1, Col 18: $ActiveTasks has no method GetSamples; did you mean GetSample?',
  );
  expect(refused('x = time().hours')).toBe(
    'Line 1, Col 12: a timestamp has no hours; did you mean hour?',
  );
});

test('methods and parts stand where they belong', () => {
  expect(refused('x = GetSample(1)')).toMatch('it is a method, written $ActiveTasks.GetSample(…)');
  expect(refused('y = 1; x = y.GetSample(1)')).toMatch('only variables that are sampled');
  expect(refused('x = $TargetDedicatedNodes.GetSample(1)')).toMatch(
    'only variables that are sampled',
  );
  expect(refused('x = $ActiveTasks.Count')).toMatch('Count is a method: write it with parentheses');
  expect(refused('x = time().hour()')).toMatch('hour is a part, not a method');
  expect(refused('x = (1).hour')).toMatch('only a timestamp has parts, this is double');
});

test('a formula has at most 8192 characters', () => {
  const long = `x = 1 //${'-'.repeat(8_184)}`;
  expect(long).toHaveLength(8_192);
  expect(refused(long)).toBeUndefined();
  expect(parseFormula(`${long}-`)).toMatchObject({ code: 'AutoScaleFormulaTooLong' });
});

test('a formula has at most 100 statements', () => {
  const hundred = 'x = 1;'.repeat(100);
  expect(refused(hundred)).toBeUndefined();
  expect(refused(`${hundred}\ny = 2`)).toBe('Line 2, Col 1: a formula has at most 100 statements');
});

test.each([
  ['parentheses', (depth: number) => `${'('.repeat(depth)}1${')'.repeat(depth)}`],
  ['signs', (depth: number) => `${'-'.repeat(depth)}1`],
  ['sums', (depth: number) => `1${'+1'.repeat(depth)}`],
  ['choices', (depth: number) => `${'1?1:'.repeat(depth)}1`],
  ['calls', (depth: number) => `${'ln('.repeat(depth)}1${')'.repeat(depth)}`],
  ['parts', (depth: number) => `time()${'.hour'.repeat(depth)}`],
])('%s nest at most 200 deep, so that nothing runs out of stack', (what, nested) => {
  const shallow = parseFormula(`x=${nested(150)}`);
  if (what !== 'parts') expect(shallow).not.toHaveProperty('code');
  expect(refused(`x=${nested(1_600)}`)).toMatch('an expression has at most 200 levels');
});

test('every refusal but that of the length has the code of a syntax error', () => {
  for (const text of ['', 'x = ', 'x = y', 'x = 1 + "a"', '$CPUPercent = 1', 'x = "']) {
    expect(parseFormula(text)).toMatchObject({ code: 'AutoScalingFormulaSyntaxError' });
  }
});
