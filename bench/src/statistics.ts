/** How long something took, in nanoseconds; `most` is the longest of all. */
export interface Latency {
  p50: number;
  p99: number;
  p999: number;
  most: number;
  samples: number;
}

/** `NaN` of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Nearest rank: the least value that no less than `share` of all do not exceed. */
export function latencyOf(nanoseconds: Float64Array): Latency {
  const sorted = nanoseconds.toSorted();
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: at(1), samples: sorted.length };
}
