import type { NodeDetails, Report, RunDetails } from '@berth/core';
import { ReportKind } from '@berth/core';

/*
 * What executors answer that install neither application packages nor certificates, where they are asked to all the
 * same: nothing is ever left out in silence.
 */

/** `undefined`: there is nothing to install. */
export function runRefusal(
  executor: string,
  run: number,
  sequence: number,
  { applicationPackages }: RunDetails,
): Report | undefined {
  if (applicationPackages === undefined) return undefined;
  const failure = 'ApplicationPackageError';
  const detail = `The executor "${executor}" does not install application packages.`;
  return { kind: ReportKind.runEnded, run, sequence, failure, detail };
}

/** `undefined`: there is nothing to install. */
export function nodeRefusal(
  executor: string,
  node: number,
  sequence: number,
  { applicationPackages }: NodeDetails,
): Report | undefined {
  if (applicationPackages.length === 0) return undefined;
  const error = 'ApplicationPackageError';
  const detail = `The executor "${executor}" does not install application packages.`;
  return { kind: ReportKind.nodeUnusable, node, sequence, error, detail };
}
