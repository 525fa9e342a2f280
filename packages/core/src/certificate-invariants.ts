import { certificateKey } from './certificate.ts';
import type { World } from './world.ts';

/** Whatever does not hold of certificates and of who uses them, as a sentence (semantics §11). */
export function brokenCertificates(world: World): string[] {
  const wrong: string[] = [];
  const certificates = [...world.accounts].flatMap((account) => [...account.certificates]);
  for (const [key, { specification, state, deleteCertificateError }] of certificates) {
    if (key !== certificateKey(specification)) wrong.push(`certificate ${key}: is another`);
    if (state !== 'active' && state !== 'deletefailed') {
      wrong.push(`certificate ${key}: is still ${state}`);
    }
    if ((state === 'deletefailed') !== (deleteCertificateError !== undefined)) {
      wrong.push(
        `certificate ${key}: is ${state} ${state === 'active' ? 'with' : 'without'} an error`,
      );
    }
  }
  for (const pool of world.pools) {
    if (pool === undefined) continue;
    const { id, certificateReferences = [] } = pool.specification;
    const { certificates } = world.accounts.of(pool);
    for (const reference of certificateReferences) {
      const key = certificateKey(reference);
      if (!certificates.has(key)) wrong.push(`pool ${id}: certificate ${key} is not there`);
    }
    for (const { ordinal, install } of pool.nodes) {
      for (const key of (install?.certificates ?? []).map(certificateKey)) {
        if (certificates.has(key)) continue;
        wrong.push(`node ${id}/node-${ordinal}: certificate ${key} is not there`);
      }
    }
  }
  return wrong;
}
