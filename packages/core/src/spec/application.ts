import { z } from 'zod';
import type {
  ApplicationPackageContent,
  ApplicationPackageSpecification,
  ApplicationPatch,
  ApplicationSpecification,
} from '../specification.ts';
import { applicationVersion } from './application-package-references.ts';
import { blobPath, containerName } from './blob-names.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { httpUrl } from './resource-file.ts';
import { displayName, flag, id } from './scalars.ts';
import type { SealOptions } from './seal.ts';
import { sealedUrl } from './seal.ts';

const readOnly = ['url', 'eTag', 'lastModified', 'creationTime', 'versions', 'packages'];

/** semantics §1.10 */
export const application: z.ZodType<ApplicationSpecification> = entity(
  { id, displayName: displayName.optional(), allowUpdates: flag.default(true) },
  { readOnly: [...readOnly, 'defaultVersion'] },
);

/** Only given elements change. */
export const applicationPatch: z.ZodType<ApplicationPatch> = entity(
  {
    displayName: displayName.optional(),
    defaultVersion: applicationVersion.optional(),
    allowUpdates: flag.optional(),
  },
  { readOnly, fixed: ['id'] },
);

/** Exactly one source of its zip file. semantics §10 */
function content(options: SealOptions): z.ZodType<ApplicationPackageContent> {
  return entity({
    httpUrl: httpUrl.optional(),
    autoStorageContainerName: containerName.optional(),
    blobName: blobPath.optional(),
  }).transform((given, ctx): ApplicationPackageContent => {
    const { httpUrl: url, autoStorageContainerName, blobName } = given;
    if (url !== undefined && autoStorageContainerName === undefined && blobName === undefined) {
      return { httpUrl: sealedUrl(url, options, ctx) };
    }
    if (url === undefined && autoStorageContainerName !== undefined && blobName !== undefined) {
      return { autoStorageContainerName, blobName };
    }
    const reason =
      'must have exactly one source: httpUrl, or autoStorageContainerName and blobName';
    ctx.issues.push(issue(given, reason, { hideValue: true }));
    return z.NEVER;
  });
}

export function applicationPackage(
  options: SealOptions,
): z.ZodType<ApplicationPackageSpecification> {
  return entity(
    { version: applicationVersion, content: content(options) },
    { readOnly: ['state', 'format', 'storageUrl', 'storageUrlExpiry', 'lastActivationTime', 'id'] },
  );
}
