import { mostFormulaStatements } from '../limits.ts';
import type { Position } from './formula-error.ts';
import { syntaxError } from './formula-error.ts';
import type { Token } from './lexer.ts';
import { tokensOf } from './lexer.ts';
import type { BinaryOperator, Expression, Statement, UnaryOperator } from './syntax-tree.ts';

/** So that neither reading nor evaluating a formula ever runs out of stack. */
export const deepestNesting = 200;

/** From what binds least to what binds most; equal ones from left to right (semantics §6.1). */
const precedence: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/'],
];

const levelOf: ReadonlyMap<string, { operator: BinaryOperator; level: number }> = new Map(
  precedence.flatMap((operators, level) =>
    operators.map((operator) => [operator, { operator, level }]),
  ),
);

/** The statements of a formula, names unresolved. @throws FormulaFailure */
export function parse(text: string): Statement[] {
  return new Parser(tokensOf(text)).formula();
}

/** By recursive descent over the grammar of semantics §6.1. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  formula(): Statement[] {
    const statements: Statement[] = [];
    do {
      const next = this.#next;
      if (statements.length === mostFormulaStatements) {
        throw syntaxError(next, `a formula has at most ${mostFormulaStatements} statements`);
      }
      statements.push(this.#statement());
      const { kind } = this.#next;
      if (!this.#take(';') && kind !== 'end') {
        throw this.#unexpected('an operator, or ; before the next statement');
      }
    } while (this.#next.kind !== 'end');
    return statements;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(symbol: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === 'symbol' && token.text === symbol;
  }

  #take(symbol: string): boolean {
    if (!this.#is(symbol)) return false;
    this.#at++;
    return true;
  }

  #demand(symbol: string, after: string): void {
    if (!this.#take(symbol)) throw this.#unexpected(`${symbol} ${after}`);
  }

  #unexpected(wanted: string): Error {
    const { kind, text } = this.#next;
    if (kind === 'symbol' && text === '=') {
      return syntaxError(
        this.#next,
        'only a statement assigns, and only to a variable; to compare, write ==',
      );
    }
    const found =
      kind === 'end' ? 'the end' : kind === 'string' ? JSON.stringify(text) : `"${text}"`;
    return syntaxError(this.#next, `expected ${wanted}, found ${found}`);
  }

  #statement(): Statement {
    const { kind, text, line, column } = this.#next;
    if ((kind !== 'word' && kind !== 'variable') || !this.#is('=', 1)) {
      return { line, column, value: this.#expression() };
    }
    this.#at += 2;
    return { line, column, assigns: text, value: this.#expression() };
  }

  #expression(): Expression {
    return this.#nested(() => {
      const condition = this.#binary(0);
      const { line, column } = this.#next;
      if (!this.#take('?')) return condition;
      const yes = this.#expression();
      this.#demand(':', 'and what else the ? gives');
      const no = this.#expression();
      const depth = this.#above({ line, column }, condition, yes, no);
      return { kind: 'choice', line, column, depth, condition, yes, no };
    });
  }

  #binary(level: number): Expression {
    let left = level === precedence.length ? this.#unary() : this.#binary(level + 1);
    for (;;) {
      const { kind, text, line, column } = this.#next;
      const found = kind === 'symbol' ? levelOf.get(text) : undefined;
      if (found?.level !== level) return left;
      this.#at++;
      const right = this.#binary(level + 1);
      const depth = this.#above({ line, column }, left, right);
      left = { kind: 'binary', line, column, depth, operator: found.operator, left, right };
    }
  }

  #unary(): Expression {
    const { line, column } = this.#next;
    const operator: UnaryOperator | undefined = this.#is('-')
      ? '-'
      : this.#is('!')
        ? '!'
        : undefined;
    if (operator === undefined) return this.#postfix();
    this.#at++;
    const operand = this.#nested(() => this.#unary());
    const depth = this.#above({ line, column }, operand);
    return { kind: 'unary', line, column, depth, operator, operand };
  }

  #postfix(): Expression {
    let of = this.#primary();
    while (this.#take('.')) {
      const { kind, text: name, line, column } = this.#next;
      if (kind !== 'word') throw this.#unexpected('the name of a method or a part after .');
      this.#at++;
      if (this.#take('(')) {
        const args = this.#list(')');
        const depth = this.#above({ line, column }, of, ...args);
        of = { kind: 'method', line, column, depth, of, name, args };
      } else {
        of = { kind: 'member', line, column, depth: this.#above({ line, column }, of), of, name };
      }
    }
    return of;
  }

  #primary(): Expression {
    const { kind, text, line, column } = this.#next;
    if (kind === 'number') {
      this.#at++;
      return { kind: 'number', line, column, depth: 0, value: Number(text) };
    }
    if (kind === 'string') {
      this.#at++;
      return { kind: 'string', line, column, depth: 0, value: text };
    }
    if (kind === 'word' || kind === 'variable') {
      this.#at++;
      if (kind === 'variable' || !this.#take('(')) {
        return { kind: 'name', line, column, depth: 0, name: text };
      }
      const args = this.#list(')');
      const depth = this.#above({ line, column }, ...args);
      return { kind: 'call', line, column, depth, name: text, args };
    }
    if (this.#take('(')) {
      const inside = this.#expression();
      this.#demand(')', 'to close the (');
      return inside;
    }
    if (this.#take('[')) {
      if (this.#is(']')) throw this.#unexpected('an element of the vector');
      const elements = this.#list(']');
      const depth = this.#above({ line, column }, ...elements);
      return { kind: 'vector', line, column, depth, elements };
    }
    throw this.#unexpected('a value');
  }

  /** What stands between commas, up to `close`; the opening one is taken. */
  #list(close: string): Expression[] {
    const list: Expression[] = [];
    if (this.#take(close)) return list;
    do list.push(this.#expression());
    while (this.#take(','));
    this.#demand(close, 'or , after an argument');
    return list;
  }

  #nested(parse: () => Expression): Expression {
    if (++this.#nesting > deepestNesting) throw tooDeep(this.#next);
    const expression = parse();
    this.#nesting--;
    return expression;
  }

  /** The depth of a node over these. */
  #above(at: Position, ...nodes: readonly Expression[]): number {
    let depth = 0;
    for (const node of nodes) depth = Math.max(depth, node.depth + 1);
    if (depth > deepestNesting) throw tooDeep(at);
    return depth;
  }
}

function tooDeep(at: Position): Error {
  return syntaxError(at, `an expression has at most ${deepestNesting} levels: use a variable`);
}
