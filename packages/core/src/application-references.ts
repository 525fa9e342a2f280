import type { Application } from './application.ts';
import type { BatchErrorBody } from './errors.ts';
import { refuse } from './refusal.ts';
import type { ApplicationPackageContent, ApplicationPackageReference } from './specification.ts';
import { idKey } from './task-text.ts';

/** Applications of an account, by id in lower case. */
export type Applications = ReadonlyMap<string, Application>;

/** A version of an application that a node is to have, in the spelling of the application. */
export interface ResolvedPackage {
  applicationId: string;
  version: string;
  /** Whether the reference left the version to the application: its variable has no version then. */
  isDefault: boolean;
  /** Where the zip file lies. */
  content: ApplicationPackageContent;
}

/** What references come to at one moment (semantics §10). */
export interface PackageInstall {
  /** In the order of the references. */
  packages: readonly ResolvedPackage[];
  /** Why the others cannot be installed, in a sentence: what asks for them fails with `ApplicationPackageError`. */
  error?: string;
}

/** A reference without version means the default version at the time of the installation. */
export function resolvePackages(
  applications: Applications,
  references: readonly ApplicationPackageReference[],
): PackageInstall {
  const packages: ResolvedPackage[] = [];
  let error: string | undefined;
  for (const reference of references) {
    const resolved = resolve(applications, reference);
    if (typeof resolved === 'string') error ??= resolved;
    else packages.push(resolved);
  }
  return error === undefined ? { packages } : { packages, error };
}

/** A pool may name only what could be installed now (semantics §10). */
export function refuseReferences(
  applications: Applications,
  references: readonly ApplicationPackageReference[] = [],
): BatchErrorBody | undefined {
  const { error } = resolvePackages(applications, references);
  if (error === undefined) return undefined;
  return refuse('InvalidApplicationPackageReferences', error, {
    PropertyName: 'applicationPackageReferences',
  });
}

/** Or why it cannot be. */
function resolve(
  applications: Applications,
  { applicationId, version }: ApplicationPackageReference,
): ResolvedPackage | string {
  const application = applications.get(idKey(applicationId));
  if (application === undefined) return `There is no application "${applicationId}".`;
  const { id } = application.specification;
  const wanted = version ?? application.defaultVersion;
  if (wanted === undefined) {
    return `The application "${id}" has no default version: set one, or name a version.`;
  }
  const found = application.find(wanted);
  if (found === undefined) return `There is no version "${wanted}" of the application "${id}".`;
  if (found.state !== 'active') {
    return `Version "${found.version}" of the application "${id}" is not active: activate it first.`;
  }
  return {
    applicationId: id,
    version: found.version,
    isDefault: version === undefined,
    content: found.content,
  };
}
