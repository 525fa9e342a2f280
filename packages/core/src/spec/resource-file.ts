import { z } from 'zod';
import { hasSecretMark } from '../secret-mark.ts';
import type { ResourceFile } from '../specification.ts';
import { blobPath, staysBelow } from './blob-names.ts';
import { entity } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { underEitherName } from './same-property.ts';
import { text } from './scalars.ts';
import { hasSecret } from './secret-url.ts';

/** Secrets in it are to be sealed. */
export const httpUrl: z.ZodType<string> = text(
  (url) => /^https?:\/\/[^\s/\\?#]\S*$/i.test(url),
  'must be an http or https URL',
).refine((url) => !hasSecretMark(url), {
  error: 'must not have the handle of a secret: give the URL with the secret itself',
});

const secretRefusal: ProblemDetails = { code: 'UnsupportedProperty', hideValue: true };

const httpUrlWithoutSecret = httpUrl.refine((url) => !hasSecret(url), {
  error: 'carries a signature or password, which is not supported here yet',
  params: secretRefusal,
});

const namesContainer = (url: string): boolean => /^https?:\/\/[^/?#]+\/[^/?#]/i.test(url);
const containerReason = 'must have the name of a container as its path';

/** The URL of a container, with or without a SAS. Secrets in it are to be sealed. */
export const containerUrl: z.ZodType<string> = httpUrl.refine(namesContainer, {
  error: containerReason,
  params: { hideValue: true },
});

const filePath = text(
  staysBelow,
  'must be a path below the working directory: relative, without ".." and with "/" as separator',
);

const fileMode = text(
  (mode) => /^0?[0-7]{3,4}$/.test(mode),
  'must be an octal file mode such as "0755"',
);

/**
 * A file, or the files of a container, that a task needs: exactly one source. semantics §1.12
 *
 * A URL with a secret is refused, unless the caller says that it seals what it reads (seal.ts) and that
 * `Queries.secretHandles` knows of it.
 */
export function resourceFile(
  containerName: z.ZodType<string>,
  { sealed = false }: { sealed?: boolean } = {},
): z.ZodType<ResourceFile> {
  const url = sealed ? httpUrl : httpUrlWithoutSecret;
  return entity(
    {
      httpUrl: url.optional(),
      blobSource: url.optional(),
      storageContainerUrl: url.refine(namesContainer, { error: containerReason }).optional(),
      autoStorageContainerName: containerName.optional(),
      blobPrefix: blobPath.optional(),
      filePath: filePath.optional(),
      fileMode: fileMode.optional(),
    },
    { notBuiltYet: { identityReference: [] } },
  ).transform((file, ctx): ResourceFile => {
    const source = underEitherName(file, 'httpUrl', 'blobSource', ctx);
    const { storageContainerUrl, autoStorageContainerName } = file;
    const { filePath: target, blobPrefix, fileMode: mode } = file;
    const sources = [source, storageContainerUrl, autoStorageContainerName];
    if (sources.filter((one) => one !== undefined).length !== 1) {
      const reason =
        'must have exactly one source: httpUrl, storageContainerUrl or autoStorageContainerName';
      ctx.issues.push(issue(file, reason, { hideValue: true }));
      return z.NEVER;
    }
    if (source === undefined) {
      return {
        ...(storageContainerUrl === undefined
          ? { autoStorageContainerName: autoStorageContainerName ?? '' }
          : { storageContainerUrl }),
        ...(blobPrefix !== undefined && { blobPrefix }),
        ...(target !== undefined && { filePath: target }),
        ...(mode !== undefined && { fileMode: mode }),
      };
    }
    if (blobPrefix !== undefined) {
      const reason = 'needs storageContainerUrl or autoStorageContainerName';
      ctx.issues.push(issue(blobPrefix, reason, {}, ['blobPrefix']));
    }
    if (target === undefined) {
      const reason = 'is required beside httpUrl: the path and name of the file';
      ctx.issues.push(issue(file, reason, { code: 'MissingRequiredProperty' }, ['filePath']));
      return z.NEVER;
    }
    if (/(^|\/)\.?$/.test(target)) {
      ctx.issues.push(issue(target, 'must end with the name of the file', {}, ['filePath']));
    }
    return { httpUrl: source, filePath: target, ...(mode !== undefined && { fileMode: mode }) };
  });
}
