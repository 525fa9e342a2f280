import { arch, cpus, release, totalmem, type } from 'node:os';

/** What a figure was measured on. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGB: number;
  system: string;
  node: string;
  v8: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model.trim() ?? 'unknown processor',
    cores: all.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().replace(/-.*/, '')} ${arch()}`,
    node: process.version,
    v8: process.versions.v8,
  };
}

export function machineLine(machine: Machine): string {
  const { processor, cores, memoryGB, system, node, v8 } = machine;
  return `${processor}, ${cores} cores, ${memoryGB} GB; ${system}; Node ${node}, V8 ${v8}`;
}

/** The most this process has ever had resident. */
export function peakMegabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
