import type { EffectBatch } from './effect.ts';
import { EffectKind } from './effect.ts';
import { words } from './input-text.ts';

/** Each effect as a line that one can read: "start j/a on p/node-1". Valid until the next `apply`. */
export function effectText(effects: EffectBatch): string[] {
  return Array.from({ length: effects.length }, (_, index) => textOf(effects, index));
}

function textOf(effects: EffectBatch, index: number): string {
  const kind = effects.kind(index);
  if (kind === EffectKind.removeTaskFiles || kind === EffectKind.removeJobFiles) {
    const { poolId, jobId, taskId } = effects.removal(index);
    return `remove files of ${taskId === undefined ? jobId : `${jobId}/${taskId}`} in ${poolId}`;
  }
  const { poolId, nodeId } = effects.catalog.node(effects.node(index));
  const node = `${poolId}/${nodeId}`;
  if (kind === EffectKind.startRun || kind === EffectKind.killRun) {
    const run = effects.catalog.run(effects.run(index), effects.sequence(index));
    const task = run === undefined ? `run ${effects.run(index)}` : `${run.jobId}/${run.taskId}`;
    if (kind === EffectKind.startRun) return `start ${task} on ${node}`;
    return `kill ${task} on ${node}${effects.killReason(index) === 'wallClock' ? ' (wall clock)' : ''}`;
  }
  const name = Object.entries(EffectKind).find(([, number]) => number === kind)?.[0] ?? 'effect';
  return `${words(name)} ${node}`;
}
