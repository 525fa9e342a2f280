import type { ApplicationPackage } from './application.ts';
import { Application } from './application.ts';
import type { BatchErrorBody } from './errors.ts';
import { mostApplicationPackages, mostApplications } from './limits.ts';
import { refuse } from './refusal.ts';
import type {
  ApplicationPackageSpecification,
  ApplicationPatch,
  ApplicationSpecification,
} from './specification.ts';
import { idKey } from './task-text.ts';
import type { World } from './world.ts';

/*
 * What users ask of applications and their versions (semantics §1.10, §10).
 */

export function addApplication(
  world: World,
  specification: ApplicationSpecification,
): BatchErrorBody | undefined {
  const { id } = specification;
  const { applications } = world;
  if (applications.has(idKey(id))) {
    return refuse('ResourceAlreadyExists', `The application "${id}" exists already.`);
  }
  if (applications.size >= mostApplications) {
    return refuse(
      'ApplicationQuotaReached',
      `The account has ${mostApplications} applications, which is the most: delete one first.`,
    );
  }
  const application = new Application({
    specification,
    creationTime: world.now,
    lastModified: world.now,
    defaultVersion: undefined,
    packages: [],
  });
  applications.set(idKey(id), application);
  return undefined;
}

/** An absent element stays as it is. */
export function patchApplication(
  world: World,
  id: string,
  { defaultVersion, ...patch }: ApplicationPatch,
): BatchErrorBody | undefined {
  const application = findApplication(world, id);
  if (!(application instanceof Application)) return application;
  if (defaultVersion !== undefined) {
    const found = application.find(defaultVersion);
    if (found === undefined) {
      return refuse(
        'InvalidPropertyValue',
        `defaultVersion must be a version of the application "${id}"; it is "${defaultVersion}".`,
        { PropertyName: 'defaultVersion', PropertyValue: defaultVersion },
      );
    }
    application.defaultVersion = found.version;
  }
  application.specification = { ...application.specification, ...patch };
  application.lastModified = world.now;
  return undefined;
}

/** One that has versions has to lose them first. */
export function deleteApplication(world: World, id: string): BatchErrorBody | undefined {
  const application = findApplication(world, id);
  if (!(application instanceof Application)) return application;
  const { size } = application.packages;
  if (size > 0) {
    return refuse(
      'OperationInvalidForCurrentState',
      `The application "${id}" has ${size} version${size === 1 ? '' : 's'}: delete them first.`,
    );
  }
  world.applications.delete(idKey(id));
  return undefined;
}

/** A new version is pending until it is activated; one that there is gets another content, and is pending again. */
export function addApplicationPackage(
  world: World,
  id: string,
  { version, content }: ApplicationPackageSpecification,
): BatchErrorBody | undefined {
  const application = findApplication(world, id);
  if (!(application instanceof Application)) return application;
  const { packages } = application;
  const former = application.find(version);
  if (former !== undefined) {
    const refusal = refuseFixed(application, former.version, 'updated');
    if (refusal !== undefined) return refusal;
    former.content = content;
    world.moveApplicationPackage(application, former, 'update');
    return undefined;
  }
  if (packages.size >= mostApplicationPackages) {
    return refuse(
      'ApplicationPackageQuotaReached',
      `The application "${id}" has ${mostApplicationPackages} versions, which is the most: delete one first.`,
    );
  }
  packages.set(idKey(version), {
    version,
    content,
    state: 'pending',
    creationTime: world.now,
    stateTransitionTime: world.now,
    lastActivationTime: undefined,
  });
  return undefined;
}

/** From now on nodes may install it. */
export function activateApplicationPackage(
  world: World,
  id: string,
  version: string,
): BatchErrorBody | undefined {
  const found = findPackage(world, id, version);
  if ('code' in found) return found;
  found.package.lastActivationTime = world.now;
  world.moveApplicationPackage(found.application, found.package, 'activate');
  return undefined;
}

/** What nodes have of it stays there. With the default version its application has none any more. */
export function deleteApplicationPackage(
  world: World,
  id: string,
  version: string,
): BatchErrorBody | undefined {
  const found = findPackage(world, id, version);
  if ('code' in found) return found;
  const { application } = found;
  const refusal = refuseFixed(application, version, 'deleted');
  if (refusal !== undefined) return refusal;
  if (application.defaultVersion === found.package.version) application.defaultVersion = undefined;
  world.moveApplicationPackage(application, found.package, 'delete');
  application.packages.delete(idKey(version));
  return undefined;
}

function findApplication(world: World, id: string): Application | BatchErrorBody {
  return (
    world.applications.get(idKey(id)) ??
    refuse('ApplicationNotFound', `There is no application "${id}".`)
  );
}

function findPackage(
  world: World,
  id: string,
  version: string,
): { application: Application; package: ApplicationPackage } | BatchErrorBody {
  const application = findApplication(world, id);
  if (!(application instanceof Application)) return application;
  const found = application.find(version);
  if (found !== undefined) return { application, package: found };
  return refuse(
    'ApplicationPackageNotFound',
    `There is no version "${version}" of the application "${id}".`,
  );
}

/** Versions of an application that allows no updates stay as they are (semantics §10). */
function refuseFixed(
  { specification }: Application,
  version: string,
  what: 'updated' | 'deleted',
): BatchErrorBody | undefined {
  if (specification.allowUpdates) return undefined;
  return refuse(
    'OperationInvalidForCurrentState',
    `Version "${version}" of the application "${specification.id}" cannot be ${what}: the application has allowUpdates false.`,
  );
}
