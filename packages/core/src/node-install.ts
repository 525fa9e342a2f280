import type { PackageInstall } from './application-references.ts';
import { resolvePackages } from './application-references.ts';
import { certificateKey } from './certificate.ts';
import type { Node } from './node.ts';
import type { CertificateReference, CertificateSpecification } from './specification.ts';
import type { World } from './world.ts';

/*
 * What a node has to install when it starts, before its start task and any task (semantics §4.3, §10, §11).
 */

/** A certificate with the place on the node where it belongs; of its data and its password there are marks. */
export interface CertificateInstall extends CertificateReference, CertificateSpecification {}

/**
 * As it was when the executor was asked for the node, or to start it again: what its pool says later counts from the
 * next time on.
 */
export interface NodeInstall {
  certificates: readonly CertificateInstall[];
  applicationPackages: PackageInstall;
}

/** To be called with every request after which a node starts. Nothing to install: `undefined`. */
export function renewInstall(world: World, node: Node): void {
  const pool = world.pools[node.pool]!;
  const { applicationPackageReferences = [], certificateReferences = [] } = pool.specification;
  const { applications, certificates } = world.accounts.of(pool);
  if (applicationPackageReferences.length === 0 && certificateReferences.length === 0) {
    node.install = undefined;
    return;
  }
  node.install = {
    certificates: certificateReferences.map((reference) => ({
      // A certificate stays as long as a pool names it.
      ...certificates.get(certificateKey(reference))!.specification,
      ...reference,
    })),
    applicationPackages: resolvePackages(applications, applicationPackageReferences),
  };
}
