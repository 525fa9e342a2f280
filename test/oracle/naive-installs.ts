import type { ApplicationView, Command } from '@berth/core';
import { must } from '@berth/core/testing';

export interface NaiveReference {
  applicationId: string;
  version?: string;
}

interface NaiveApplication {
  id: string;
  allowUpdates: boolean;
  defaultVersion?: string;
  packages: { version: string; active: boolean; content: object }[];
}

interface NaivePool {
  id: string;
  isDeleting: boolean;
  packages: readonly NaiveReference[];
  certificates: readonly string[];
}

/** What a node was told to install when it was last asked for. */
interface NaiveInstall {
  poolId: string;
  nodeId: string;
  packages: object[];
  certificates: string[];
  fails: boolean;
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Applications, certificates, and who uses them: lists, which are searched from the beginning (semantics §10, §11). */
export class NaiveInstalls {
  #applications: NaiveApplication[] = [];
  #certificates: { thumbprint: string; state: 'active' | 'deletefailed' }[] = [];
  #pools: NaivePool[] = [];
  readonly #nodes = new Map<number, NaiveInstall>();

  /** The code of its refusal, `undefined`: it is accepted; 'whatever': that is not for this model to say. */
  decide(command: Command): string | undefined {
    switch (command.type) {
      case 'addApplication': {
        const { application } = command;
        if (this.#application(application.id) !== undefined) return 'ResourceAlreadyExists';
        this.#applications.push({ ...application, packages: [] });
        return undefined;
      }
      case 'patchApplication': {
        const application = this.#application(command.applicationId);
        const { defaultVersion, allowUpdates } = command.patch;
        if (application === undefined) return 'ApplicationNotFound';
        if (defaultVersion !== undefined) {
          const found = application.packages.find(({ version }) => version === defaultVersion);
          if (found === undefined) return 'InvalidPropertyValue';
          application.defaultVersion = defaultVersion;
        }
        if (allowUpdates !== undefined) application.allowUpdates = allowUpdates;
        return undefined;
      }
      case 'deleteApplication': {
        const application = this.#application(command.applicationId);
        if (application === undefined) return 'ApplicationNotFound';
        if (application.packages.length > 0) return 'OperationInvalidForCurrentState';
        this.#applications = this.#applications.filter((one) => one !== application);
        return undefined;
      }
      case 'addApplicationPackage': {
        const application = this.#application(command.applicationId);
        if (application === undefined) return 'ApplicationNotFound';
        const { version, content } = command.package;
        const former = application.packages.find((one) => one.version === version);
        if (former === undefined) application.packages.push({ version, content, active: false });
        else if (!application.allowUpdates) return 'OperationInvalidForCurrentState';
        else Object.assign(former, { content, active: false });
        return undefined;
      }
      case 'activateApplicationPackage':
      case 'deleteApplicationPackage': {
        const application = this.#application(command.applicationId);
        if (application === undefined) return 'ApplicationNotFound';
        const found = application.packages.find(({ version }) => version === command.version);
        if (found === undefined) return 'ApplicationPackageNotFound';
        if (command.type === 'activateApplicationPackage') {
          found.active = true;
          return undefined;
        }
        if (!application.allowUpdates) return 'OperationInvalidForCurrentState';
        application.packages = application.packages.filter((one) => one !== found);
        if (application.defaultVersion === found.version) delete application.defaultVersion;
        return undefined;
      }
      case 'addCertificate': {
        const found = this.#certificate(command.certificate.thumbprint);
        if (found?.state === 'deletefailed') return 'CertificateStateDeleteFailed';
        if (found !== undefined) return 'CertificateExists';
        this.#certificates.push({ thumbprint: command.certificate.thumbprint, state: 'active' });
        return undefined;
      }
      case 'deleteCertificate': {
        const found = this.#certificate(command.thumbprint);
        if (found === undefined) return 'CertificateNotFound';
        const users = [...this.#pools, ...this.#nodes.values()];
        if (users.some((one) => one.certificates.some((name) => same(name, found.thumbprint)))) {
          found.state = 'deletefailed';
        } else this.#certificates = this.#certificates.filter((one) => one !== found);
        return undefined;
      }
      case 'cancelCertificateDeletion': {
        const found = this.#certificate(command.thumbprint);
        if (found === undefined) return 'CertificateNotFound';
        if (found.state === 'active') return 'CertificateStateActive';
        found.state = 'active';
        return undefined;
      }
      case 'addPool': {
        if (this.#pool(command.pool.id) !== undefined) return 'PoolExists';
        return this.#name({ id: command.pool.id, isDeleting: false }, command.pool, []);
      }
      case 'patchPool': {
        const pool = this.#pool(command.poolId);
        if (pool === undefined) return 'PoolNotFound';
        if (pool.isDeleting) return 'PoolBeingDeleted';
        return this.#name(pool, command.patch, pool.certificates);
      }
      case 'deletePool': {
        const pool = this.#pool(command.poolId);
        if (pool === undefined) return 'PoolNotFound';
        if (pool.isDeleting) return 'PoolBeingDeleted';
        pool.isDeleting = true;
        return undefined;
      }
      default:
        return 'whatever';
    }
  }

  /** A node of the pool is asked for, or to start again. */
  install(number: number, nodeId: string, poolId: string): NaiveInstall {
    const pool = must(this.#pool(poolId));
    const resolved = pool.packages.map((one) => this.#resolve(one));
    const install: NaiveInstall = {
      poolId,
      nodeId,
      packages: resolved.filter((one) => one !== undefined),
      certificates: [...pool.certificates],
      fails: resolved.includes(undefined),
    };
    this.#nodes.set(number, install);
    return install;
  }

  fails(number: number): boolean {
    return this.#nodes.get(number)?.fails ?? false;
  }

  nodeGone(poolId: string, nodeId: string): void {
    for (const [number, node] of this.#nodes) {
      if (node.poolId === poolId && node.nodeId === nodeId) this.#nodes.delete(number);
    }
  }

  poolGone(poolId: string): void {
    this.#pools = this.#pools.filter(({ id }) => id !== poolId);
  }

  get certificates(): string[] {
    return this.#certificates.map(({ thumbprint, state }) => `${thumbprint} ${state}`);
  }

  get applications(): Pick<ApplicationView, 'id' | 'defaultVersion' | 'versions'>[] {
    return this.#applications.map(({ id, defaultVersion, packages }) => ({
      id,
      ...(defaultVersion === undefined ? {} : { defaultVersion }),
      versions: packages.filter(({ active }) => active).map(({ version }) => version),
    }));
  }

  #name(
    pool: Pick<NaivePool, 'id' | 'isDeleting'> & Partial<NaivePool>,
    {
      applicationPackageReferences,
      certificateReferences,
    }: {
      applicationPackageReferences?: NaiveReference[];
      certificateReferences?: { thumbprint: string }[];
    },
    former: readonly string[],
  ): string | undefined {
    for (const { thumbprint } of certificateReferences ?? []) {
      const found = this.#certificate(thumbprint);
      if (found === undefined) return 'InvalidCertificateReferences';
      const isNew = !former.some((one) => same(one, thumbprint));
      if (isNew && found.state === 'deletefailed') return 'CertificateStateDeleteFailed';
    }
    for (const reference of applicationPackageReferences ?? []) {
      if (this.#resolve(reference) === undefined) return 'InvalidApplicationPackageReferences';
    }
    const { packages = [], certificates = [] } = pool;
    const named: NaivePool = {
      ...pool,
      packages: applicationPackageReferences ?? packages,
      certificates: certificateReferences?.map(({ thumbprint }) => thumbprint) ?? certificates,
    };
    this.#pools = [...this.#pools.filter(({ id }) => id !== pool.id), named];
    return undefined;
  }

  #resolve({ applicationId, version }: NaiveReference): object | undefined {
    const application = this.#application(applicationId);
    const wanted = version ?? application?.defaultVersion;
    const found = application?.packages.find((one) => one.version === wanted && one.active);
    return (
      found && {
        applicationId: application?.id,
        version: found.version,
        isDefault: version === undefined,
        content: found.content,
      }
    );
  }

  #application(id: string): NaiveApplication | undefined {
    return this.#applications.find((one) => same(one.id, id));
  }

  #certificate(thumbprint: string): { thumbprint: string; state: string } | undefined {
    return this.#certificates.find((one) => same(one.thumbprint, thumbprint));
  }

  #pool(id: string): NaivePool | undefined {
    return this.#pools.find((one) => one.id === id);
  }
}
