import { longestFormula } from '../limits.ts';
import { check } from './checker.ts';
import type { Evaluation, FormulaInputs } from './evaluator.ts';
import { evaluateStatements } from './evaluator.ts';
import type { FormulaError } from './formula-error.ts';
import { FormulaFailure } from './formula-error.ts';
import { parse } from './parser.ts';
import type { Statement } from './syntax-tree.ts';

/** An autoscale formula that can be evaluated. */
export class Formula {
  readonly text: string;
  readonly #statements: readonly Statement[];

  /** @internal {@link parseFormula} makes them. */
  constructor(text: string, statements: readonly Statement[]) {
    this.text = text;
    this.#statements = statements;
  }

  /**
   * What the formula comes to. The same inputs give the same on every machine. It never throws, and ends after a
   * bounded number of steps: what goes wrong is in `error`. semantics §6
   */
  evaluate(inputs: FormulaInputs): Evaluation {
    return evaluateStatements(this.#statements, inputs);
  }
}

/**
 * Reads and checks a formula: words, grammar, names, types. What is wrong with it first comes back with its line and
 * column, with code `AutoScalingFormulaSyntaxError`, or `AutoScaleFormulaTooLong` over {@link longestFormula}.
 * semantics §6.1
 */
export function parseFormula(text: string): Formula | FormulaError {
  if (text.length > longestFormula) {
    const reason = `the formula has ${text.length} characters, at most ${longestFormula} are allowed`;
    return { code: 'AutoScaleFormulaTooLong', line: 1, column: 1, reason };
  }
  try {
    const statements = parse(text);
    check(statements);
    return new Formula(text, statements);
  } catch (thrown) {
    if (!(thrown instanceof FormulaFailure)) throw thrown;
    return thrown.error;
  }
}
