import type { FailureCode, RunEnded } from '@berth/core';
import { BatchError } from '@berth/core';
import { splitCommandLine } from './command-line.ts';

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
  'InvalidAuthenticationInfo',
  'NoAuthenticationInformation',
  'AuthorizationProtocolMismatch',
  'AuthorizationResourceTypeMismatch',
  'AuthorizationServiceMismatch',
  'PublicAccessNotPermitted',
  'KeyBasedAuthenticationNotPermitted',
]);

/** What a report says of the end of a run, beside which run. */
export type RunEnd = Omit<RunEnded, 'kind' | 'run' | 'sequence'>;

export function endOf(error: unknown, otherwise: FailureCode, exitCode?: number): RunEnd {
  const system = codeOf(error);
  let failure = error instanceof RunFailure ? error.code : otherwise;
  if (system === 'ENOSPC' || system === 'EDQUOT') failure = 'DiskFull';
  const end = { failure, detail: messageOf(error) };
  return exitCode === undefined ? end : { ...end, exitCode };
}

/** Why a shell says, with this status, that it did not launch the program. */
export function launchFailure(commandLine: string, status: number): RunFailure {
  const [program = ''] = splitCommandLine(commandLine);
  if (status === 127) {
    return new RunFailure('CommandProgramNotFound', `The program "${program}" was not found.`);
  }
  return new RunFailure(
    'CommandLaunchFailed',
    `The program "${program}" could not be executed (status ${status} of the shell).`,
  );
}
