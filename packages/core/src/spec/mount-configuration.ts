import { z } from 'zod';
import { mostMounts } from '../limits.ts';
import type { MountConfiguration } from '../specification.ts';
import { entity } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { text } from './scalars.ts';
import type { SealOptions } from './seal.ts';
import { sealedText } from './seal.ts';

const hidden: ProblemDetails = { hideValue: true };
const name = text((value) => value.trim() !== '', 'must not be empty');
const secret = z.string().refine((value) => value !== '', {
  error: 'must not be empty',
  params: hidden,
});
const options = z.string();

/** Below AZ_BATCH_NODE_MOUNTS_DIR. */
const relativeMountPath = text(
  (path) =>
    path !== '' && !path.startsWith('/') && !/(?:^|[/\\])\.\.?(?:[/\\]|$)|^[a-z]:|\\/i.test(path),
  'must be a path below the directory of mounts, without "." and ".."',
);

const blobFileSystem = entity(
  {
    accountName: name,
    containerName: name,
    accountKey: secret.optional(),
    sasKey: secret.optional(),
    blobfuseOptions: options.optional(),
    relativeMountPath,
  },
  { notBuiltYet: { identityReference: [] } },
).transform((given, ctx) => {
  if ((given.accountKey === undefined) === (given.sasKey === undefined)) {
    const reason = 'must have an accountKey or a sasKey, and not both';
    ctx.issues.push(issue(given, reason, hidden));
  }
  return given;
});

const kinds = {
  azureBlobFileSystemConfiguration: blobFileSystem.optional(),
  nfsMountConfiguration: entity({
    source: name,
    relativeMountPath,
    mountOptions: options.optional(),
  }).optional(),
  cifsMountConfiguration: entity({
    userName: name,
    password: secret,
    source: name,
    relativeMountPath,
    mountOptions: options.optional(),
  }).optional(),
  azureFileShareConfiguration: entity({
    accountName: name,
    azureFileUrl: name,
    accountKey: secret,
    relativeMountPath,
    mountOptions: options.optional(),
  }).optional(),
};

/** What the nodes of a pool mount, with handles in place of what is secret. semantics §1.2 */
export function mountConfiguration(sealOptions: SealOptions): z.ZodType<MountConfiguration[]> {
  return z
    .array(entity(kinds))
    .refine((mounts) => mounts.length <= mostMounts, `must have at most ${mostMounts} items`)
    .transform((mounts, ctx): MountConfiguration[] => {
      const paths = new Set<string>();
      return mounts.map((mount, i) => {
        const [[kind, given] = [], ...others] = Object.entries(mount);
        if (kind === undefined || given === undefined || others.length > 0) {
          const reason = `must have exactly one of ${Object.keys(kinds).join(', ')}`;
          ctx.issues.push(issue(mounts, reason, hidden, [i]));
          return mount as MountConfiguration;
        }
        if (paths.has(given.relativeMountPath)) {
          const reason = 'must not be the path of a mount that stands before it';
          ctx.issues.push(issue(mounts, reason, hidden, [i, kind, 'relativeMountPath']));
        }
        paths.add(given.relativeMountPath);
        const sealed: Record<string, string> = { ...given };
        for (const secretName of ['accountKey', 'sasKey', 'password']) {
          const value = sealed[secretName];
          if (value === undefined) continue;
          sealed[secretName] = sealedText(value, sealOptions, ctx, [i, kind, secretName]);
        }
        // Its kind is one of the four, and its properties are those of that kind.
        return { [kind]: sealed } as unknown as MountConfiguration;
      });
    });
}
