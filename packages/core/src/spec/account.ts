import { z } from 'zod';
import type { AccountPatch, AccountSpecification } from '../account-specification.ts';
import { secretMark } from '../secret-mark.ts';
import { entity, stateProperties } from './entity.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { choice, id, MAX_INT32, text, whole } from './scalars.ts';
import type { SealOptions } from './seal.ts';

/*
 * Accounts are managed outside of the service's data plane, so these bodies are Berth's own, with the names of
 * semantics §1.1.
 */

const quota = whole(-1, MAX_INT32).optional();

const hidden: ProblemDetails = { hideValue: true };
const key = z
  .string()
  .refine((value) => /^[A-Za-z0-9+/]+={0,2}$/.test(value) && value.length % 4 === 0, {
    error: 'must be base64',
    params: hidden,
  })
  .optional();

const nodeSize = entity({
  name: text((name) => name.trim() !== '', 'must not be empty'),
  cores: whole(1, 100_000),
  memoryMiB: whole(0, MAX_INT32).optional(),
  diskMiB: whole(0, MAX_INT32).optional(),
});

const changeable = {
  dedicatedCoreQuota: quota,
  lowPriorityCoreQuota: quota,
  poolQuota: quota,
  activeJobAndJobScheduleQuota: quota,
  keys: entity({ primary: key, secondary: key }).optional(),
  nodeSizes: z.array(nodeSize).optional(),
};

const readOnly = ['usage', ...stateProperties];

/** semantics §1.1 */
export function account(options: SealOptions): z.ZodType<AccountSpecification> {
  return entity(
    {
      accountName: id,
      poolAllocationMode: choice(['batchservice', 'usersubscription']).default('batchservice'),
      ...changeable,
    },
    { readOnly },
  ).transform(({ keys, nodeSizes, ...given }, ctx): AccountSpecification => {
    const limits = Object.entries(given).filter(([, value]) => value !== -1);
    return {
      ...(Object.fromEntries(limits) as typeof given),
      keys: sealKeys(keys, options, ctx),
      nodeSizes: nodeSizes ?? [],
    };
  });
}

export function accountPatch(options: SealOptions): z.ZodType<AccountPatch> {
  return entity(
    { state: choice(['enabled', 'disabled']).optional(), ...changeable },
    {
      readOnly: readOnly.filter((name) => name !== 'state'),
      fixed: ['accountName', 'poolAllocationMode'],
    },
  ).transform(({ keys, ...given }, ctx): AccountPatch => {
    if (keys === undefined) return given;
    return { ...given, keys: sealKeys(keys, options, ctx) };
  });
}

const unsealed: ProblemDetails = { code: 'UnsupportedProperty', hideValue: true };

/** Keys never enter the core: marks with their handles do. */
function sealKeys(
  keys: { primary?: string; secondary?: string } = {},
  { seal }: SealOptions,
  ctx: z.core.ParsePayload,
): { primary?: string; secondary?: string } {
  const sealed: { primary?: string; secondary?: string } = {};
  for (const name of ['primary', 'secondary'] as const) {
    const value = keys[name];
    if (value === undefined) continue;
    if (seal !== undefined) sealed[name] = secretMark(seal(value));
    else {
      const reason = 'is a secret, and there is no secret store to keep it in';
      ctx.issues.push(issue(value, reason, unsealed, ['keys', name]));
    }
  }
  return sealed;
}
