import type {
  EffectBatch,
  EffectCatalog,
  EffectKind,
  KillReason,
  NodeDetails,
  RunDetails,
  StartTaskDetails,
} from '@berth/core';

/** One effect, as a test writes it. */
export interface Effect {
  kind: EffectKind;
  node?: number;
  run?: number;
  sequence?: number;
  killReason?: KillReason;
  removal?: { accountName: string; poolId: string; jobId: string; taskId?: string };
}

/** Node `node-<node>` of pool `pool`. */
export function nodeDetails(node: number, poolId = 'pool'): NodeDetails {
  return {
    accountName: 'account',
    poolId,
    isLost: false,
    nodeId: `node-${node}`,
    isDedicated: true,
    sequence: 1,
    pool: {
      id: poolId,
      vmSize: 'local',
      targetDedicatedNodes: 1,
      taskSlotsPerNode: 4,
      taskSchedulingPolicy: { nodeFillType: 'spread' },
      metadata: [],
      executor: 'local',
      durability: 'written',
    },
    certificates: [],
    applicationPackages: [],
  };
}

/** A run of task `task` of job `job` on `node-1`, unless `more` says otherwise. */
export function runDetails(commandLine: string, more: Partial<RunDetails> = {}): RunDetails {
  return {
    poolId: 'pool',
    nodeId: 'node-1',
    jobId: 'job',
    taskId: 'task',
    commandLine,
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    accountName: 'account',
    ...more,
  };
}

export function startTaskDetails(
  commandLine: string,
  more: Partial<StartTaskDetails> = {},
): StartTaskDetails {
  return {
    poolId: 'pool',
    nodeId: 'node-1',
    commandLine,
    resourceFiles: [],
    environmentSettings: [],
    accountName: 'account',
    ...more,
  };
}

/** A batch made of plain objects. */
export function effectBatch(effects: readonly Effect[], catalog: EffectCatalog): EffectBatch {
  const at = (i: number): Effect => {
    const effect = effects[i];
    if (effect === undefined) throw new RangeError(`no effect ${i}`);
    return effect;
  };
  return {
    length: effects.length,
    kind: (i) => at(i).kind,
    node: (i) => at(i).node ?? -1,
    run: (i) => at(i).run ?? -1,
    sequence: (i) => at(i).sequence ?? 0,
    mustSync: () => false,
    killReason: (i) => at(i).killReason ?? 'ended',
    removal: (i) => at(i).removal ?? { accountName: '', poolId: '', jobId: '' },
    catalog,
  };
}
