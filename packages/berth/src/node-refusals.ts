import type { EffectBatch, Report } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor } from '@berth/executors';
import { allocationErrorOf } from '@berth/executors';
import { EffectSelection } from './effect-routing.ts';

/**
 * Answers the requests for nodes that their executor cannot have (ruling 21), of which it never hears.
 * `rest`: all other effects.
 */
export function refuseNodes(
  batch: EffectBatch,
  executorOf: (name: string) => Executor | undefined,
): { rest: EffectBatch; reports: Report[] } {
  const reports: Report[] = [];
  const refused = new Set<number>();
  for (let index = 0; index < batch.length; index++) {
    if (batch.kind(index) !== EffectKind.getNode) continue;
    const node = batch.node(index);
    const details = batch.catalog.node(node);
    const executor = executorOf(details.pool.executor);
    const refusal = executor && allocationErrorOf(executor, details);
    if (refusal === undefined) continue;
    const sequence = batch.sequence(index);
    reports.push({ kind: ReportKind.allocationFailed, node, sequence, ...refusal });
    refused.add(index);
  }
  if (refused.size === 0) return { rest: batch, reports };
  const kept = [...Array(batch.length).keys()].filter((index) => !refused.has(index));
  return { rest: new EffectSelection(batch, kept), reports };
}
