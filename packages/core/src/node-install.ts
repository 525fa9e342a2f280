import type { PackageInstall } from './application-references.ts';
import { resolvePackages } from './application-references.ts';
import type { Node } from './node.ts';
import type { World } from './world.ts';

/*
 * What a node has to install when it starts, before its start task and any task (semantics §4.3, §10, §11).
 */

/** As it was when the executor was asked for the node, or to start it again: what its pool says later counts from the next time on. */
export interface NodeInstall {
  applicationPackages: PackageInstall;
}

/** To be called with every request after which a node starts. Nothing to install: `undefined`. */
export function renewInstall(world: World, node: Node): void {
  const { applicationPackageReferences = [] } = world.pools[node.pool]!.specification;
  if (applicationPackageReferences.length === 0) {
    node.install = undefined;
    return;
  }
  node.install = {
    applicationPackages: resolvePackages(world.applications, applicationPackageReferences),
  };
}
