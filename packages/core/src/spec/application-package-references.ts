import { z } from 'zod';
import { applicationPackageVariable } from '../application-variables.ts';
import { mostApplicationPackageReferences } from '../limits.ts';
import type { ApplicationPackageReference } from '../specification.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { ID_RULE, isId, text } from './scalars.ts';

/** semantics §1.10: the characters of Windows, which are those of Linux and more. */
export const applicationVersion: z.ZodType<string> = text(
  (version) => /^[A-Za-z0-9_.-]{1,64}$/.test(version),
  'must be 1 to 64 letters, digits, hyphens, underscores and dots',
);

/** Today's pools name an application by its path, `/subscriptions/…/applications/{id}`. */
const applicationId = z
  .string()
  .transform((given) => /^\/subscriptions\/.*\/applications\/([^/]+)$/i.exec(given)?.[1] ?? given)
  .refine(isId, ID_RULE);

/** Of a pool, a task or a job manager. No two may have the same directory variable. semantics §10 */
export const applicationPackageReferences: z.ZodType<ApplicationPackageReference[]> = z
  .array(entity({ applicationId, version: applicationVersion.optional() }))
  .superRefine((references, ctx) => {
    const seen = new Map<string, number>();
    for (const [i, reference] of references.entries()) {
      const { applicationId: name, version } = reference;
      const variable = applicationPackageVariable('linux', name, version).toLowerCase();
      const first = seen.get(variable);
      if (first === undefined) seen.set(variable, i);
      else {
        const reason = `must not have the environment variable of the reference ${first} before it`;
        ctx.issues.push(issue(reference, reason, { hideValue: true }, [i]));
      }
    }
  });

export const poolPackageReferences: z.ZodType<ApplicationPackageReference[]> =
  applicationPackageReferences.refine(
    (references) => references.length <= mostApplicationPackageReferences,
    `must have at most ${mostApplicationPackageReferences} references`,
  );
