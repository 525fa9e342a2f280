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
  { applicationPackages, certificates }: NodeDetails,
): Report | undefined {
  const kind = ReportKind.nodeUnusable;
  if (certificates.length > 0) {
    const detail = `The executor "${executor}" does not install certificates.`;
    return { kind, node, sequence, error: 'NodePreparationError', detail };
  }
  if (applicationPackages.length === 0) return undefined;
  const detail = `The executor "${executor}" does not install application packages.`;
  return { kind, node, sequence, error: 'ApplicationPackageError', detail };
}
