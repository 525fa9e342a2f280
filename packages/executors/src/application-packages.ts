import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentSetting, ResolvedPackage } from '@berth/core';
import { applicationPackageVariable } from '@berth/core';
import type { BlobStore, Secrets } from '@berth/storage';
import type { Host } from './host.ts';
import { HostLostError } from './host.ts';
import { downloadUrl } from './resource-files.ts';
import { codeOf, messageOf, RunFailure } from './run-failure.ts';
import { ZipArchive, ZipError } from './zip-archive.ts';

/** Where a node has a version of an application. Neither an id nor a version has an `@`. */
export function packageDirectory(
  root: string,
  { applicationId, version }: Pick<ResolvedPackage, 'applicationId' | 'version'>,
): string {
  return `${root}/applications/${applicationId}@${version}`;
}

/** The variables that lead to packages (semantics §10). */
export function packageEnvironment(
  root: string,
  packages: readonly ResolvedPackage[] = [],
): EnvironmentSetting[] {
  return packages.map((one) => ({
    name: applicationPackageVariable(
      'linux',
      one.applicationId,
      one.isDefault ? undefined : one.version,
    ),
    value: packageDirectory(root, one),
  }));
}

/** Unpacks versions of applications on a node, each once (semantics §10). */
export class ApplicationPackages {
  readonly #host: Host;
  readonly #blobStore: BlobStore;
  readonly #secrets: Secrets;
  readonly #directory: string;
  /** By directory on the node: those under way, and those that are there. */
  readonly #installs = new Map<string, Promise<void>>();
  readonly #over = new AbortController();

  /** `directory`: of this machine, for zip files on their way. */
  constructor(host: Host, stores: { blobStore: BlobStore; secrets: Secrets }, directory: string) {
    this.#host = host;
    this.#blobStore = stores.blobStore;
    this.#secrets = stores.secrets;
    this.#directory = directory;
  }

  /**
   * In their order. What the node has already stays as it is, unless it is to be installed `again`.
   * @throws RunFailure `ApplicationPackageError`, `DiskFull`; HostLostError; what aborts it
   */
  async install(
    packages: readonly ResolvedPackage[],
    { signal, again = false }: { signal?: AbortSignal; again?: boolean },
  ): Promise<void> {
    for (const one of packages) {
      const target = packageDirectory(this.#host.root, one);
      let install = this.#installs.get(target);
      if (install === undefined || again) {
        install = this.#install(one, target, again);
        this.#installs.set(target, install);
        install.catch(() => this.#installs.delete(target));
      }
      // Others may wait for it as well: it goes on when this one does not want it any more.
      await (signal === undefined ? install : Promise.race([install, aborted(signal)]));
    }
  }

  /** Nothing goes on after this. */
  async close(): Promise<void> {
    this.#over.abort();
    await Promise.allSettled(this.#installs.values());
  }

  async #install(one: ResolvedPackage, target: string, again: boolean): Promise<void> {
    const { files } = this.#host;
    if (!again && (await files.exists(target))) return;
    const zip = join(this.#directory, `${randomUUID()}.zip`);
    const { signal } = this.#over;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      await this.#fetch(one, zip, signal);
      const archive = await ZipArchive.open(zip);
      try {
        await files.putTree(target, archive.files, signal);
      } finally {
        archive.close();
      }
    } catch (error) {
      if (signal.aborted || error instanceof HostLostError) throw error;
      throw failureOf(error, one);
    } finally {
      await rm(zip, { force: true });
    }
  }

  async #fetch({ content }: ResolvedPackage, zip: string, signal: AbortSignal): Promise<void> {
    if ('httpUrl' in content) {
      await downloadUrl(content.httpUrl, this.#secrets, zip, signal);
    } else {
      const { autoStorageContainerName, blobName } = content;
      const mode = 0o400; // so that a store on this machine may link
      await this.#blobStore.download(autoStorageContainerName, blobName, zip, { mode, signal });
    }
  }
}

function failureOf(error: unknown, { applicationId, version }: ResolvedPackage): RunFailure {
  const what = `Version "${version}" of the application "${applicationId}" cannot be installed`;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RunFailure('DiskFull', `${what}: ${messageOf(error)}: free some space on the node.`);
  }
  const cause = messageOf(error).replace(/\.$/, '');
  const hint =
    error instanceof ZipError
      ? 'upload a zip file of plain files and directories as another version, or update this one'
      : 'see that its content is there and may be read, or update the version';
  return new RunFailure('ApplicationPackageError', `${what}: ${cause}; ${hint}.`);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
