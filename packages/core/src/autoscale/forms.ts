import type { Outcome } from './operators.ts';
import type { TypeSet, Value } from './value.ts';
import { double, noType, typeSet } from './value.ts';

/**
 * What stands in a parameter list. `list`: any number of doubles and doubleVecs, flattened to one. `when`: a
 * timestamp, or a timeinterval that looks back from now.
 */
export type Parameter = 'double' | 'doubleVec' | 'string' | 'when' | 'list';

/** One way to call a function or a method (semantics §6.4, §6.6). */
export interface Form<Context> {
  readonly parameters: readonly Parameter[];
  readonly result: TypeSet;
  apply(args: readonly Value[], context: Context): Outcome;
}

const accepted: Readonly<Record<Parameter, TypeSet>> = {
  double: typeSet('double'),
  doubleVec: typeSet('doubleVec'),
  string: typeSet('string'),
  when: typeSet('timestamp', 'timeinterval'),
  list: typeSet('double', 'doubleVec'),
};
/** Where a double is wanted, a doubleVec of one element serves (semantics §6.3), if no other form fits. */
const wide: Readonly<Record<Parameter, TypeSet>> = {
  ...accepted,
  double: typeSet('double', 'doubleVec'),
};

function takes(
  { parameters }: Form<never>,
  args: readonly TypeSet[],
  types: Readonly<Record<Parameter, TypeSet>>,
): boolean {
  const isList = parameters[0] === 'list';
  if (!isList && parameters.length !== args.length) return false;
  // An argument without type ends the evaluation and so fits everywhere.
  return args.every((set, index) => {
    const parameter = isList ? 'list' : parameters[index]!;
    return set === noType || (set & types[parameter]) !== 0;
  });
}

/** What a call may give; `undefined`: no form takes such arguments. */
export function formsType(
  forms: readonly Form<never>[],
  args: readonly TypeSet[],
): TypeSet | undefined {
  for (const types of [accepted, wide]) {
    const fitting = forms.filter((form) => takes(form, args, types));
    if (fitting.length > 0) return fitting.reduce((set, { result }) => set | result, noType);
  }
  return undefined;
}

/** The form for these values and the values as it takes them; `undefined`: there is none. */
export function chooseForm<Context>(
  forms: readonly Form<Context>[],
  args: readonly Value[],
): { form: Form<Context>; args: readonly Value[] } | undefined {
  const types = args.map(({ type }) => typeSet(type));
  const exact = forms.find((form) => takes(form, types, accepted));
  if (exact !== undefined) return { form: exact, args };
  const form = forms.find((one) => takes(one, types, wide));
  if (form === undefined) return undefined;
  const converted = args.map((value, index) =>
    form.parameters[index] === 'double' ? (asDouble(value) ?? value) : value,
  );
  return converted.some(
    (value, index) => form.parameters[index] === 'double' && value.type !== 'double',
  )
    ? undefined
    : { form, args: converted };
}

/** A double, or a doubleVec of one element as one. */
export function asDouble(value: Value): Value | undefined {
  if (value.type === 'double') return value;
  return value.type === 'doubleVec' && value.values.length === 1
    ? double(value.values[0]!)
    : undefined;
}

/** `GetSample(double)`, as sentences name a form. */
export function formText(name: string, { parameters }: Form<never>): string {
  const words = parameters.map((one) => (one === 'when' ? 'timestamp or timeinterval' : one));
  return `${name}(${words.join(', ')})`;
}
