import { describe, expect, it } from 'vitest';
import { expandVariables, hasWildcard, literalName, nameMatcher } from '../src/file-pattern.ts';

describe('nameMatcher', () => {
  it.each([
    ['*', 'a.txt', true],
    ['*', '.hidden', false],
    ['.*', '.hidden', true],
    ['?hidden', '.hidden', false],
    ['[.]hidden', '.hidden', true],
    ['[!a]hidden', '.hidden', false],
    ['*.txt', 'a.txt', true],
    ['*.txt', 'atxt', false],
    ['?.txt', 'a.txt', true],
    ['?.txt', 'ab.txt', false],
    ['?', '😀', true],
    ['[abc]1', 'b1', true],
    ['[abc]1', 'd1', false],
    ['[a-c]1', 'b1', true],
    ['[!a-c]1', 'b1', false],
    ['[!a-c]1', 'd1', true],
    ['[]]', ']', true],
    ['a[*]b', 'a*b', true],
    ['a[*]b', 'axb', false],
    ['a[b', 'a[b', true],
    ['a+(b)', 'a+(b)', true],
    ['a^$', 'a^$', true],
  ])('%s on %s: %s', (part, name, matches) => {
    expect(nameMatcher(part)?.test(name)).toBe(matches);
  });

  it('leaves ** to the directory walk', () => {
    expect(nameMatcher('**')).toBeUndefined();
  });
});

it('knows what has wildcards', () => {
  expect(hasWildcard('a/b')).toBe(false);
  expect(hasWildcard('a/*')).toBe(true);
  expect(literalName('a[*]b')).toBe('a*b');
  expect(literalName('a[*]*')).toBeUndefined();
  expect(literalName('[!a]')).toBeUndefined();
  expect(literalName('[a-c]')).toBeUndefined();
});

it('expands variables', () => {
  const variables = new Map([
    ['A', 'x'],
    ['AB', '$A'],
  ]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what is expanded
  expect(expandVariables('$A/${A}B/$AB/$NONE.txt/$', variables)).toBe('x/xB/$A/.txt/$');
});
