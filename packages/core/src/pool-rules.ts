import { refusePool } from './account-quotas.ts';
import { refuseReferences } from './application-references.ts';
import { Formula } from './autoscale/formula.ts';
import { refuseCertificates } from './certificate-rules.ts';
import type { BatchErrorBody } from './errors.ts';
import { touch } from './etag.ts';
import { leave } from './node-request.ts';
import { requeueRuns } from './node-runs.ts';
import { firstOSVersion, refusalOfOSVersion } from './os-version.ts';
import { Pool } from './pool.ts';
import { beginAutoscale, endAutoscale, formulaOf } from './pool-autoscale.ts';
import { assignPool } from './pool-jobs.ts';
import { changeSize, findPool, giveUp } from './pool-size.ts';
import { joinRings } from './ready-queue.ts';
import { refuse } from './refusal.ts';
import { requeued } from './run-end.ts';
import type { PoolPatch, PoolProperties, PoolSpecification } from './specification.ts';
import { idKey } from './task-text.ts';
import { refuseUser } from './user-identity.ts';
import type { World } from './world.ts';

/** semantics §1.2, §2.1 */
export function addPool(
  world: World,
  specification: PoolSpecification,
): BatchErrorBody | undefined {
  const { id, targetDedicatedNodes, targetLowPriorityNodes = 0, resizeTimeoutMs } = specification;
  if (world.pool(id) !== undefined) return refuse('PoolExists', `The pool "${id}" exists already.`);
  const formula = formulaOf(specification);
  if (formula !== undefined && !(formula instanceof Formula)) return formula;
  const unknown =
    refusalOfOSVersion(world, specification) ??
    refuseCertificates(world, specification.certificateReferences) ??
    refuseReferences(world.applications, specification.applicationPackageReferences) ??
    refuseUser(specification, specification.startTask?.userIdentity, 'startTask.');
  if (unknown !== undefined) return unknown;
  const account = world.accounts.current;
  const refusal = refusePool(account);
  if (refusal !== undefined) return refusal;
  const pool = new Pool(
    world.pools.length,
    account.number,
    specification,
    world.now,
    world.nodeTable,
    world.policies,
  );
  pool.currentOSVersion = firstOSVersion(world, specification);
  world.pools.push(pool);
  account.poolById.set(idKey(id), pool);
  world.events?.diagnostics?.poolCreated(pool);
  for (const job of world.jobs) {
    if (job?.account !== account.number || job.state === 'gone') continue;
    if (idKey(job.poolId) !== idKey(id)) continue;
    assignPool(job, undefined, pool);
    joinRings(world, job);
  }
  if (formula !== undefined) beginAutoscale(world, pool, formula);
  else if (targetDedicatedNodes + targetLowPriorityNodes > 0) {
    const targets = { targetDedicatedNodes, targetLowPriorityNodes };
    changeSize(world, pool, targets, 'requeue', resizeTimeoutMs);
  }
  return undefined;
}

/** What is given takes the place of what was; nodes heed a start task and packages from their next boot on (semantics §1.2). */
export function patchPool(world: World, id: string, patch: PoolPatch): BatchErrorBody | undefined {
  const pool = findPool(world, id);
  if (!(pool instanceof Pool)) return pool;
  const unknown = refuseInstall(world, pool, patch);
  if (unknown !== undefined) return unknown;
  pool.specification = { ...pool.specification, ...patch };
  touch(pool, world.now);
  return undefined;
}

/** The same, but what is not given is taken away. */
export function updatePoolProperties(
  world: World,
  id: string,
  properties: PoolProperties,
): BatchErrorBody | undefined {
  const pool = findPool(world, id);
  if (!(pool instanceof Pool)) return pool;
  const unknown = refuseInstall(world, pool, properties);
  if (unknown !== undefined) return unknown;
  const {
    startTask: _startTask,
    applicationPackageReferences: _packages,
    certificateReferences: _certificates,
    ...rest
  } = pool.specification;
  pool.specification = { ...rest, ...properties };
  touch(pool, world.now);
  return undefined;
}

function refuseInstall(
  world: World,
  { specification }: Pool,
  { certificateReferences, applicationPackageReferences, startTask }: PoolPatch,
): BatchErrorBody | undefined {
  return (
    refuseCertificates(world, certificateReferences, specification.certificateReferences) ??
    refuseReferences(world.applications, applicationPackageReferences) ??
    refuseUser(specification, startTask?.userIdentity, 'startTask.')
  );
}

/** Its tasks go back to active, since they may run after their job is pointed at another pool (semantics §2.1). */
export function deletePool(world: World, id: string): BatchErrorBody | undefined {
  const pool = findPool(world, id);
  if (!(pool instanceof Pool)) return pool;
  pool.dropRings();
  endAutoscale(world, pool);
  giveUp(world, pool);
  pool.resizeErrors = [];
  pool.specification = {
    ...pool.specification,
    targetDedicatedNodes: 0,
    targetLowPriorityNodes: 0,
  };
  world.movePool(pool, 'delete');
  pool.nextOSVersion = undefined;
  if (pool.nodes.size > 0) {
    world.moveAllocation(pool, 'resize');
    world.events?.diagnostics?.resizeStarted(pool, 'requeue');
  }
  for (const node of pool.nodes) node.pending = undefined;
  requeueRuns(world, [...pool.nodes], requeued);
  for (const node of pool.nodes) if (node.state !== 'leavingpool') leave(world, node);
  considerPoolEnd(world, pool);
  return undefined;
}

/** To be called when a node is gone. */
export function considerPoolEnd(world: World, pool: Pool): void {
  if (pool.state !== 'deleting' || pool.nodes.size > 0) return;
  world.movePool(pool, 'lastNodeGone');
  world.pools[pool.number] = undefined;
  world.accounts.of(pool).poolById.delete(idKey(pool.specification.id));
  for (const number of pool.jobs) assignPool(world.jobs[number]!, pool, undefined);
}
