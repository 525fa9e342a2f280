import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandLineError, quote, splitCommandLine } from '../src/command-line.ts';

describe('splitCommandLine', () => {
  const cases: [string, string[]][] = [
    ['a b  c', ['a', 'b', 'c']],
    [' \t a\n b ', ['a', 'b']],
    ["a 'b c' d", ['a', 'b c', 'd']],
    ['a "b c" d', ['a', 'b c', 'd']],
    [`a 'it "is"' "it 'is'"`, ['a', 'it "is"', "it 'is'"]],
    ['a "say \\"hi\\" \\\\ \\n"', ['a', 'say "hi" \\ \\n']],
    ["a \\ b c\\'d", ['a', ' b', "c'd"]],
    [`a '' "" b''c`, ['a', '', '', 'bc']],
    ['a $HOME * ; | > & `x`', ['a', '$HOME', '*', ';', '|', '>', '&', '`x`']],
    ["/bin/sh -c 'echo $X; exit 3'", ['/bin/sh', '-c', 'echo $X; exit 3']],
    ['grüße "日本 語"', ['grüße', '日本 語']],
    ['a "b\\\nc" d\\\ne', ['a', 'bc', 'de']],
  ];
  it.each(cases)('splits %j', (commandLine, words) => {
    expect(splitCommandLine(commandLine)).toEqual(words);
  });

  it.each(["a 'b", 'a "b', 'a "b\\"', 'a\\', '', '  ', "''", 'a \0'])(
    'refuses %j',
    (commandLine) => {
      expect(() => splitCommandLine(commandLine)).toThrow(CommandLineError);
    },
  );
});

describe('quote', () => {
  it('makes one word of any text, for the splitter as for a shell', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\0'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        expect(splitCommandLine(['x', ...words].map(quote).join(' ')).slice(1)).toEqual(words);
      }),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        const script = `printf '%s\\0' ${words.map(quote).join(' ')}`;
        const printed = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
        expect(printed.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 20 },
    );
  });
});
