import type { ApplicationView } from '@berth/core';
import { parseApplication, parseApplicationPackage, parseApplicationPatch } from '@berth/core/spec';
import { SecretGroup } from '@berth/storage';
import type { AccountRuntime } from './account-runtime.ts';
import { notFound } from './not-found.ts';
import type {
  ApplicationPackageParameters,
  ApplicationParameters,
  ApplicationPatchParameters,
} from './parameters.ts';

/** Applications of the account, and their versions, which nodes can install (semantics §1.10, §10). */
export class ApplicationsClient {
  readonly #runtime: AccountRuntime;

  constructor(runtime: AccountRuntime) {
    this.#runtime = runtime;
  }

  /**
   * An application without versions.
   * @throws BatchError `ResourceAlreadyExists`, `ApplicationQuotaReached`, or what is wrong with it.
   */
  async add(application: ApplicationParameters): Promise<void> {
    const parsed = parseApplication(application);
    await this.#runtime.submit({ type: 'addApplication', application: parsed });
  }

  /** @throws BatchError `ApplicationNotFound` */
  get(applicationId: string): ApplicationView {
    const application = this.#runtime.queries.application(applicationId);
    if (application === undefined) throw notFound('Application', applicationId);
    return application;
  }

  list(): ApplicationView[] {
    return this.#runtime.queries.applications();
  }

  /**
   * Changes what is given.
   * @throws BatchError `ApplicationNotFound`, `InvalidPropertyValue` for a defaultVersion that there is not.
   */
  async patch(applicationId: string, patch: ApplicationPatchParameters): Promise<void> {
    const parsed = parseApplicationPatch(patch);
    await this.#runtime.submit({ type: 'patchApplication', applicationId, patch: parsed });
  }

  /** @throws BatchError `OperationInvalidForCurrentState` while it has versions, `ApplicationNotFound`. */
  async delete(applicationId: string): Promise<void> {
    await this.#runtime.submit({ type: 'deleteApplication', applicationId });
  }

  /**
   * A version, pending until it is activated; one that there is gets the other content, and is pending again.
   * @throws BatchError `OperationInvalidForCurrentState` for one that there is where allowUpdates is false,
   * `ApplicationPackageQuotaReached`, `ApplicationNotFound`, or what is wrong with it.
   */
  async addPackage(
    applicationId: string,
    applicationPackage: ApplicationPackageParameters,
  ): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parseApplicationPackage(applicationPackage, secrets);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addApplicationPackage', applicationId, package: parsed }),
    );
  }

  /**
   * Its content is there: nodes may install it from now on.
   * @throws BatchError `ApplicationPackageNotFound`, `ApplicationNotFound`
   */
  async activatePackage(applicationId: string, version: string): Promise<void> {
    await this.#runtime.submit({ type: 'activateApplicationPackage', applicationId, version });
  }

  /**
   * What nodes have of it stays there; its content is not touched.
   * @throws BatchError `OperationInvalidForCurrentState` where allowUpdates is false, `ApplicationPackageNotFound`,
   * `ApplicationNotFound`
   */
  async deletePackage(applicationId: string, version: string): Promise<void> {
    await this.#runtime.submit({ type: 'deleteApplicationPackage', applicationId, version });
  }
}
