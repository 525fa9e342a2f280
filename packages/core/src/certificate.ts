import type { CertificateState } from './machines.ts';
import type { CertificateSpecification } from './specification.ts';

/** Why a certificate could not be deleted (semantics §11). */
export interface DeleteCertificateError {
  code: 'CertificateInUse';
  message: string;
  /** The first hundred pools and nodes that use it. */
  values: { name: 'pool' | 'node'; value: string }[];
}

/** A certificate in snapshots. */
export interface CertificateRecord {
  readonly specification: CertificateSpecification;
  state: CertificateState;
  stateTransitionTime: number;
  previousState: CertificateState | undefined;
  previousStateTransitionTime: number | undefined;
  /** While it is `deletefailed`. */
  deleteCertificateError: DeleteCertificateError | undefined;
}

/** A certificate that pools install on their nodes (semantics §1.11, ruling 11). It holds handles, no secrets. */
export type Certificate = CertificateRecord;

/** What names a certificate, whatever its case. */
export interface CertificateName {
  thumbprintAlgorithm: string;
  thumbprint: string;
}

export function certificateKey({ thumbprintAlgorithm, thumbprint }: CertificateName): string {
  return `${thumbprintAlgorithm}-${thumbprint.replaceAll(' ', '')}`.toLowerCase();
}
