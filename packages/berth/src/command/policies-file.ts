import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JobOrderPolicy, PlacementPolicy, Policies } from '@berth/core';
import { BatchError } from '@berth/core';

/**
 * The policies that a module exports as `placement` and `jobOrder`.
 * @throws BatchError `InvalidRequestBody` if it cannot be loaded or exports neither, or something else by these names.
 */
export async function loadPolicies(file: string | undefined): Promise<Policies> {
  if (file === undefined) return {};
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    throw refusal(file, error instanceof Error ? error.message : String(error));
  }
  const { placement, jobOrder } = module;
  if (placement === undefined && jobOrder === undefined) {
    throw refusal(file, 'it exports neither placement nor jobOrder');
  }
  return {
    // The casts: what can be checked of a function is that it is one; the engine checks each answer.
    ...(placement !== undefined && {
      placement: policy(file, 'placement', placement) as PlacementPolicy,
    }),
    ...(jobOrder !== undefined && {
      jobOrder: policy(file, 'jobOrder', jobOrder) as JobOrderPolicy,
    }),
  };
}

function policy(file: string, name: string, value: unknown): object {
  const isPolicy =
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'choose' in value &&
    typeof value.choose === 'function';
  if (isPolicy) return value;
  throw refusal(file, `${name} must be an object with a name and a function choose`);
}

function refusal(file: string, reason: string): BatchError {
  return new BatchError({
    code: 'InvalidRequestBody',
    message: `The policies of ${file} cannot be used: ${reason}.`,
  });
}
