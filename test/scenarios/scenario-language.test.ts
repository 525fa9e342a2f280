import { expect, test } from 'vitest';
import { splitCommand } from './command-line.ts';
import { foldNodes } from './fold-nodes.ts';
import { parseIds } from './id-list.ts';
import { lineDiff } from './line-diff.ts';
import { playScenario } from './scenario.ts';
import { parseScenario } from './scenario-text.ts';
import { formatSpan, parseSpan } from './time-span.ts';

test('the output is replaced, comments and blank lines stay', () => {
  const text = [
    '# Title',
    '',
    'add pool p nodes=0  # none',
    '  something old',
    '',
    '# A remark.',
    'show pool p',
    '',
  ];
  expect(playScenario(text.join('\n'))).toBe(
    [
      '# Title',
      '',
      'add pool p nodes=0  # none',
      '',
      '# A remark.',
      'show pool p',
      '  p active steady nodes=0',
      '',
    ].join('\n'),
  );
});

test.each([
  ['# T\nad pool p', 'line 2: unknown command "ad pool"'],
  ['# T\n\nadd pool p node=1', 'line 3: add pool: unknown option "node"'],
  ['# T\nadd pool p q', 'line 2: add pool: "q" is one word too many'],
  ['# T\nadd pool', 'line 2: add pool: an id is missing'],
  ['# T\nadd task a', 'line 2: add task: the task is written owner/id, not "a"'],
  ['# T\nadd pool p nodes=1 nodes=2', 'line 2: the option "nodes" is given twice'],
  ['# T\nafter 5', 'line 2: after: "5" is no time such as 1h30m'],
  ['# T\nafter 5s\nat 4s', 'line 3: at: that is over; "clock" sets the clock back'],
  ['# T\ntask j/a exits 0', 'line 2: task: j/a has no such run'],
  ['# T\ntask j/a fails Blob', 'line 2: task: "Blob" is no failure code'],
  ['# T\ntask j/a ends', 'line 2: task: a run exits, fails or is lost'],
  ['# T\nnode p/node-1 ready', 'line 2: node: nobody asked for p/node-1'],
  ['# T\nnodes ready', 'line 2: nodes: none is creating'],
  ['# T\nshow tasks j state=done', 'line 2: show tasks: there is no state "done"'],
  ['# T\nconstructor', 'line 2: unknown command "constructor"'],
])('%j is no scenario', (text, message) => {
  expect(() => playScenario(text)).toThrow(message);
});

test('a scenario begins with what it shows, and outputs stand under commands', () => {
  expect(() => parseScenario('add pool p')).toThrow('line 1: a scenario begins with a comment');
  expect(() => parseScenario('# T\n\n  p: gone')).toThrow('line 3: an output without a command');
});

test('a difference is shown with its surroundings and line numbers', () => {
  const expected = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].join('\n');
  const actual = ['a', 'b', 'c', 'x', 'e', 'f', 'g', 'h'].join('\n');
  expect(lineDiff(expected, actual, 1)).toBe(
    ['     3 c', '-    4 d', '+    5 x', '     5 e', '  …', '     7 g', '+    8 h'].join('\n'),
  );
});

test('times are read and written in the same way', () => {
  for (const text of ['0s', '500ms', '1m10s', '1h30m', '180d', '1d1h1m1s1ms']) {
    expect(formatSpan(parseSpan(text)!)).toBe(text);
  }
  expect(parseSpan('90s')).toBe(90_000);
  expect(parseSpan('1.5h')).toBeUndefined();
});

test('words, options, quotes and remarks', () => {
  const { words, options } = splitCommand('add factory j/1..9 command="a b = c" slots=2 # x y=z');
  expect(words).toEqual(['add', 'factory', 'j/1..9']);
  expect([...options]).toEqual([
    ['command', 'a b = c'],
    ['slots', '2'],
  ]);
  expect(parseIds('a,04,1..3')).toEqual(['a', '04', '1', '2', '3']);
});

test('lines of consecutive nodes become one', () => {
  expect(
    foldNodes([
      'get node p/node-1',
      'get node p/node-2',
      'get node p/node-4',
      'node p/node-9: idle → unknown',
      '1m: node p/node-9: idle → unknown',
      '1m: node p/node-10: idle → unknown',
    ]),
  ).toEqual([
    'get nodes p/node-1..2',
    'get node p/node-4',
    'node p/node-9: idle → unknown',
    '1m: nodes p/node-9..10: idle → unknown',
  ]);
});
