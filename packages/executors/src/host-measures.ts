import type { NodeMeasures } from '@berth/core';

/** What a host has counted since it started, and uses now, as its control shell says it (runner-script.ts). */
export interface HostCounts {
  /** On the clock of this process. */
  atMs: number;
  /** Of all processors together, in the system's own ticks: busy, and altogether. */
  busyTicks: number;
  allTicks: number;
  memoryKiB: number;
  diskKiB: number;
  diskReadBytes: number;
  diskWriteBytes: number;
  diskReadOps: number;
  diskWriteOps: number;
  networkInBytes: number;
  networkOutBytes: number;
}

/** In the order of the answer. */
const names = [
  'busyTicks',
  'allTicks',
  'memoryKiB',
  'diskKiB',
  'diskReadBytes',
  'diskWriteBytes',
  'diskReadOps',
  'diskWriteOps',
  'networkInBytes',
  'networkOutBytes',
] as const;

/** `undefined`: the host does not say. */
export function countsOf(values: readonly number[], atMs: number): HostCounts | undefined {
  if (values.length !== names.length) return undefined;
  const counts: HostCounts = {
    ...{ atMs, busyTicks: 0, allTicks: 0, memoryKiB: 0, diskKiB: 0 },
    ...{ diskReadBytes: 0, diskWriteBytes: 0, diskReadOps: 0, diskWriteOps: 0 },
    ...{ networkInBytes: 0, networkOutBytes: 0 },
  };
  for (const [place, name] of names.entries()) counts[name] = values[place] ?? 0;
  return counts;
}

const counters = [
  'diskReadBytes',
  'diskWriteBytes',
  'diskReadOps',
  'diskWriteOps',
  'networkInBytes',
  'networkOutBytes',
] as const;

/**
 * A sample (semantics §6.5). `before`: what was counted at the sample before; without it nothing is known of what has
 * happened since. A count that has become smaller began anew: then nothing is known either. `withCounters`: not for hosts
 * whose disks and network another one tells of.
 */
export function measuresOf(
  counts: HostCounts,
  before: HostCounts | undefined,
  withCounters: boolean,
): NodeMeasures {
  const measures: NodeMeasures = {
    memoryMiB: Math.round(counts.memoryKiB / 1024),
    diskMiB: Math.round(counts.diskKiB / 1024),
  };
  if (before === undefined) return measures;
  measures.wallClockSeconds = Math.round((counts.atMs - before.atMs) / 1000);
  const all = counts.allTicks - before.allTicks;
  const busy = counts.busyTicks - before.busyTicks;
  if (all > 0 && busy >= 0) measures.cpuPermille = Math.min(1000, Math.round((busy * 1000) / all));
  if (!withCounters) return measures;
  for (const name of counters) {
    const since = counts[name] - before[name];
    if (since >= 0) measures[name] = since;
  }
  return measures;
}
