import type { Certificate, CertificateName, DeleteCertificateError } from './certificate.ts';
import { certificateKey } from './certificate.ts';
import type { BatchErrorBody } from './errors.ts';
import { nodeId } from './node.ts';
import { refuse } from './refusal.ts';
import type { CertificateReference, CertificateSpecification } from './specification.ts';
import type { World } from './world.ts';

/*
 * What users ask of certificates, and who uses them (semantics §11).
 */

/** An error tells of no more. */
const mostUsersTold = 100;

export function addCertificate(
  world: World,
  specification: CertificateSpecification,
): BatchErrorBody | undefined {
  const key = certificateKey(specification);
  const former = world.certificates.get(key);
  if (former?.state === 'deletefailed') return refuseUnlessActive(former);
  if (former !== undefined) {
    return refuse('CertificateExists', `The certificate ${key} exists already.`);
  }
  world.certificates.set(key, {
    specification,
    state: 'active',
    stateTransitionTime: world.now,
    previousState: undefined,
    previousStateTransitionTime: undefined,
    deleteCertificateError: undefined,
  });
  return undefined;
}

/** It is gone, or `deletefailed` while somebody uses it; then another try is another deletion. */
export function deleteCertificate(world: World, name: CertificateName): BatchErrorBody | undefined {
  const certificate = findCertificate(world, name);
  if ('code' in certificate) return certificate;
  world.moveCertificate(certificate, 'delete');
  const error = useOf(world, certificate);
  certificate.deleteCertificateError = error;
  world.moveCertificate(certificate, error === undefined ? 'unused' : 'inUse');
  if (error === undefined) world.certificates.delete(certificateKey(name));
  return undefined;
}

/** deletefailed → active. */
export function cancelCertificateDeletion(
  world: World,
  name: CertificateName,
): BatchErrorBody | undefined {
  const certificate = findCertificate(world, name);
  if ('code' in certificate) return certificate;
  if (certificate.state === 'active') {
    return refuse(
      'CertificateStateActive',
      `The certificate ${certificateKey(name)} is active: no deletion of it has failed.`,
    );
  }
  certificate.deleteCertificateError = undefined;
  world.moveCertificate(certificate, 'cancelDelete');
  return undefined;
}

/**
 * A pool may name only certificates that are there; one whose deletion has failed gets no new users.
 * `former`: what the pool has named before.
 */
export function refuseCertificates(
  world: World,
  references: readonly CertificateReference[] = [],
  former: readonly CertificateReference[] = [],
): BatchErrorBody | undefined {
  const before = new Set(former.map(certificateKey));
  for (const reference of references) {
    const key = certificateKey(reference);
    const certificate = world.certificates.get(key);
    if (certificate === undefined) {
      return refuse(
        'InvalidCertificateReferences',
        `There is no certificate ${key}: add it first.`,
        {
          PropertyName: 'certificateReferences',
        },
      );
    }
    if (certificate.state !== 'active' && !before.has(key)) return refuseUnlessActive(certificate);
  }
  return undefined;
}

function findCertificate(world: World, name: CertificateName): Certificate | BatchErrorBody {
  const key = certificateKey(name);
  return (
    world.certificates.get(key) ?? refuse('CertificateNotFound', `There is no certificate ${key}.`)
  );
}

function refuseUnlessActive({ specification }: Certificate): BatchErrorBody {
  const key = certificateKey(specification);
  return refuse(
    'CertificateStateDeleteFailed',
    `The certificate ${key} is to be deleted, which has failed: cancel that first.`,
  );
}

/** Pools that name it, whatever their state, and nodes that have it, those that are leaving included. */
function useOf(world: World, { specification }: Certificate): DeleteCertificateError | undefined {
  const key = certificateKey(specification);
  const names = (one: CertificateName): boolean => certificateKey(one) === key;
  const values: DeleteCertificateError['values'] = [];
  let users = 0;
  const tell = (name: 'pool' | 'node', value: string): void => {
    users++;
    if (values.length < mostUsersTold) values.push({ name, value });
  };
  for (const pool of world.accounts.current.poolById.values()) {
    const { id, certificateReferences = [] } = pool.specification;
    if (certificateReferences.some(names)) tell('pool', id);
    for (const node of pool.nodes) {
      if (node.install?.certificates.some(names) === true) tell('node', `${id}/${nodeId(node)}`);
    }
  }
  if (users === 0) return undefined;
  const those = users === 1 ? 'A pool or node uses' : `${users} pools and nodes use`;
  const message = `${those} the certificate ${key}: take it off the pools, and restart or release the nodes.`;
  return { code: 'CertificateInUse', message, values };
}
