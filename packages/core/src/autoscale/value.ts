import { formatTime, startOfDay } from '../calendar.ts';
import type { NodeDeallocationOption } from '../specification.ts';

/**
 * A value of a formula (semantics §6.2). Booleans are doubles. Times and intervals count 100 ns, a timestamp from
 * the epoch on.
 */
export type Value =
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'doubleVec'; readonly values: readonly number[] }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'timestamp'; readonly ticks: bigint }
  | { readonly type: 'timeinterval'; readonly ticks: bigint }
  | { readonly type: 'nodeDeallocationOption'; readonly value: NodeDeallocationOption };

export type TypeName = Value['type'];

export const typeNames: readonly TypeName[] = [
  'double',
  'doubleVec',
  'string',
  'timestamp',
  'timeinterval',
  'nodeDeallocationOption',
];

/** Types that an expression may have, one bit each; none: it has no value, since evaluation ends with it. */
export type TypeSet = number;

export const noType: TypeSet = 0;

export function typeSet(...types: readonly TypeName[]): TypeSet {
  let set = noType;
  for (const type of types) set |= 1 << typeNames.indexOf(type);
  return set;
}

export function typesIn(set: TypeSet): TypeName[] {
  return typeNames.filter((_, bit) => (set & (1 << bit)) !== 0);
}

/** For sentences: `double`, `double or timestamp`. */
export function typeSetText(set: TypeSet): string {
  const names = typesIn(set);
  return names.length === 0 ? 'nothing' : names.join(' or ');
}

export function double(value: number): Value {
  return { type: 'double', value };
}

export function truth(value: boolean): Value {
  return { type: 'double', value: value ? 1 : 0 };
}

export function doubleVec(values: readonly number[]): Value {
  return { type: 'doubleVec', values };
}

export const ticksPerMs = 10_000n;

const longest = (1n << 63n) - 1n;
const firstTick = BigInt(startOfDay(1, 1, 1)) * ticksPerMs;
const lastTick = BigInt(startOfDay(10_000, 1, 1)) * ticksPerMs - 1n;

/** `undefined`: longer than 64 bits of 100 ns, some 29,000 years. */
export function timeinterval(ticks: bigint): Value | undefined {
  return ticks > longest || ticks < -longest ? undefined : { type: 'timeinterval', ticks };
}

/** `undefined`: outside the years 1 to 9999. */
export function timestamp(ticks: bigint): Value | undefined {
  return ticks < firstTick || ticks > lastTick ? undefined : { type: 'timestamp', ticks };
}

export function timestampOf(milliseconds: number): Value | undefined {
  return timestamp(BigInt(Math.floor(milliseconds)) * ticksPerMs);
}

/** Whole milliseconds since the epoch, rounded down. */
export function millisecondsOf(ticks: bigint): number {
  const rest = ((ticks % ticksPerMs) + ticksPerMs) % ticksPerMs;
  return Number((ticks - rest) / ticksPerMs);
}

/** As many elements of a vector are shown. */
export const mostShownElements = 100;

/**
 * As `results` shows it (semantics §6.7): doubles plain, times as `2016-10-13T19:18:47.805Z`, vectors as `[1,2]`, cut
 * after {@link mostShownElements}; intervals as ISO 8601 durations, strings in quotes.
 */
export function valueText(value: Value): string {
  switch (value.type) {
    case 'double':
      return doubleText(value.value);
    case 'doubleVec': {
      const { values } = value;
      const shown = values.slice(0, mostShownElements).map(doubleText);
      return `[${shown.join()}${shown.length < values.length ? ',…' : ''}]`;
    }
    case 'string':
      return `"${value.value}"`;
    case 'timestamp':
      return formatTime(millisecondsOf(value.ticks));
    case 'timeinterval':
      return intervalText(value.ticks);
    case 'nodeDeallocationOption':
      return value.value;
  }
}

/** Without a sign on zero. */
export function doubleText(value: number): string {
  return String(value === 0 ? 0 : value);
}

const ticksPerSecond = 10_000_000n;
const ticksPerMinute = 60n * ticksPerSecond;
const ticksPerHour = 60n * ticksPerMinute;
const ticksPerDay = 24n * ticksPerHour;

function intervalText(ticks: bigint): string {
  const sign = ticks < 0n ? '-' : '';
  const length = ticks < 0n ? -ticks : ticks;
  const days = length / ticksPerDay;
  const hours = (length % ticksPerDay) / ticksPerHour;
  const minutes = (length % ticksPerHour) / ticksPerMinute;
  const seconds = (length % ticksPerMinute) / ticksPerSecond;
  const fraction = String(length % ticksPerSecond)
    .padStart(7, '0')
    .replace(/0+$/, '');
  const second = fraction === '' ? String(seconds) : `${seconds}.${fraction}`;
  const date = days > 0n ? `${days}D` : '';
  const time =
    (hours > 0n ? `${hours}H` : '') +
    (minutes > 0n ? `${minutes}M` : '') +
    (second !== '0' ? `${second}S` : '');
  if (date === '' && time === '') return 'PT0S';
  return `${sign}P${date}${time === '' ? '' : `T${time}`}`;
}
