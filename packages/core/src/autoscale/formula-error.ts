/** A place in a formula, both counted from 1; columns are UTF-16 code units. */
export interface Position {
  line: number;
  column: number;
}

/** Codes of what is wrong with a formula (semantics §13.3) or ends its evaluation (§6.7). */
export type FormulaErrorCode =
  | 'AutoScalingFormulaSyntaxError'
  | 'AutoScaleFormulaTooLong'
  | 'InsufficientSampleData'
  | 'EvaluationError';

/** Why a formula is refused or its evaluation failed, and where. */
export interface FormulaError extends Position {
  code: FormulaErrorCode;
  /** What is wrong at that place, without it. */
  reason: string;
}

/** Ends parsing or evaluation inside this folder; the functions it exports return what it carries. */
export class FormulaFailure extends Error {
  readonly error: FormulaError;
  constructor(code: FormulaErrorCode, { line, column }: Position, reason: string) {
    super(reason);
    this.error = { code, line, column, reason };
  }
}

/** As the service writes it: `Line 15, Col 44: Insufficient data …`. */
export function formulaErrorText({ line, column, reason }: FormulaError): string {
  return `Line ${line}, Col ${column}: ${reason}`;
}

export function syntaxError(at: Position, reason: string): FormulaFailure {
  return new FormulaFailure('AutoScalingFormulaSyntaxError', at, reason);
}

export function evaluationError(at: Position, reason: string): FormulaFailure {
  return new FormulaFailure('EvaluationError', at, reason);
}
