import { calendarTime } from '../calendar.ts';
import type { NodeDeallocationOption } from '../specification.ts';
import { noForm, targetTypes } from './checker.ts';
import type { Form } from './forms.ts';
import { asDouble, chooseForm } from './forms.ts';
import type { FormulaError, Position } from './formula-error.ts';
import { evaluationError, FormulaFailure } from './formula-error.ts';
import type { FunctionContext } from './functions.ts';
import { functions } from './functions.ts';
import type { Outcome } from './operators.ts';
import { applyBinary, applyUnary, operandHint } from './operators.ts';
import { RandomNumbers } from './random-numbers.ts';
import type { SampleContext } from './sample-methods.ts';
import { latestSample, sampleMethods } from './sample-methods.ts';
import type { SampleHistory } from './samples.ts';
import type { Expression, Statement } from './syntax-tree.ts';
import { timestampPart } from './timestamp-parts.ts';
import type { Value } from './value.ts';
import {
  double,
  doubleVec,
  millisecondsOf,
  truth,
  typeSet,
  typeSetText,
  valueText,
} from './value.ts';
import type { TargetVariable } from './variables.ts';
import { knownName, targetVariables, userKey } from './variables.ts';

/** What a formula may know of its pool and the moment. */
export interface FormulaInputs {
  /** Milliseconds since the epoch. */
  now: number;
  /** Targets of the pool as they are. */
  targetDedicatedNodes: number;
  targetLowPriorityNodes: number;
  samples: SampleHistory;
  /** Any integer; the same seed gives the same random numbers. */
  seed: number;
}

/** What a formula came to (semantics §6.7). */
export interface Evaluation {
  /**
   * `$TargetDedicatedNodes=1;$NodeDeallocationOption=requeue;$x=2`: the targets that were assigned (the dedicated one
   * if none was), the option, then the user's variables by name; as far as they came, where there is an error.
   */
  results: string;
  /** What the pool is to have, as it was where nothing was assigned; meaningless where there is an error. */
  targetDedicatedNodes: number;
  targetLowPriorityNodes: number;
  nodeDeallocationOption: NodeDeallocationOption;
  /** Operations carried out and elements of lists looked at. */
  steps: number;
  error?: FormulaError;
}

/** What ends an evaluation whose lists grow out of bounds: a few milliseconds. */
export const mostSteps = 1_000_000;

/** More nodes than a pool may be asked to have (semantics §6.7, as `targetDedicatedNodes` in a specification). */
export const mostTargetNodes = 1_000_000;

/** Never throws, and ends after at most {@link mostSteps}. */
export function evaluateStatements(
  statements: readonly Statement[],
  inputs: FormulaInputs,
): Evaluation {
  return new Evaluator(inputs).run(statements);
}

/** What a stop() throws. */
const stopped: unique symbol = Symbol('stopped');

class Evaluator {
  readonly #inputs: FormulaInputs;
  readonly #functionContext: FunctionContext;
  readonly #targets = new Map<TargetVariable, { value: Value; byAlias: boolean; at: Position }>();
  readonly #users = new Map<string, { name: string; value: Value }>();
  #steps = 0;

  constructor(inputs: FormulaInputs) {
    this.#inputs = inputs;
    const numbers = new RandomNumbers(inputs.seed);
    this.#functionContext = {
      now: inputs.now,
      random: () => numbers.next(),
      stop: () => {
        throw stopped;
      },
    };
  }

  run(statements: readonly Statement[]): Evaluation {
    let error: FormulaError | undefined;
    try {
      try {
        for (const statement of statements) this.#carryOut(statement);
      } catch (thrown) {
        if (thrown !== stopped) throw thrown;
      }
      for (const variable of targetVariables) this.#checkTarget(variable);
    } catch (thrown) {
      if (!(thrown instanceof FormulaFailure)) throw thrown;
      error = thrown.error;
    }
    const option = this.#targetValue('$NodeDeallocationOption');
    return {
      results: this.#results(),
      targetDedicatedNodes: nodesOf(this.#targetValue('$TargetDedicatedNodes')),
      targetLowPriorityNodes: nodesOf(this.#targetValue('$TargetLowPriorityNodes')),
      nodeDeallocationOption: option.type === 'nodeDeallocationOption' ? option.value : 'requeue',
      steps: this.#steps,
      ...(error !== undefined && { error }),
    };
  }

  #carryOut({ assigns, value, line, column }: Statement): void {
    const result = this.#valueOf(value);
    if (assigns === undefined) return;
    const known = knownName(assigns);
    if (known?.kind !== 'target') {
      const key = userKey(assigns);
      const name = this.#users.get(key)?.name ?? assigns.replace('$', '');
      this.#users.set(key, { name, value: result });
      return;
    }
    const { variable, isAlias } = known;
    const { takes, holds } = targetTypes(variable);
    const taken = (typeSet(result.type) & holds) !== 0 ? result : asDouble(result);
    if (taken === undefined || (typeSet(result.type) & takes) === 0) {
      const given =
        result.type === 'doubleVec'
          ? `a doubleVec of ${result.values.length} elements`
          : typeSetText(typeSet(result.type));
      throw evaluationError(value, `${assigns} takes ${typeSetText(holds)}, this is ${given}`);
    }
    // Today's name wins over that of 2016, whichever is assigned last (semantics §6.5).
    if (isAlias && this.#targets.get(variable)?.byAlias === false) return;
    this.#targets.set(variable, { value: taken, byAlias: isAlias, at: { line, column } });
  }

  #checkTarget(variable: TargetVariable): void {
    const assigned = this.#targets.get(variable);
    if (assigned?.value.type !== 'double') return;
    const { value } = assigned.value;
    if (Number.isFinite(value) && Math.trunc(value) <= mostTargetNodes) return;
    const most = `at most ${mostTargetNodes} nodes`;
    throw evaluationError(assigned.at, `${variable} is ${value}: a pool has ${most}`);
  }

  #targetValue(variable: TargetVariable): Value {
    const assigned = this.#targets.get(variable);
    if (assigned !== undefined) return assigned.value;
    if (variable === '$NodeDeallocationOption') {
      return { type: 'nodeDeallocationOption', value: 'requeue' };
    }
    return double(
      variable === '$TargetDedicatedNodes'
        ? this.#inputs.targetDedicatedNodes
        : this.#inputs.targetLowPriorityNodes,
    );
  }

  #results(): string {
    const shown: string[] = [];
    const assigned = targetVariables.filter((variable) => this.#targets.has(variable));
    const noTarget = assigned.every((variable) => variable === '$NodeDeallocationOption');
    for (const variable of targetVariables) {
      const isShown =
        variable === '$NodeDeallocationOption' ||
        this.#targets.has(variable) ||
        (noTarget && variable === '$TargetDedicatedNodes');
      if (!isShown) continue;
      const value = this.#targetValue(variable);
      shown.push(`${variable}=${value.type === 'double' ? nodesOf(value) : valueText(value)}`);
    }
    const users = [...this.#users].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, { name, value }] of users) shown.push(`$${name}=${valueText(value)}`);
    return shown.join(';');
  }

  #valueOf(expression: Expression): Value {
    this.#spend(expression, 1);
    switch (expression.kind) {
      case 'number':
        return double(expression.value);
      case 'string':
        return { type: 'string', value: expression.value };
      case 'name':
        return this.#name(expression, expression.name);
      case 'vector':
        return this.#vector(expression, expression.elements);
      case 'call': {
        const { name, args } = expression;
        const { forms = [] } = functions.get(name.toLowerCase()) ?? {};
        return this.#apply(expression, name, forms, args, this.#functionContext);
      }
      case 'member':
        return this.#member(expression, expression.of, expression.name);
      case 'method': {
        const { name, of, args } = expression;
        const { forms = [] } = sampleMethods.get(name.toLowerCase()) ?? {};
        return this.#apply(expression, name, forms, args, this.#sampleContext(of));
      }
      case 'unary': {
        const { operator, operand } = expression;
        const value = this.#valueOf(operand);
        const result = applyUnary(operator, value);
        const text = (): string => `${operator} does not take ${value.type}`;
        return this.#result(expression, result ?? text());
      }
      case 'binary':
        return this.#binary(expression);
      case 'choice':
        return this.#truth(expression.condition, '?')
          ? this.#valueOf(expression.yes)
          : this.#valueOf(expression.no);
    }
  }

  #binary(expression: Extract<Expression, { kind: 'binary' }>): Value {
    const { operator } = expression;
    if (operator === '&&' || operator === '||') {
      // The second is not evaluated where the first decides (semantics §6.1).
      const decides = operator === '||';
      if (this.#truth(expression.left, operator) === decides) return truth(decides);
      return truth(this.#truth(expression.right, operator));
    }
    const left = this.#valueOf(expression.left);
    const right = this.#valueOf(expression.right);
    this.#spend(expression, sizeOf(left) + sizeOf(right));
    const result = applyBinary(left, operator, right);
    if (result !== undefined) return this.#result(expression, result);
    const hint = operandHint(typeSet(left.type), operator, typeSet(right.type));
    throw evaluationError(expression, `there is no ${left.type} ${operator} ${right.type}${hint}`);
  }

  #truth(expression: Expression, operator: string): boolean {
    const value = this.#valueOf(expression);
    if (value.type === 'double') return value.value !== 0;
    throw evaluationError(expression, `${operator} needs a double, this is ${value.type}`);
  }

  #name(at: Expression, name: string): Value {
    const known = knownName(name);
    switch (known?.kind) {
      case 'target':
        return this.#targetValue(known.variable);
      case 'sampled':
        return latestSample(this.#sampleContext(at));
      case 'interval':
        return { type: 'timeinterval', ticks: known.ticks };
      case 'option':
        return { type: 'nodeDeallocationOption', value: known.option };
      case undefined: {
        const user = this.#users.get(userKey(name));
        if (user === undefined) throw evaluationError(at, `${name} is not assigned`);
        return user.value;
      }
    }
  }

  #vector(at: Position, elements: readonly Expression[]): Value {
    const values: number[] = [];
    for (const element of elements) {
      const value = this.#valueOf(element);
      this.#spend(at, sizeOf(value));
      if (value.type === 'double') values.push(value.value);
      else if (value.type === 'doubleVec') for (const one of value.values) values.push(one);
      else throw evaluationError(element, `a vector is of doubles, this is ${value.type}`);
    }
    return doubleVec(values);
  }

  #member(at: Position, of: Expression, name: string): Value {
    const value = this.#valueOf(of);
    const part = timestampPart(name);
    if (value.type !== 'timestamp' || part === undefined) {
      throw evaluationError(at, `only a timestamp has parts, this is ${value.type}`);
    }
    return double(calendarTime(millisecondsOf(value.ticks))[part]);
  }

  #apply<Context>(
    at: Position,
    name: string,
    forms: readonly Form<Context>[],
    args: readonly Expression[],
    context: Context,
  ): Value {
    const values = args.map((one) => this.#valueOf(one));
    for (const value of values) this.#spend(at, sizeOf(value));
    const chosen = chooseForm(forms, values);
    if (chosen === undefined) {
      const types = values.map(({ type }) => typeSet(type));
      throw evaluationError(at, noForm(name, forms, types));
    }
    const value = this.#result(at, chosen.form.apply(chosen.args, context));
    this.#spend(at, sizeOf(value));
    return value;
  }

  #sampleContext(variable: Expression): SampleContext {
    const known = variable.kind === 'name' ? knownName(variable.name) : undefined;
    if (known?.kind !== 'sampled') throw evaluationError(variable, 'has no samples');
    const { now, samples } = this.#inputs;
    return {
      now,
      samples,
      index: known.index,
      name: known.variable,
      insufficient: (reason) => {
        throw new FormulaFailure('InsufficientSampleData', variable, reason);
      },
    };
  }

  #result(at: Position, outcome: Outcome): Value {
    if (typeof outcome === 'string') throw evaluationError(at, outcome);
    return outcome;
  }

  #spend(at: Position, steps: number): void {
    this.#steps += steps;
    if (this.#steps > mostSteps) {
      throw evaluationError(at, `the formula takes more than ${mostSteps} steps`);
    }
  }
}

/** Elements of lists; what is none costs nothing more. */
function sizeOf(value: Value): number {
  return value.type === 'doubleVec' ? value.values.length : 0;
}

/** Whole nodes, none for less (semantics §6.5). */
function nodesOf(value: Value): number {
  const nodes = value.type === 'double' ? Math.trunc(value.value) : 0;
  // Neither NaN nor −0.
  return nodes >= 1 ? nodes : 0;
}
