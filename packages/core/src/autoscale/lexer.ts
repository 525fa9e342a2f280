import type { Position } from './formula-error.ts';
import { syntaxError } from './formula-error.ts';

/** `word`: a name without `$`; `variable`: one with it; `end`: there is no more. */
export type TokenKind = 'number' | 'string' | 'word' | 'variable' | 'symbol' | 'end';

export interface Token extends Position {
  kind: TokenKind;
  /** As written, but for a string's quotes. */
  text: string;
}

const symbols = [
  ...['==', '!=', '<=', '>=', '&&', '||'],
  ...['+', '-', '*', '/', '<', '>', '=', '!', '?', ':', ';', ',', '.', '(', ')', '[', ']'],
];

/** What people write who come from another language. */
const hints: Readonly<Record<string, string>> = {
  '&': ': "and" is written &&',
  '|': ': "or" is written ||',
  '%': ': there is no remainder; a percentage is a plain number',
  '{': ': there are no blocks; a choice is written condition ? a : b',
  "'": ': strings stand in double quotes',
  $: ': a name must follow it at once',
};

const blank = /[ \t\v\f\u00a0\ufeff]+/y;
const lineBreak = /\r\n|[\n\r\u2028\u2029]/y;
const comment = /\/\/[^\n\r\u2028\u2029]*/y;
const number = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const word = /\$?[A-Za-z_][A-Za-z0-9_]*/y;
const string = /"([^"\n\r\u2028\u2029]*)"?/y;

/**
 * Engines may read longer numbers differently (ECMA-262, StringToNumber), and nothing in a formula is so
 * precise.
 */
const mostDigits = 20;

/** The words of a formula (semantics §6.1), the last of kind `end`. @throws FormulaFailure */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const skipped = match(blank) ?? match(comment);
    if (skipped !== null) {
      at += skipped[0].length;
      continue;
    }
    const broken = match(lineBreak);
    if (broken !== null) {
      at += broken[0].length;
      line++;
      lineStart = at;
      continue;
    }
    const position = { line, column: at - lineStart + 1 };
    const { kind, text: read, length } = tokenAt(text, at, position, match);
    tokens.push({ kind, text: read, ...position });
    at += length;
  }
  tokens.push({ kind: 'end', text: '', line, column: at - lineStart + 1 });
  return tokens;
}

function tokenAt(
  text: string,
  at: number,
  position: Position,
  match: (pattern: RegExp) => RegExpExecArray | null,
): { kind: TokenKind; text: string; length: number } {
  const [digits] = match(number) ?? [];
  if (digits !== undefined) {
    if (digits.replace(/[eE].*|\./g, '').length > mostDigits) {
      throw syntaxError(position, `a number has at most ${mostDigits} digits`);
    }
    return { kind: 'number', text: digits, length: digits.length };
  }
  const [name] = match(word) ?? [];
  if (name !== undefined) {
    return { kind: name.startsWith('$') ? 'variable' : 'word', text: name, length: name.length };
  }
  const [quoted, inside] = match(string) ?? [];
  if (quoted !== undefined && inside !== undefined) {
    if (quoted.length !== inside.length + 2) {
      throw syntaxError(position, 'the string does not end on its line: " is missing');
    }
    return { kind: 'string', text: inside, length: quoted.length };
  }
  const symbol = symbols.find((one) => text.startsWith(one, at));
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, length: symbol.length };
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const hint = hints[character] ?? '';
  throw syntaxError(position, `${JSON.stringify(character)} is no part of a formula${hint}`);
}
