import type { FailureCode } from '@berth/core';
import { BatchError } from '@berth/core';

/** A run failed other than by its exit code: what the report will say. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  readonly code: FailureCode;
  constructor(code: FailureCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code that the error itself carries: of the store, or of the operating system. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof BatchError) return error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code;
  return undefined;
}

/** Codes by which a store refuses. */
export const accessDenied: ReadonlySet<string> = new Set([
  'AuthenticationFailed',
  'AuthorizationFailure',
  'AuthorizationPermissionMismatch',
  'AccountIsDisabled',
  'InsufficientAccountPermissions',
]);
