import type { Form, Parameter } from './forms.ts';
import type { Position } from './formula-error.ts';
import { binaryLogarithm, decimalLogarithm, naturalLogarithm } from './logarithm.ts';
import type { Outcome } from './operators.ts';
import { timeOfText } from './time-text.ts';
import type { TypeName, Value } from './value.ts';
import { double, doubleVec, noType, timestampOf, typeSet } from './value.ts';

/** What a function may know besides its arguments. */
export interface FunctionContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The next of the run's own random numbers, 0 ≤ r < 1. */
  random(): number;
  /** Ends the evaluation; the assignments so far stand. */
  stop(): never;
}

type FunctionForm = Form<FunctionContext>;

/** A function as a formula names it. */
export interface FormulaFunction {
  readonly name: string;
  readonly forms: readonly FunctionForm[];
}

function form(
  parameters: readonly Parameter[],
  result: TypeName,
  apply: FunctionForm['apply'],
): FunctionForm {
  return { parameters, result: typeSet(result), apply };
}

/** Over a list that must have elements, `least` of them. */
function overList(
  least: number,
  name: string,
  of: (list: readonly number[]) => number,
): FunctionForm {
  return form(['list'], 'double', (args) => {
    const list = flattened(args);
    if (list.length >= least) return double(of(list));
    return `${name} needs ${least === 1 ? 'an element' : `${least} elements`}, the list has ${list.length}`;
  });
}

/** For one double and, element by element, for a list. */
function eachAlone(of: (value: number) => number): FunctionForm[] {
  return [
    form(['double'], 'double', ([value]) => double(of(numberOf(value)))),
    form(['list'], 'doubleVec', (args) => doubleVec(flattened(args).map(of))),
  ];
}

function listOf(of: (list: readonly number[]) => number): FunctionForm {
  return form(['list'], 'double', (args) => double(of(flattened(args))));
}

const all: readonly FormulaFunction[] = [
  { name: 'avg', forms: [overList(1, 'avg', mean)] },
  { name: 'len', forms: [listOf((list) => list.length)] },
  { name: 'lg', forms: eachAlone(binaryLogarithm) },
  { name: 'ln', forms: eachAlone(naturalLogarithm) },
  { name: 'log', forms: eachAlone(decimalLogarithm) },
  { name: 'max', forms: [overList(1, 'max', greatest)] },
  { name: 'min', forms: [overList(1, 'min', least)] },
  { name: 'norm', forms: [listOf((list) => Math.sqrt(sum(list.map((value) => value * value))))] },
  {
    name: 'percentile',
    forms: [
      form(['doubleVec', 'double'], 'double', ([v, p]) => percentile(flattened([v!]), numberOf(p))),
    ],
  },
  { name: 'rand', forms: [form([], 'double', (_, { random }) => double(random()))] },
  { name: 'range', forms: [overList(1, 'range', (list) => greatest(list) - least(list))] },
  { name: 'round', forms: eachAlone(rounded) },
  { name: 'ceil', forms: eachAlone(Math.ceil) },
  { name: 'floor', forms: eachAlone(Math.floor) },
  { name: 'trunc', forms: eachAlone(Math.trunc) },
  { name: 'std', forms: [overList(2, 'std', deviation)] },
  {
    name: 'stop',
    forms: [{ parameters: [], result: noType, apply: (_, { stop }) => stop() }],
  },
  { name: 'sum', forms: [listOf(sum)] },
  {
    name: 'time',
    forms: [
      form([], 'timestamp', (_, { now }) => timestampOf(now) ?? 'is outside the years 1 to 9999'),
      form(['string'], 'timestamp', ([text]) => timeOf(text)),
    ],
  },
  {
    name: 'val',
    forms: [
      form(['doubleVec', 'double'], 'double', ([v, i]) => element(flattened([v!]), numberOf(i))),
    ],
  },
  { name: 'vec', forms: [form(['list'], 'doubleVec', (args) => doubleVec(flattened(args)))] },
];

/** By lower-case name. */
export const functions: ReadonlyMap<string, FormulaFunction> = new Map(
  all.map((one) => [one.name, one]),
);

/** Of `name("…")`: what is wrong with the text, known before any evaluation. */
export function wrongLiteral(
  name: string,
  args: readonly (Position & { kind: string; value?: unknown })[],
): { at: Position; reason: string } | undefined {
  const [only] = args;
  if (name.toLowerCase() !== 'time' || args.length !== 1 || only?.kind !== 'string')
    return undefined;
  const time = timeOf({ type: 'string', value: String(only.value) });
  return typeof time === 'string' ? { at: only, reason: time } : undefined;
}

/** All elements of doubles and doubleVecs. */
function flattened(args: readonly Value[]): readonly number[] {
  const [first] = args;
  if (args.length === 1 && first?.type === 'doubleVec') return first.values;
  const list: number[] = [];
  for (const value of args) {
    if (value.type === 'double') list.push(value.value);
    else if (value.type === 'doubleVec') for (const one of value.values) list.push(one);
  }
  return list;
}

/** Of an argument that its form says is a double. */
function numberOf(value: Value | undefined): number {
  return value?.type === 'double' ? value.value : NaN;
}

function timeOf(value: Value | undefined): Outcome {
  const text = value?.type === 'string' ? value.value : '';
  const time = timeOfText(text);
  return typeof time === 'string' ? `"${text}" ${time}` : time;
}

function sum(list: readonly number[]): number {
  let total = 0;
  for (const value of list) total += value;
  return total;
}

function mean(list: readonly number[]): number {
  return sum(list) / list.length;
}

/** NaN if an element is. */
function greatest(list: readonly number[]): number {
  return list.reduce((a, b) => Math.max(a, b));
}

function least(list: readonly number[]): number {
  return list.reduce((a, b) => Math.min(a, b));
}

/** Of a sample: over n − 1. */
function deviation(list: readonly number[]): number {
  const average = mean(list);
  return Math.sqrt(
    sum(list.map((value) => (value - average) * (value - average))) / (list.length - 1),
  );
}

/** Half away from zero. */
function rounded(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

/** By nearest rank: the smallest element that so many percent are not above. */
function percentile(list: readonly number[], percent: number): Outcome {
  if (!(percent >= 0 && percent <= 100)) {
    return `a percentile is from 0 to 100, not ${percent}`;
  }
  if (list.length === 0) return 'percentile needs an element, the vector has none';
  if (list.some(Number.isNaN)) return double(NaN);
  const sorted = [...list].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const rank = Math.ceil((percent * sorted.length) / 100);
  return double(sorted[Math.max(0, rank - 1)]!);
}

function element(list: readonly number[], index: number): Outcome {
  const value = list[index];
  if (value !== undefined) return double(value);
  const last = list.length === 0 ? 'it has none' : `its elements are 0 to ${list.length - 1}`;
  return `the vector has no element ${index}: ${last}`;
}
