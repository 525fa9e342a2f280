import { notSampled } from './autoscale/samples.ts';
import type { SampledVariable } from './autoscale/variables.ts';
import type { Node } from './node.ts';
import type { Pool } from './pool.ts';
import type { World } from './world.ts';

/*
 * What executors measure of their nodes, and what formulas see of it (semantics §6.5, ruling 10).
 */

/** In the order of reports and snapshots: append only. */
export const nodeMeasureNames = [
  'cpuPermille',
  'memoryMiB',
  'diskMiB',
  'wallClockSeconds',
  'diskReadBytes',
  'diskWriteBytes',
  'diskReadOps',
  'diskWriteOps',
  'networkInBytes',
  'networkOutBytes',
] as const;
type NodeMeasureName = (typeof nodeMeasureNames)[number];

/**
 * Integers of 0 or more; others, and those that are not there, have not been measured. The first three are how much is
 * used now, of all processors (0 to 1000), of memory and of local disks; all others how much since the sample before.
 */
export type NodeMeasures = { [Name in NodeMeasureName]?: number };

/** From this place on a measure counts what has happened since the pool's sample before. */
const firstCounter = 3;
/** A node that has not been measured for longer counts no more: two sampling periods. */
const freshForMs = 60_000;

/** Of a node whose pool follows a formula. */
export interface NodeMeasured {
  at: number;
  /** By place in {@link nodeMeasureNames}; {@link notSampled}: not measured. */
  values: number[];
}

/** As text, since reports have a text: integers with a space between, nothing where nothing was measured. */
export function measuresText(measures: NodeMeasures): string {
  return nodeMeasureNames
    .map((name) => {
      const value = measures[name];
      return Number.isSafeInteger(value) && value! >= 0 ? String(value) : '';
    })
    .join(' ');
}

/** False: the node is not there, or nothing can be read of the text. */
export function noteMeasures(world: World, node: Node, text: string | undefined): boolean {
  if (text === undefined || !isThere(node)) return false;
  // Nobody would look at it.
  if (world.pools[node.pool]?.autoscale === undefined) return true;
  const given = text.split(' ');
  const before = node.measured?.values;
  const values = nodeMeasureNames.map((_, place) => {
    const digits = given[place];
    const value = digits !== undefined && /^\d{1,16}$/.test(digits) ? Number(digits) : notSampled;
    const former = before?.[place] ?? notSampled;
    if (value === notSampled) return former;
    return place < firstCounter || former === notSampled ? value : former + value;
  });
  node.measured = { at: world.now, values };
  return true;
}

function isThere({ state }: Node): boolean {
  return (
    state === 'idle' ||
    state === 'running' ||
    state === 'offline' ||
    state === 'waitingforstarttask' ||
    state === 'starttaskfailed'
  );
}

type Resources = Record<
  Extract<
    SampledVariable,
    | '$CPUPercent'
    | '$WallClockSeconds'
    | '$MemoryBytes'
    | '$DiskBytes'
    | '$DiskReadBytes'
    | '$DiskWriteBytes'
    | '$DiskReadOps'
    | '$DiskWriteOps'
    | '$NetworkInBytes'
    | '$NetworkOutBytes'
    | '$SampleNodeCount'
  >,
  number
>;

/** A pool that nobody has measured is not an idle one: then there is no sample. */
export function resourcesOf(world: World, pool: Pool): Resources {
  const fresh = [...pool.nodes].flatMap(({ measured }) =>
    measured !== undefined && world.now - measured.at <= freshForMs ? [measured.values] : [],
  );
  const of = (name: NodeMeasureName): number[] => {
    const place = nodeMeasureNames.indexOf(name);
    return fresh.map((values) => values[place] ?? notSampled).filter((one) => one !== notSampled);
  };
  const average = (name: NodeMeasureName, unit: number): number => {
    const values = of(name);
    return values.length === 0 ? notSampled : total(values) / values.length / unit;
  };
  const sum = (name: NodeMeasureName): number => {
    const values = of(name);
    return values.length === 0 ? notSampled : total(values);
  };
  return {
    $CPUPercent: average('cpuPermille', 1000),
    $WallClockSeconds: sum('wallClockSeconds'),
    $MemoryBytes: average('memoryMiB', 1),
    $DiskBytes: average('diskMiB', 1024),
    $DiskReadBytes: sum('diskReadBytes'),
    $DiskWriteBytes: sum('diskWriteBytes'),
    $DiskReadOps: sum('diskReadOps'),
    $DiskWriteOps: sum('diskWriteOps'),
    $NetworkInBytes: sum('networkInBytes'),
    $NetworkOutBytes: sum('networkOutBytes'),
    $SampleNodeCount: fresh.length,
  };
}

/** A sample of the pool was taken: what counts begins anew, what is old is forgotten. */
export function beginMeasures(world: World, pool: Pool): void {
  for (const node of pool.nodes) {
    const { measured } = node;
    if (measured === undefined) continue;
    if (world.now - measured.at > freshForMs) node.measured = undefined;
    else {
      const values = measured.values.map((value, place) =>
        place < firstCounter || value === notSampled ? value : 0,
      );
      node.measured = { at: measured.at, values };
    }
  }
}

/** The pool follows a formula no more. */
export function forgetMeasures(pool: Pool): void {
  for (const node of pool.nodes) node.measured = undefined;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
