import { randomUUID } from 'node:crypto';
import type { ApplicationView } from '@berth/core';
import { BatchError } from '@berth/core';
import { parseApplication, parseApplicationPackage, parseApplicationPatch } from '@berth/core/spec';
import { ZipArchive, ZipError } from '@berth/executors';
import { SecretGroup } from '@berth/storage';
import type { AccountRuntime } from './account-runtime.ts';
import { notFound } from './not-found.ts';
import type {
  ApplicationPackageParameters,
  ApplicationParameters,
  ApplicationPatchParameters,
} from './parameters.ts';

/** Where uploaded zip files are, each in a blob of its own. */
const uploads = 'application-packages';

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
   * Puts a zip file, a local one or its content, into the blob store, adds it as a version and activates that: nodes may
   * install it from now on. Nothing of the file is believed before: it is read as nodes would read it.
   * @throws BatchError `InvalidPropertyValue` for what is no zip file that nodes can unpack, and as {@link addPackage}
   */
  async uploadPackage(
    applicationId: string,
    version: string,
    zip: string | Uint8Array,
  ): Promise<void> {
    const view = this.get(applicationId);
    await demandZip(zip);
    const { blobStore } = this.#runtime;
    const blobName = `${this.#prefixOf(view.id, version)}${randomUUID()}.zip`;
    const content = { autoStorageContainerName: uploads, blobName };
    // Before anything of it is in the store.
    parseApplicationPackage({ version, content });
    await blobStore.createContainer(uploads);
    if (typeof zip === 'string') await blobStore.upload(uploads, blobName, zip);
    else await blobStore.write(uploads, blobName, zip);
    try {
      await this.addPackage(applicationId, { version, content });
    } catch (error) {
      await blobStore.delete(uploads, blobName);
      throw error;
    }
    await this.activatePackage(applicationId, version);
  }

  /**
   * Its content is there: nodes may install it from now on.
   * @throws BatchError `BlobNotFound` if its content is to be in the blob store and is not, `ApplicationPackageNotFound`,
   * `ApplicationNotFound`
   */
  async activatePackage(applicationId: string, version: string): Promise<void> {
    await this.#demandContent(applicationId, version);
    await this.#runtime.submit({ type: 'activateApplicationPackage', applicationId, version });
  }

  /**
   * What nodes have of it stays there. What was uploaded for it is deleted; other content is not touched.
   * @throws BatchError `OperationInvalidForCurrentState` where allowUpdates is false, `ApplicationPackageNotFound`,
   * `ApplicationNotFound`
   */
  async deletePackage(applicationId: string, version: string): Promise<void> {
    await this.#runtime.submit({ type: 'deleteApplicationPackage', applicationId, version });
    const { blobStore } = this.#runtime;
    if (!(await blobStore.containerExists(uploads))) return;
    const prefix = this.#prefixOf(applicationId, version);
    for await (const { name } of blobStore.list(uploads, { prefix })) {
      await blobStore.delete(uploads, name);
    }
  }

  /** Of the blobs of a version. Ids and versions know no case. */
  #prefixOf(applicationId: string, version: string): string {
    const { accountName = '' } = this.#runtime.queries.account() ?? {};
    return `${accountName}/${applicationId}/${version}@/`.toLowerCase();
  }

  async #demandContent(applicationId: string, version: string): Promise<void> {
    const { packages = [] } = this.#runtime.queries.application(applicationId) ?? {};
    const found = packages.find((one) => one.version.toLowerCase() === version.toLowerCase());
    if (found === undefined || !('blobName' in found.content)) return;
    const { autoStorageContainerName: container, blobName } = found.content;
    const { blobStore } = this.#runtime;
    if (await blobStore.containerExists(container)) {
      for await (const { name } of blobStore.list(container, { prefix: blobName })) {
        if (name === blobName) return;
      }
    }
    throw new BatchError({
      code: 'BlobNotFound',
      message: `The content of version "${found.version}" of the application "${applicationId}" is not there: put a zip file into the blob ${container}/${blobName}, then activate it.`,
    });
  }
}

async function demandZip(zip: string | Uint8Array): Promise<void> {
  try {
    (await ZipArchive.open(zip)).close();
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new BatchError({
      code: 'InvalidPropertyValue',
      message: `zip: ${error.message}; give a zip file of plain files and directories.`,
      values: [{ key: 'PropertyName', value: 'zip' }],
    });
  }
}
