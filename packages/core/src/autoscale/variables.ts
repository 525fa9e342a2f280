import type { NodeDeallocationOption } from '../specification.ts';

const nodeDeallocationOptions: readonly NodeDeallocationOption[] = [
  'requeue',
  'terminate',
  'taskcompletion',
  'retaineddata',
];

/** The variables that a formula may assign, and their names of 2016 (semantics §6.5). */
export type TargetVariable =
  | '$TargetDedicatedNodes'
  | '$TargetLowPriorityNodes'
  | '$NodeDeallocationOption';

/** In the order of `results` (semantics §6.7). */
export const targetVariables: readonly TargetVariable[] = [
  '$TargetDedicatedNodes',
  '$TargetLowPriorityNodes',
  '$NodeDeallocationOption',
];

/**
 * The variables that are sampled (semantics §6.5), in the order of a sample. It is in snapshots: append, never
 * reorder.
 */
export const sampledVariables = [
  // Of resources, as executors report them (ruling 10).
  '$CPUPercent',
  '$WallClockSeconds',
  '$MemoryBytes',
  '$DiskBytes',
  '$DiskReadBytes',
  '$DiskWriteBytes',
  '$DiskReadOps',
  '$DiskWriteOps',
  '$NetworkInBytes',
  '$NetworkOutBytes',
  '$SampleNodeCount',
  // Of tasks.
  '$ActiveTasks',
  '$RunningTasks',
  '$PendingTasks',
  '$SucceededTasks',
  '$FailedTasks',
  '$CompletedTasks',
  // Of the pool and its nodes.
  '$TaskSlotsPerNode',
  '$CurrentDedicatedNodes',
  '$CurrentLowPriorityNodes',
  '$PreemptedNodeCount',
  '$UsableNodeCount',
] as const;

export type SampledVariable = (typeof sampledVariables)[number];

const aliases: Readonly<Record<string, TargetVariable | SampledVariable>> = {
  $TargetDedicated: '$TargetDedicatedNodes',
  $TargetLowPriority: '$TargetLowPriorityNodes',
  $CurrentDedicated: '$CurrentDedicatedNodes',
};

const second = 10_000_000n;

/** In units of 100 ns (semantics §6.2). */
const intervals: Readonly<Record<string, bigint>> = {
  TimeInterval_Zero: 0n,
  TimeInterval_100ns: 1n,
  TimeInterval_Microsecond: 10n,
  TimeInterval_Millisecond: 10_000n,
  TimeInterval_Second: second,
  TimeInterval_Minute: 60n * second,
  TimeInterval_Hour: 3_600n * second,
  TimeInterval_Day: 86_400n * second,
  TimeInterval_Week: 7n * 86_400n * second,
  TimeInterval_Year: 365n * 86_400n * second,
};

/** What a name means that is not the user's. */
export type KnownName =
  | { kind: 'target'; variable: TargetVariable; isAlias: boolean }
  | { kind: 'sampled'; variable: SampledVariable; index: number }
  | { kind: 'interval'; ticks: bigint }
  | { kind: 'option'; option: NodeDeallocationOption };

const services = new Map<string, KnownName>();
const constants = new Map<string, KnownName>();
const spelling: string[] = [];

function service(name: string, variable: TargetVariable | SampledVariable): void {
  const target = targetVariables.find((one) => one === variable);
  const sampled = sampledVariables.find((one) => one === variable);
  if (target !== undefined) {
    const isAlias = name !== variable;
    services.set(name.toLowerCase(), { kind: 'target', variable: target, isAlias });
  } else if (sampled !== undefined) {
    const index = sampledVariables.indexOf(sampled);
    services.set(name.toLowerCase(), { kind: 'sampled', variable: sampled, index });
  }
  spelling.push(name);
}

for (const name of targetVariables) service(name, name);
for (const name of sampledVariables) service(name, name);
for (const [alias, name] of Object.entries(aliases)) service(alias, name);
for (const [name, ticks] of Object.entries(intervals)) {
  constants.set(name.toLowerCase(), { kind: 'interval', ticks });
  spelling.push(name);
}
for (const option of nodeDeallocationOptions) {
  constants.set(option, { kind: 'option', option });
  spelling.push(option);
}

/** Every name that is not the user's, as it is written. */
export const knownNames: readonly string[] = spelling;

/** What the name of a variable means, had it a `$` before it. */
export function serviceVariable(name: string): KnownName | undefined {
  return services.get(`$${name.toLowerCase()}`);
}

/** What a name means as it is written, `undefined`: it is the user's. */
export function knownName(name: string): KnownName | undefined {
  const key = name.toLowerCase();
  return services.get(key) ?? constants.get(key);
}

/** `x` and `$x` in any case are the same variable of the user (semantics §6.1). */
export function userKey(name: string): string {
  return name.replace('$', '').toLowerCase();
}
