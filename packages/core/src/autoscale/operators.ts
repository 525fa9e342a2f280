import type { BinaryOperator, UnaryOperator } from './syntax-tree.ts';
import type { TypeName, TypeSet, Value } from './value.ts';
import {
  double,
  doubleVec,
  noType,
  timeinterval,
  timestamp,
  truth,
  typeSet,
  typesIn,
} from './value.ts';

/** A value, or the end of a sentence that says why there is none. */
export type Outcome = Value | string;

const arithmetic: readonly BinaryOperator[] = ['+', '-', '*', '/'];
const comparison: readonly BinaryOperator[] = ['<', '<=', '==', '>=', '>', '!='];

/** What is not here is an error (semantics §6.3). */
const table: readonly [TypeName, readonly BinaryOperator[], TypeName, TypeName][] = [
  ['double', arithmetic, 'double', 'double'],
  ['double', ['*'], 'timeinterval', 'timeinterval'],
  ['doubleVec', arithmetic, 'double', 'doubleVec'],
  ['doubleVec', arithmetic, 'doubleVec', 'doubleVec'],
  ['timeinterval', ['*', '/'], 'double', 'timeinterval'],
  ['timeinterval', ['+', '-'], 'timeinterval', 'timeinterval'],
  ['timeinterval', ['+'], 'timestamp', 'timestamp'],
  ['timestamp', ['+'], 'timeinterval', 'timestamp'],
  ['timestamp', ['-'], 'timestamp', 'timeinterval'],
  ['double', comparison, 'double', 'double'],
  ['string', comparison, 'string', 'double'],
  ['timestamp', comparison, 'timestamp', 'double'],
  ['timeinterval', comparison, 'timeinterval', 'double'],
  ['double', ['&&', '||'], 'double', 'double'],
];

const results: ReadonlyMap<string, TypeName> = new Map(
  table.flatMap(([left, operators, right, result]) =>
    operators.map((operator) => [`${left}${operator}${right}`, result]),
  ),
);

/** What an operator may give for operands of these types; {@link noType}: it takes none of them. */
export function binaryType(left: TypeSet, operator: BinaryOperator, right: TypeSet): TypeSet {
  let set = noType;
  for (const a of typesIn(left)) {
    for (const b of typesIn(right)) {
      const result = results.get(`${a}${operator}${b}`);
      if (result !== undefined) set |= typeSet(result);
    }
  }
  return set;
}

/** How to say it, where an operator does not take its operands. */
export function operandHint(left: TypeSet, operator: BinaryOperator, right: TypeSet): string {
  const is = (set: TypeSet, type: TypeName): boolean => (set & typeSet(type)) !== 0;
  if (is(left, 'double') && is(right, 'doubleVec') && arithmetic.includes(operator)) {
    return ': the doubleVec must stand on the left';
  }
  if (is(left, 'timestamp') && operator === '-' && is(right, 'timeinterval')) {
    return ': write t + (-i)';
  }
  if (is(left, 'doubleVec') || is(right, 'doubleVec')) {
    return ': make one double of a doubleVec, as avg, max, min, sum and val do';
  }
  return '';
}

export function unaryType(operator: UnaryOperator, operand: TypeSet): TypeSet {
  const types = operator === '-' ? typeSet('double', 'timeinterval') : typeSet('double');
  return operand & types;
}

/** `undefined`: the operator does not take it. */
export function applyUnary(operator: UnaryOperator, operand: Value): Outcome | undefined {
  if (operand.type === 'double') {
    return operator === '-' ? double(-operand.value) : truth(operand.value === 0);
  }
  if (operand.type !== 'timeinterval' || operator === '!') return undefined;
  return timeinterval(-operand.ticks);
}

/** && and || of operands that are both there. `undefined`: the operator does not take them. */
export function applyBinary(
  left: Value,
  operator: BinaryOperator,
  right: Value,
): Outcome | undefined {
  if (!results.has(`${left.type}${operator}${right.type}`)) return undefined;
  if (left.type === 'double') {
    if (right.type === 'double') return ofDoubles(left.value, operator, right.value);
    return right.type === 'timeinterval' ? scaled(right.ticks, left.value) : undefined;
  }
  if (left.type === 'doubleVec') {
    if (right.type === 'double') {
      return doubleVec(left.values.map((value) => computed(value, operator, right.value)));
    }
    return right.type === 'doubleVec'
      ? elementWise(left.values, operator, right.values)
      : undefined;
  }
  if (left.type === 'string') {
    return right.type === 'string' ? compared(left.value, operator, right.value) : undefined;
  }
  if (left.type === 'nodeDeallocationOption') return undefined;
  if (right.type === 'double') {
    return operator === '/' ? divided(left.ticks, right.value) : scaled(left.ticks, right.value);
  }
  if (right.type !== 'timestamp' && right.type !== 'timeinterval') return undefined;
  if (comparison.includes(operator)) return compared(left.ticks, operator, right.ticks);
  const ticks = operator === '+' ? left.ticks + right.ticks : left.ticks - right.ticks;
  return (left.type === 'timestamp') !== (right.type === 'timestamp')
    ? (timestamp(ticks) ?? 'the timestamp is outside the years 1 to 9999')
    : interval(ticks);
}

function ofDoubles(left: number, operator: BinaryOperator, right: number): Value {
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
      return double(computed(left, operator, right));
    case '&&':
      return truth(left !== 0 && right !== 0);
    case '||':
      return truth(left !== 0 || right !== 0);
    default:
      return compared(left, operator, right);
  }
}

/** Division by zero is IEEE's (semantics §6.3). */
function computed(left: number, operator: BinaryOperator, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  return operator === '*' ? left * right : left / right;
}

function compared<Of extends number | string | bigint>(
  left: Of,
  operator: BinaryOperator,
  right: Of,
): Value {
  switch (operator) {
    case '<':
      return truth(left < right);
    case '<=':
      return truth(left <= right);
    case '>':
      return truth(left > right);
    case '>=':
      return truth(left >= right);
    case '==':
      return truth(left === right);
    default:
      return truth(left !== right);
  }
}

function elementWise(
  left: readonly number[],
  operator: BinaryOperator,
  right: readonly number[],
): Outcome {
  if (left.length !== right.length) {
    return `the vectors have ${left.length} and ${right.length} elements, and must have as many`;
  }
  return doubleVec(left.map((value, index) => computed(value, operator, right[index]!)));
}

function scaled(ticks: bigint, factor: number): Outcome {
  if (Number.isSafeInteger(factor)) return interval(ticks * BigInt(factor));
  return rounded(Number(ticks) * factor);
}

function divided(ticks: bigint, divisor: number): Outcome {
  return rounded(Number(ticks) / divisor);
}

function rounded(ticks: number): Outcome {
  if (!Number.isFinite(ticks)) return 'the timeinterval is not finite';
  return interval(BigInt(Math.round(ticks)));
}

function interval(ticks: bigint): Outcome {
  return timeinterval(ticks) ?? 'the timeinterval is longer than 29,000 years';
}
