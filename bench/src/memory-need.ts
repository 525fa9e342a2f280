import type { Load } from './dispatch-load.ts';
import { standardLoad } from './dispatch-load.ts';
import { gigabytes } from './units.ts';

const megabyte = 2 ** 20;
/** Node, the loader and the compiled code. */
const baseBytes = 160 * megabyte;

/** Bytes for each thing of a load, rounded up from what was measured. */
const perTask = { factory: 30, 'one by one': 210, 'one by one, alike': 110 } as const;
const perJob = 9_000;
const perNode = 1_000;
const perSlot = 80;

/** What a process takes that runs the load once: rows are held by the engine or by the floor, never by both. */
export function bytesNeeded(load: Load): number {
  const jobs = load.jobs + load.blockedJobs;
  const slots = load.nodes * load.slotsPerNode;
  return (
    baseBytes +
    load.tasks * perTask[load.submission] +
    jobs * perJob +
    load.nodes * perNode +
    slots * perSlot
  );
}

/** What a process takes that runs the standard load of so many tasks. */
export function bytesOfStandard(tasks: number): number {
  return bytesNeeded({ ...standardLoad, tasks });
}

/** What is free for this process, whoever limits it. */
export function bytesAvailable(): number {
  return process.availableMemory();
}

/** Why there is too little memory and what to do; `undefined`: there is enough. */
export function tooLittleMemory(
  needed: number,
  available: number = bytesAvailable(),
): string | undefined {
  if (needed <= available) return undefined;
  return (
    `needs about ${gigabytes(needed)}, this machine has ${gigabytes(available)} free: ` +
    'free some memory, or ask for fewer --tasks'
  );
}
