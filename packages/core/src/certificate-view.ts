import { formatTime } from './calendar.ts';
import type { Certificate, DeleteCertificateError } from './certificate.ts';

/** What can be read of a certificate: neither its data nor its password. Times are ISO 8601. */
export interface CertificateView {
  thumbprint: string;
  thumbprintAlgorithm: 'sha1';
  certificateFormat: 'pfx' | 'cer';
  state: string;
  stateTransitionTime: string;
  previousState?: string;
  previousStateTransitionTime?: string;
  /** Only while it is `deletefailed`. */
  deleteCertificateError?: DeleteCertificateError;
}

export function certificateView(certificate: Certificate): CertificateView {
  const { thumbprint, thumbprintAlgorithm, certificateFormat } = certificate.specification;
  const { state, stateTransitionTime, previousState, previousStateTransitionTime } = certificate;
  const { deleteCertificateError } = certificate;
  return {
    thumbprint,
    thumbprintAlgorithm,
    certificateFormat,
    state,
    stateTransitionTime: formatTime(stateTransitionTime),
    ...(previousState === undefined ? {} : { previousState }),
    ...(previousStateTransitionTime === undefined
      ? {}
      : { previousStateTransitionTime: formatTime(previousStateTransitionTime) }),
    ...(deleteCertificateError === undefined ? {} : { deleteCertificateError }),
  };
}
