import { nearest } from '../nearest.ts';
import type { Form } from './forms.ts';
import { formsType, formText } from './forms.ts';
import type { Position } from './formula-error.ts';
import { syntaxError } from './formula-error.ts';
import { functions, wrongLiteral } from './functions.ts';
import { binaryType, operandHint, unaryType } from './operators.ts';
import { sampleMethods } from './sample-methods.ts';
import type { Expression, Statement } from './syntax-tree.ts';
import { timestampPart, timestampParts } from './timestamp-parts.ts';
import type { TypeSet } from './value.ts';
import { noType, typeSet, typeSetText } from './value.ts';
import type { TargetVariable } from './variables.ts';
import { knownName, knownNames, serviceVariable, userKey } from './variables.ts';

const doubles = typeSet('double');
const vectors = typeSet('doubleVec');
const timestamps = typeSet('timestamp');
const options = typeSet('nodeDeallocationOption');

/** What a variable of the pool's targets holds, and what may be assigned to it. */
export function targetTypes(variable: TargetVariable): { holds: TypeSet; takes: TypeSet } {
  return variable === '$NodeDeallocationOption'
    ? { holds: options, takes: options }
    : { holds: doubles, takes: doubles | vectors };
}

/**
 * Whether every name is known and every operator, function and method has operands that it takes. A type that only
 * an evaluation shows, that of `a ? 1 : time()`, is accepted wherever one of its kinds is. @throws FormulaFailure
 */
export function check(statements: readonly Statement[]): void {
  const checker = new Checker();
  for (const statement of statements) checker.statement(statement);
}

class Checker {
  /** Types of what the user's variables hold, and how they were first written, by key. */
  readonly #users = new Map<string, { set: TypeSet; name: string }>();

  statement(statement: Statement): void {
    const { assigns, value } = statement;
    const set = this.#typeOf(value);
    if (assigns === undefined) return;
    const known = knownName(assigns);
    if (known === undefined) {
      if (assigns.startsWith('$') || serviceVariable(assigns) === undefined) {
        this.#users.set(userKey(assigns), { set, name: assigns });
        return;
      }
      throw syntaxError(statement, `${assigns} is a variable of the service: write $${assigns}`);
    }
    if (known.kind === 'sampled') {
      throw syntaxError(statement, `${assigns} is read-only: it cannot be assigned`);
    }
    if (known.kind !== 'target') {
      throw syntaxError(statement, `${assigns} is a constant: it cannot be assigned`);
    }
    const { takes } = targetTypes(known.variable);
    if (set === noType || (set & takes) !== 0) return;
    const wanted =
      known.variable === '$NodeDeallocationOption'
        ? 'requeue, terminate, taskcompletion or retaineddata, without quotes'
        : 'a double';
    throw syntaxError(value, `${assigns} takes ${wanted}, this is ${typeSetText(set)}`);
  }

  #typeOf(expression: Expression): TypeSet {
    switch (expression.kind) {
      case 'number':
        return doubles;
      case 'string':
        return typeSet('string');
      case 'name':
        return this.#name(expression, expression.name);
      case 'vector':
        this.#elements(expression.elements);
        return vectors;
      case 'call':
        return this.#call(expression, expression.name, expression.args);
      case 'member':
        return this.#member(expression, expression.of, expression.name);
      case 'method':
        return this.#method(expression, expression.of, expression.name, expression.args);
      case 'unary': {
        const { operator, operand } = expression;
        const set = this.#typeOf(operand);
        const result = unaryType(operator, set);
        if (set === noType || result !== noType) return result;
        throw syntaxError(expression, `${operator} does not take ${typeSetText(set)}`);
      }
      case 'binary': {
        const { operator } = expression;
        const left = this.#typeOf(expression.left);
        const right = this.#typeOf(expression.right);
        if (left === noType || right === noType) return noType;
        const result = binaryType(left, operator, right);
        if (result !== noType) return result;
        const hint = operandHint(left, operator, right);
        throw syntaxError(
          expression,
          `there is no ${typeSetText(left)} ${operator} ${typeSetText(right)}${hint}`,
        );
      }
      case 'choice': {
        const condition = this.#typeOf(expression.condition);
        const set = this.#typeOf(expression.yes) | this.#typeOf(expression.no);
        if (condition === noType) return noType;
        if ((condition & doubles) !== 0) return set;
        throw syntaxError(
          expression.condition,
          `what stands before ? must be a double, this is ${typeSetText(condition)}`,
        );
      }
    }
  }

  #name(at: Position, name: string): TypeSet {
    const known = knownName(name);
    if (known !== undefined) {
      switch (known.kind) {
        case 'target':
          return targetTypes(known.variable).holds;
        case 'sampled':
          return doubles;
        case 'interval':
          return typeSet('timeinterval');
        case 'option':
          return options;
      }
    }
    const user = this.#users.get(userKey(name));
    if (user !== undefined) return user.set;
    if (serviceVariable(name) !== undefined) {
      throw syntaxError(at, `${name} is a variable of the service: write $${name}`);
    }
    const names = [...knownNames, ...[...this.#users.values()].map((one) => one.name)];
    throw syntaxError(at, `${name} is not known, and not assigned before${meant(name, names)}`);
  }

  #elements(elements: readonly Expression[]): void {
    for (const element of elements) {
      const set = this.#typeOf(element);
      if (set === noType || (set & (doubles | vectors)) !== 0) continue;
      throw syntaxError(element, `a vector is of doubles, this is ${typeSetText(set)}`);
    }
  }

  #call(at: Position, name: string, args: readonly Expression[]): TypeSet {
    const found = functions.get(name.toLowerCase());
    if (found === undefined) {
      const methods = sampleMethods.get(name.toLowerCase());
      const hint =
        methods === undefined
          ? meant(name, functions.keys())
          : `: it is a method, written $ActiveTasks.${methods.name}(…)`;
      throw syntaxError(at, `there is no function ${name}${hint}`);
    }
    const wrong = wrongLiteral(name, args);
    if (wrong !== undefined) throw syntaxError(wrong.at, wrong.reason);
    return this.#formsType(at, found.name, found.forms, args);
  }

  #method(at: Position, of: Expression, name: string, args: readonly Expression[]): TypeSet {
    const method = sampleMethods.get(name.toLowerCase());
    const known = of.kind === 'name' ? knownName(of.name) : undefined;
    if (known?.kind !== 'sampled') {
      const set = this.#typeOf(of);
      if (timestampPart(name) !== undefined && (set & timestamps) !== 0) {
        throw syntaxError(at, `${name} is a part, not a method: write it without parentheses`);
      }
      throw syntaxError(at, `only variables that are sampled, as $ActiveTasks, have methods`);
    }
    if (method === undefined) {
      const names = [...sampleMethods.values()].map((one) => one.name);
      throw syntaxError(at, `${known.variable} has no method ${name}${meant(name, names)}`);
    }
    return this.#formsType(at, method.name, method.forms, args);
  }

  #formsType(
    at: Position,
    name: string,
    forms: readonly Form<never>[],
    args: readonly Expression[],
  ): TypeSet {
    const sets = args.map((one) => this.#typeOf(one));
    const result = formsType(forms, sets);
    if (result === undefined) {
      throw syntaxError(at, noForm(name, forms, sets));
    }
    return sets.includes(noType) ? noType : result;
  }

  #member(at: Position, of: Expression, name: string): TypeSet {
    const set = this.#typeOf(of);
    if (of.kind === 'name' && sampleMethods.has(name.toLowerCase())) {
      throw syntaxError(at, `${name} is a method: write it with parentheses`);
    }
    if (set !== noType && (set & timestamps) === 0) {
      throw syntaxError(at, `only a timestamp has parts, this is ${typeSetText(set)}`);
    }
    if (timestampPart(name) === undefined) {
      throw syntaxError(at, `a timestamp has no ${name}${meant(name, timestampParts)}`);
    }
    return set === noType ? noType : doubles;
  }
}

/** That no form of a function takes arguments of these types. */
export function noForm(
  name: string,
  forms: readonly Form<never>[],
  args: readonly TypeSet[],
): string {
  const given = args.slice(0, 5).map(typeSetText);
  if (given.length < args.length) given.push('…');
  const there = forms.map((form) => formText(name, form)).join(', ');
  return `${name} does not take (${given.join(', ')}); it is written ${there}`;
}

function meant(name: string, names: Iterable<string>): string {
  const found = nearest(name, names);
  return found === undefined ? '' : `; did you mean ${found}?`;
}
