import type { World } from './world.ts';

/** Whatever does not hold of applications and of what nodes install of them, as a sentence (semantics §10). */
export function brokenApplications(world: World): string[] {
  const wrong: string[] = [];
  const applications = [...world.accounts].flatMap((account) => [...account.applications]);
  for (const [key, { specification, defaultVersion, packages }] of applications) {
    const { id } = specification;
    if (key !== id.toLowerCase()) wrong.push(`application ${id}: found as ${key}`);
    if (defaultVersion !== undefined && !packages.has(defaultVersion.toLowerCase())) {
      wrong.push(`application ${id}: its default version ${defaultVersion} is not there`);
    }
    for (const { version, state, lastActivationTime } of packages.values()) {
      if (state === 'gone') wrong.push(`application ${id}: version ${version} is gone`);
      if (state === 'active' && lastActivationTime === undefined) {
        wrong.push(`application ${id}: version ${version} is active, and was never activated`);
      }
    }
  }
  const takesTasks = new Set(['idle', 'running', 'offline', 'waitingforstarttask']);
  for (const { state, install, poolId, ordinal } of world.nodes) {
    if (install?.applicationPackages.error !== undefined && takesTasks.has(state)) {
      wrong.push(`node ${poolId}/node-${ordinal}: is ${state} without its application packages`);
    }
  }
  return wrong;
}
