import type { Form, Parameter } from './forms.ts';
import type { Outcome } from './operators.ts';
import type { SampleHistory } from './samples.ts';
import { samplePeriodMs } from './samples.ts';
import type { TypeName, Value } from './value.ts';
import { double, doubleText, ticksPerMs, timeinterval, timestampOf, typeSet } from './value.ts';

/** The samples that a method is asked about. */
export interface SampleContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly samples: SampleHistory;
  /** Of the variable, in a sample. */
  readonly index: number;
  /** As the service spells it, with `$`. */
  readonly name: string;
  /** Ends the evaluation with `InsufficientSampleData`. */
  insufficient(reason: string): never;
}

/** A method of sampled variables (semantics §6.6). */
export interface SampleMethod {
  readonly name: string;
  readonly forms: readonly Form<SampleContext>[];
}

function form(
  parameters: readonly Parameter[],
  result: TypeName,
  apply: Form<SampleContext>['apply'],
): Form<SampleContext> {
  return { parameters, result: typeSet(result), apply };
}

const all: readonly SampleMethod[] = [
  {
    name: 'GetSample',
    forms: [
      form(['double'], 'doubleVec', ([count], context) => {
        const { samples, index, now } = context;
        return some(samples.newest(index, amount(count), now), context);
      }),
      form(['when'], 'doubleVec', ([start], context) => samplesIn(start, undefined, 0, context)),
      form(['when', 'double'], 'doubleVec', ([start, percent], context) =>
        samplesIn(start, undefined, amount(percent), context),
      ),
      form(['when', 'when'], 'doubleVec', ([start, end], context) =>
        samplesIn(start, end, 0, context),
      ),
      form(['when', 'when', 'double'], 'doubleVec', ([start, end, percent], context) =>
        samplesIn(start, end, amount(percent), context),
      ),
    ],
  },
  {
    name: 'GetSamplePercent',
    forms: [
      form(['when'], 'double', ([start], context) =>
        double(windowOf(start, undefined, context).percent),
      ),
      form(['when', 'when'], 'double', ([start, end], context) =>
        double(windowOf(start, end, context).percent),
      ),
    ],
  },
  {
    name: 'GetSamplePeriod',
    forms: [
      form([], 'timeinterval', () => timeinterval(BigInt(samplePeriodMs) * ticksPerMs) ?? tooFar),
    ],
  },
  {
    name: 'Count',
    forms: [form([], 'double', (_, { samples, index, now }) => double(samples.count(index, now)))],
  },
  {
    name: 'HistoryBeginTime',
    forms: [
      form([], 'timestamp', (_, { samples, index, now, name, insufficient }) => {
        const time = samples.beginTime(index, now);
        return time === undefined
          ? insufficient(`${insufficientData} ${name} has no sample yet`)
          : (timestampOf(time) ?? tooFar);
      }),
    ],
  },
];

/** By lower-case name. */
export const sampleMethods: ReadonlyMap<string, SampleMethod> = new Map(
  all.map((one) => [one.name.toLowerCase(), one]),
);

const insufficientData = 'Insufficient data from data set:';
const tooFar = 'the time is outside the years 1 to 9999';

/** The latest sample, which the variable by itself means (semantics §6.5). */
export function latestSample(context: SampleContext): Value {
  const [value] = some(context.samples.newest(context.index, 1, context.now), context).values;
  return double(value!);
}

function some(
  values: readonly number[],
  { name, insufficient }: SampleContext,
): Extract<Value, { type: 'doubleVec' }> {
  if (values.length === 0) insufficient(`${insufficientData} ${name} wanted 1 sample, received 0`);
  return { type: 'doubleVec', values };
}

function samplesIn(
  start: Value | undefined,
  end: Value | undefined,
  wanted: number,
  context: SampleContext,
): Outcome {
  const { values, percent } = windowOf(start, end, context);
  // What is no number is never reached.
  if (!(percent >= wanted)) {
    context.insufficient(
      `${insufficientData} ${context.name} wanted ${percentText(wanted)}, received ${percentText(percent)}`,
    );
  }
  return some(values, context);
}

/** Whichever end is given first (semantics §6.6). */
function windowOf(
  one: Value | undefined,
  other: Value | undefined,
  { samples, index, now }: SampleContext,
): { values: readonly number[]; percent: number } {
  const a = momentOf(one, now);
  const b = other === undefined ? now : momentOf(other, now);
  const [start, end] = a <= b ? [a, b] : [b, a];
  const values = samples.window(index, start, end, now);
  const expected = (end - start) / samplePeriodMs;
  const percent = values.length === 0 ? 0 : Math.min(100, (values.length * 100) / expected);
  return { values, percent };
}

/** Milliseconds since the epoch; an interval looks back from now. */
function momentOf(value: Value | undefined, now: number): number {
  if (value?.type === 'timestamp') return Number(value.ticks) / 10_000;
  return value?.type === 'timeinterval' ? now - Number(value.ticks) / 10_000 : now;
}

function amount(value: Value | undefined): number {
  return value?.type === 'double' ? value.value : NaN;
}

function percentText(percent: number): string {
  return `${doubleText(Math.round(percent * 10) / 10)}%`;
}
