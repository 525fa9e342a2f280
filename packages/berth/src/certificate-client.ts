import type { CertificateName, CertificateView } from '@berth/core';
import { BatchError } from '@berth/core';
import { parseCertificate } from '@berth/core/spec';
import { SecretGroup } from '@berth/storage';
import type { AccountRuntime } from './account-runtime.ts';
import type { CertificateParameters } from './parameters.ts';

/** Certificates of the account, which pools install on their nodes (semantics §1.11, §11). */
export class CertificatesClient {
  readonly #runtime: AccountRuntime;

  constructor(runtime: AccountRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Its data and its password go into the secret store, and nowhere else.
   * @throws BatchError `CertificateExists`, `CertificateStateDeleteFailed`, or what is wrong with it.
   */
  async add(certificate: CertificateParameters): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parseCertificate(certificate, secrets);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addCertificate', certificate: parsed }),
    );
  }

  /** @throws BatchError `CertificateNotFound` */
  get(name: CertificateName): CertificateView {
    const certificate = this.#runtime.queries.certificate(name);
    if (certificate !== undefined) return certificate;
    const { thumbprintAlgorithm, thumbprint } = name;
    throw new BatchError({
      code: 'CertificateNotFound',
      message: `There is no certificate ${thumbprintAlgorithm}-${thumbprint}.`,
    });
  }

  list(): CertificateView[] {
    return this.#runtime.queries.certificates();
  }

  /**
   * It is gone then, or `deletefailed` while a pool or node uses it: `deleteCertificateError` of {@link get} has them.
   * @throws BatchError `CertificateNotFound`
   */
  async delete({ thumbprintAlgorithm, thumbprint }: CertificateName): Promise<void> {
    await this.#runtime.submit({ type: 'deleteCertificate', thumbprintAlgorithm, thumbprint });
  }

  /**
   * One whose deletion has failed is active again.
   * @throws BatchError `CertificateStateActive`, `CertificateNotFound`
   */
  async cancelDelete({ thumbprintAlgorithm, thumbprint }: CertificateName): Promise<void> {
    const type = 'cancelCertificateDeletion';
    await this.#runtime.submit({ type, thumbprintAlgorithm, thumbprint });
  }
}
