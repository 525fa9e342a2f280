import type { BatchErrorBody } from './errors.ts';
import type { Node } from './node.ts';
import { restart } from './node-boot.ts';
import { renewInstall } from './node-install.ts';
import { requeueRuns } from './node-runs.ts';
import { Pool } from './pool.ts';
import { findPool, findSteadyPool } from './pool-size.ts';
import { refuse } from './refusal.ts';
import { displaced } from './run-end.ts';
import type { CloudServiceConfiguration, PoolSpecification } from './specification.ts';
import type { World } from './world.ts';

/*
 * Which version of its operating system a pool runs, and how it comes to another (ruling 12, semantics §2.1).
 */

/** The versions of an OS family that an executor has, the newest last. */
export interface OSVersions {
  executor: string;
  osFamily: string;
  versions: string[];
}

/** (extension) What an executor has from now on; pools that follow the newest version come to it. */
export function setOSVersions(world: World, given: OSVersions): void {
  const before = world.osVersions.find(
    ({ executor, osFamily }) => executor === given.executor && osFamily === given.osFamily,
  );
  if (before === undefined) world.osVersions.push({ ...given });
  else before.versions = given.versions;
  for (const pool of world.pools) if (pool !== undefined) considerOSVersion(world, pool);
}

/** Why a pool cannot be made with the version that it names. */
export function refusalOfOSVersion(
  world: World,
  specification: PoolSpecification,
): BatchErrorBody | undefined {
  const { cloudServiceConfiguration: wanted, executor } = specification;
  if (wanted === undefined) return undefined;
  const { osFamily, targetOSVersion } = wanted;
  const versions = versionsFor(world, specification.executor, wanted);
  if (versions.length === 0) {
    return refuse(
      'InvalidPropertyValue',
      `cloudServiceConfiguration.osFamily: the executor "${executor}" has no OS family "${osFamily}".`,
      { PropertyName: 'cloudServiceConfiguration.osFamily', PropertyValue: osFamily },
    );
  }
  if (resolve(versions, targetOSVersion) !== undefined) return undefined;
  return notFound(targetOSVersion, osFamily, versions);
}

/** What the nodes of a new pool run. */
export function firstOSVersion(
  world: World,
  { cloudServiceConfiguration: wanted, executor }: PoolSpecification,
): string | undefined {
  if (wanted === undefined) return undefined;
  return resolve(versionsFor(world, executor, wanted), wanted.targetOSVersion);
}

/** semantics §2.1 */
export function upgradeOS(
  world: World,
  poolId: string,
  targetOSVersion: string,
): BatchErrorBody | undefined {
  const found = findPool(world, poolId);
  if (!(found instanceof Pool)) return found;
  const { cloudServiceConfiguration: before, executor } = found.specification;
  if (before === undefined) {
    return refuse(
      'PoolNotEligibleForOSVersionUpgrade',
      `The pool "${poolId}" has no cloudServiceConfiguration, so no OS version that could change.`,
    );
  }
  if (found.state === 'upgrading') {
    return refuse(
      'UpgradePoolVersionConflict',
      `The pool "${poolId}" is being upgraded already: wait until it is active.`,
    );
  }
  const pool = findSteadyPool(world, poolId);
  if (!(pool instanceof Pool)) return pool;
  const versions = versionsFor(world, executor, before);
  const version = resolve(versions, targetOSVersion);
  if (version === undefined) return notFound(targetOSVersion, before.osFamily, versions);
  if (targetOSVersion === before.targetOSVersion) {
    return refuse(
      'PoolVersionEqualsUpgradeVersion',
      `The targetOSVersion of pool "${poolId}" is "${targetOSVersion}" already.`,
    );
  }
  pool.specification = {
    ...pool.specification,
    cloudServiceConfiguration: { ...before, targetOSVersion },
  };
  beginUpgrade(world, pool, version);
  return undefined;
}

/** To be called when the pool is at rest: with `*` it comes to the newest version by itself. */
export function considerOSVersion(world: World, pool: Pool): void {
  const { cloudServiceConfiguration: wanted, executor } = pool.specification;
  if (wanted === undefined || wanted.targetOSVersion !== newest) return;
  if (pool.state !== 'active' || pool.allocationState !== 'steady') return;
  const version = resolve(versionsFor(world, executor, wanted), newest);
  if (version === undefined || version === pool.currentOSVersion) return;
  beginUpgrade(world, pool, version);
}

/** To be called when a node has left `reimaging`: the upgrade may be over. */
export function considerUpgrade(world: World, pool: Pool): void {
  if (pool.state !== 'upgrading') return;
  for (const node of pool.nodes) if (node.state === 'reimaging') return;
  pool.currentOSVersion = pool.nextOSVersion;
  pool.nextOSVersion = undefined;
  world.movePool(pool, 'upgraded');
  considerOSVersion(world, pool);
}

/** Every node that is up starts anew; what runs there goes on elsewhere, or there, and nothing counts it. */
function beginUpgrade(world: World, pool: Pool, version: string): void {
  pool.nextOSVersion = version;
  world.movePool(pool, 'upgrade');
  if (version !== pool.currentOSVersion) {
    const up = [...pool.nodes].filter(isUp);
    for (const node of up) {
      pool.withdraw(node.number);
      node.pending = undefined;
    }
    requeueRuns(world, up, displaced);
    for (const node of up) restart(world, node, 'reimage', 'upgrade');
    // Those that are to come were asked for with the version before; it is the latest request that counts.
    for (const node of pool.nodes) {
      if (node.state !== 'preempted' && node.state !== 'starting') continue;
      renewInstall(world, node);
      node.sequence = world.nextSequence();
      world.effects.getNode(node.number, node.sequence);
    }
  }
  considerUpgrade(world, pool);
}

/** Of a pool that is steady: all but those that will come up, or are not heard of. */
function isUp({ state }: Node): boolean {
  switch (state) {
    case 'preempted':
    case 'unknown':
    case 'starting':
    case 'deallocating':
    case 'deallocated':
    case 'leavingpool':
      return false;
    default:
      return true;
  }
}

const newest = '*';

function versionsFor(
  world: World,
  executor: string,
  { osFamily }: CloudServiceConfiguration,
): readonly string[] {
  const known = world.osVersions.find(
    (one) => one.executor === executor && one.osFamily === osFamily,
  );
  return known?.versions ?? [];
}

function resolve(versions: readonly string[], target: string): string | undefined {
  return target === newest ? versions.at(-1) : versions.find((version) => version === target);
}

function notFound(target: string, osFamily: string, versions: readonly string[]): BatchErrorBody {
  return refuse(
    'OSVersionNotFound',
    `There is no version "${target}" of OS family "${osFamily}", only ${versions.join(', ')}.`,
  );
}
