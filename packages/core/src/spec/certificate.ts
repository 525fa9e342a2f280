import { z } from 'zod';
import { certificateKey } from '../certificate.ts';
import { largestCertificate } from '../limits.ts';
import { secretMark } from '../secret-mark.ts';
import type { CertificateReference, CertificateSpecification } from '../specification.ts';
import { entity, stateProperties } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { choice, text } from './scalars.ts';
import type { SealOptions } from './seal.ts';

const hidden: ProblemDetails = { hideValue: true };

/** semantics §1.11 */
const thumbprint = z
  .string()
  .transform((given) => given.replaceAll(' ', ''))
  .refine((digits) => /^[0-9a-f]{1,40}$/i.test(digits), 'must be 1 to 40 hexadecimal digits');

const name = { thumbprint, thumbprintAlgorithm: choice(['sha1']) };

const data = z
  .string()
  .refine((base64) => base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64), {
    error: 'must be base64',
    params: hidden,
  })
  .refine(
    (base64) =>
      (base64.length / 4) * 3 - (/=*$/.exec(base64)?.[0].length ?? 0) <= largestCertificate,
    {
      error: `must have at most ${largestCertificate} bytes`,
      params: hidden,
    },
  );

const password = z.string();

/** A certificate with handles in place of its data and its password. semantics §1.11 */
export function certificate({ seal }: SealOptions): z.ZodType<CertificateSpecification> {
  return entity(
    {
      ...name,
      data,
      certificateFormat: choice(['pfx', 'cer']).default('pfx'),
      password: password.optional(),
    },
    { readOnly: [...stateProperties, 'publicData', 'deleteCertificateError'] },
  ).transform((given, ctx): CertificateSpecification => {
    const { certificateFormat } = given;
    if (certificateFormat === 'cer' && given.password !== undefined) {
      const reason = 'must not be given with certificateFormat "cer"';
      ctx.issues.push(issue(given, reason, hidden, ['password']));
    }
    if (seal === undefined) {
      const reason = 'is secret, and there is no secret store to keep it in';
      const details = { code: 'UnsupportedProperty', hideValue: true };
      ctx.issues.push(issue(given, reason, details, ['data']));
      return z.NEVER;
    }
    return {
      thumbprint: given.thumbprint,
      thumbprintAlgorithm: given.thumbprintAlgorithm,
      certificateFormat,
      data: secretMark(seal(given.data)),
      ...(given.password !== undefined && { password: secretMark(seal(given.password)) }),
    };
  });
}

const visibilities = ['starttask', 'task', 'remoteuser'] as const;

const reference: z.ZodType<CertificateReference> = entity({
  ...name,
  storeLocation: choice(['currentuser', 'localmachine']).default('currentuser'),
  storeName: text(
    (store) => /^[A-Za-z0-9]{1,64}$/.test(store),
    'must be 1 to 64 letters and digits',
  ).default('My'),
  visibility: z
    .array(choice(visibilities))
    .transform((given) => visibilities.filter((one) => given.includes(one)))
    .default(() => [...visibilities]),
});

/** Of a pool; a certificate once in a store. semantics §1.11 */
export const certificateReferences: z.ZodType<CertificateReference[]> = z
  .array(reference)
  .superRefine((references, ctx) => {
    const seen = new Set<string>();
    for (const [i, one] of references.entries()) {
      const place = `${certificateKey(one)} ${one.storeLocation} ${one.storeName.toLowerCase()}`;
      if (seen.has(place)) {
        const reason = 'must not name a certificate and store that stand before it';
        ctx.issues.push(issue(one, reason, hidden, [i]));
      }
      seen.add(place);
    }
  });
